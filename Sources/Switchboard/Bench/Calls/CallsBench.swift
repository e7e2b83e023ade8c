// The benchmark of calls: what is measured, in which order.
internal import ActorCluster
internal import Foundation

struct CallsBench {
  /// Runs of each side where the two are measured in turns.
  private static let turns = 5
  private static let oneWayBytes = 100
  private static let heartbeatCallers = 256

  let directory: String
  let seconds: Double
  let sizes: [Int]
  let callers: [Int]
  let tls: TLSChoice

  func run() async throws {
    let executable = ProcessInfo.processInfo.arguments[0]
    let floor = try BenchPeer.start(executable, ["floor", directory], directory)
    defer { floor.end() }
    let socket = try RawSocket.connect(port: try await floor.said())
    defer { socket.end() }
    for tls in tls.modes {
      print("\n" + CallsTable.title(tls: tls))
      let place = directory + (tls ? "/tls" : "/plain")
      try await CallsBenchPair.with(executable, place, tls: tls, bothAreNodes: false) { pair in
        for size in sizes {
          print("\n" + CallsTable.header(bytes: size, allocations: ProcessUsage.allocations() != nil))
          for count in callers { try await calls(pair.load, socket, bytes: size, callers: count) }
        }
        let told = try await pair.load.tells(bytes: Self.oneWayBytes, callers: 4, seconds: seconds)
        print("\n" + CallsTable.oneWay(Self.oneWayBytes, told))
      }
      // Only nodes send snapshots. Long enough for a percentile of one in a hundred.
      try await CallsBenchPair.with(executable, place + "-nodes", tls: tls, bothAreNodes: true) { pair in
        guard let sender = pair.system.sender(to: CallsBenchPlace.peer) else {
          throw BenchFailure("the link to the other process is gone")
        }
        let figures = try await HeartbeatLoad(load: pair.load, sender: sender, loop: pair.loop)
          .run(bytes: Self.oneWayBytes, callers: Self.heartbeatCallers, seconds: 4 * seconds)
        print(CallsTable.heartbeats(figures, callers: Self.heartbeatCallers))
      }
    }
  }

  /// One line. With one caller the ratio of the round trips is what counts, and so small that each side is measured several times.
  private func calls(
    _ load: CallsBenchLoad, _ socket: RawSocket, bytes: Int, callers: Int
  ) async throws {
    let turns = callers == 1 ? Self.turns : 1
    let seconds = callers == 1 ? seconds / 2 : seconds
    var runs: [(floor: CallsFigures, ours: CallsFigures)] = []
    for _ in 0..<turns {
      let raw = try BenchCore.caller.pinned {
        try TCPFloor.pingPong(socket, bytes: bytes, window: callers, seconds: seconds)
      }
      runs.append((raw, try await load.calls(bytes: bytes, callers: callers, seconds: seconds)))
    }
    let ratios = AlternatedRuns(
      runs.compactMap { run in
        guard let raw = run.floor.roundTrips(50), let ours = run.ours.roundTrips(50), raw > 0 else {
          return nil
        }
        return (raw, ours)
      })
    // Where round trips of the floor are not measured, there is one run and no ratio.
    let shown = runs[min(ratios.medianRun ?? 0, runs.count - 1)]
    print(CallsTable.row(callers, shown.ours, floor: shown.floor))
    if let words = CallsTable.alternated(ratios) { print(words) }
  }
}
