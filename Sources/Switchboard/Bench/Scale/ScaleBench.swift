// The benchmark of scale: how a commit's cost changes with the number of actors, of partitions, and with the distance between
// nodes. Touches processes, disk and network.
internal import ActorCluster
internal import Foundation
internal import NodeStore

struct ScaleBench {
  let directory: String
  let seconds: Double
  let actors: [Int]
  let partitions: [Int]
  let delays: [Int]

  func run() async throws {
    print(
      "Three node processes and one client on this machine, mutual TLS, fsync on, \(CommitsBench.bytes)-byte commands."
    )
    if !actors.isEmpty { print("\nactors, 16 partitions, 64 in flight") }
    for count in actors { try await measure(actors: count) }
    if !partitions.isEmpty { print("\npartitions, 4096 actors, 256 in flight") }
    for count in partitions { try await measure(partitions: count) }
    if !delays.isEmpty { print("\ndelay between nodes, each way, 16 partitions") }
    for delay in delays { try await measure(delay: delay) }
  }

  /// Memory is that of a node, of which each has every actor: what it has grown by since before the first one.
  private func measure(actors count: Int) async throws {
    let cluster = try BenchCluster.make(in: try place("actors-\(count)"))
    try await running(cluster) { client, nodes in
      // Buffers and tables of the machinery come first, so that they do not count as the actors'.
      let few = CommitsLoad(
        client: client, actors: BenchNote.ids(1, in: cluster.partitions), bytes: CommitsBench.bytes)
      _ = try await few.run(inFlight: 256, seconds: 1)
      let before = try await nodes.usage().memory
      let all = CommitsLoad(
        client: client,
        actors: BenchNote.ids(max(1, count / Int(cluster.partitions)), in: cluster.partitions),
        bytes: CommitsBench.bytes)
      try await all.touchAll(inFlight: 256)
      let after = try await nodes.usage().memory
      let figures = try await all.measure(inFlight: 64, seconds: seconds, nodes: nodes)
      let each = Double(after - before) / Double(BenchCluster.nodes.count * max(1, count))
      print("  \(count) actors: \(each.text(0)) bytes of memory for each, on each node")
      print(CommitsTable.line(figures, hasAim: false))
    }
  }

  private func measure(partitions count: Int) async throws {
    let cluster = try BenchCluster.make(in: try place("partitions-\(count)"), partitions: UInt32(count))
    try await running(cluster) { client, nodes in
      let load = CommitsLoad(
        client: client, actors: BenchNote.ids(max(1, 4_096 / count), in: cluster.partitions),
        bytes: CommitsBench.bytes)
      _ = try await load.run(inFlight: 64, seconds: 1)
      print("  \(count) partitions")
      print(
        CommitsTable.line(
          try await load.measure(inFlight: 256, seconds: seconds, nodes: nodes), hasAim: false))
    }
  }

  private func measure(delay: Int) async throws {
    var cluster = try BenchCluster.make(in: try place("delay-\(delay)"))
    var peer: BenchPeer?
    defer { peer?.end() }
    if delay > 0 {
      let relay = try DelayRelay.between(nodesOf: &cluster, milliseconds: Int64(delay))
      // The presets' own limit: a LAN's round trips are of a few milliseconds.
      cluster.isWide = delay >= 5
      try cluster.save()
      try relay.save(in: cluster.directory)
      let started = try BenchPeer.start(
        ProcessInfo.processInfo.arguments[0], ["relay", cluster.directory], cluster.directory)
      peer = started
      _ = try await started.said()
    }
    try await running(cluster) { [cluster] client, nodes in
      let load = CommitsLoad(
        client: client, actors: BenchNote.ids(64, in: cluster.partitions), bytes: CommitsBench.bytes)
      _ = try await load.run(inFlight: 64, seconds: 1)
      print("  \(delay) ms each way\(cluster.isWide ? ", WAN preset" : "")")
      for inFlight in [1, 256] {
        let figures = try await load.measure(inFlight: inFlight, seconds: seconds, nodes: nodes)
        print(CommitsTable.line(figures, hasAim: false))
      }
    }
  }

  private func running(
    _ cluster: BenchCluster, _ body: @Sendable (BenchClient, BenchNodes) async throws -> Void
  ) async throws {
    let nodes = BenchNodes(cluster)
    try await nodes.whileRunning {
      let client = try await BenchClient.start(cluster)
      try await client.untilReady(isSpread: true)
      try await body(client, nodes)
      await client.stop()
    }
    try FileManager.default.removeItem(atPath: cluster.directory)
  }

  private func place(_ name: String) throws -> String {
    let place = directory + "/" + name
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    return place
  }
}

extension CommitsLoad {
  /// One command to every actor.
  func touchAll(inFlight: Int) async throws {
    let ids = actors.flatMap { $0 }
    let text = BenchNote.text(bytes: bytes)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<inFlight {
        group.addTask(executorPreference: client.system.taskExecutor) {
          for position in stride(from: caller, to: ids.count, by: inFlight) {
            _ = try await client.system.actor(BenchNote.self, ids[position]).write(text)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
