// The benchmark of commits: what is measured, in which order. Touches processes, disk and network.
internal import ActorCluster
internal import Foundation

struct CommitsBench {
  /// Bytes of a command's argument.
  static let bytes = 256

  let directory: String
  let seconds: Double
  let inFlight: [Int]
  /// The script that measures etcd; nil for none.
  let etcd: String?

  func run() async throws {
    print(
      """
      Three node processes and one client on this machine, mutual TLS, fsync on. \(Self.bytes)-byte commands to durable
      actors in 16 partitions. The node's CPU and bytes are those of all three together.
      """)
    try await floor()
    let figures = try await ours()
    var peers: [CommitsFigures] = []
    if let etcd {
      print("\netcd: three members on this machine, its own client, the same disk")
      peers = try EtcdRun(script: etcd, directory: directory, seconds: seconds, inFlight: inFlight).run()
    }
    for peer in peers {
      print(CommitsTable.line(peer))
      if let our = figures.first(where: { $0.inFlight == peer.inFlight }) {
        print(CommitsTable.comparison(our, with: peer))
      }
    }
  }

  private func floor() async throws {
    let sync = try StoreBenchFloor(directory: directory, seconds: min(2, seconds)).fdatasync()
    let peer = try BenchPeer.start(ProcessInfo.processInfo.arguments[0], ["floor", directory], directory)
    defer { peer.end() }
    let socket = try RawSocket.connect(port: try await peer.said())
    defer { socket.end() }
    let raw = try TCPFloor.pingPong(socket, bytes: Self.bytes, window: 1, seconds: min(2, seconds))
    print("\nfloor of this run\n" + CommitsTable.floor(sync: sync, roundTrip: raw.roundTrips))
  }

  private func ours() async throws -> [CommitsFigures] {
    let cluster = try BenchCluster.make(in: directory)
    let nodes = BenchNodes(cluster)
    return try await nodes.whileRunning {
      let client = try await BenchClient.start(cluster)
      try await client.untilReady(isSpread: true)
      print("\nours")
      let load = CommitsLoad(
        client: client, actors: BenchNote.ids(64, in: cluster.partitions), bytes: Self.bytes)
      _ = try await load.run(inFlight: 64, seconds: 1)
      var all: [CommitsFigures] = []
      for count in inFlight {
        let figures = try await load.measure(inFlight: count, seconds: seconds, nodes: nodes)
        print(CommitsTable.line(figures))
        all.append(figures)
      }
      await client.stop()
      return all
    }
  }
}
