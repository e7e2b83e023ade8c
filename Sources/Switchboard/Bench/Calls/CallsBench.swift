// The benchmark of calls: what is measured, in which order, and the table.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import NIOCore
internal import NIOPosix

struct CallsBench {
  let directory: String
  let seconds: Double
  let sizes: [Int]
  let callers: [Int]

  func run() async throws {
    let executable = ProcessInfo.processInfo.arguments[0]
    let place = try CallsBenchPlace.make(in: directory)
    let floor = try BenchPeer.start(executable, ["floor", directory], directory)
    defer { floor.end() }
    let socket = try RawSocket.connect(port: try await floor.said())
    defer { socket.end() }
    let peer = try BenchPeer.start(executable, ["calls", directory], directory)
    defer { peer.end() }
    _ = try await peer.said()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let system = try place.system(CallsBenchPlace.client, group: group)
    try await system.start()
    let id = try JSONDecoder().decode(
      ActorID.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + "/actor.json")))
    let load = CallsBenchLoad(system: system, echo: try BenchEcho.resolve(id: id, using: system))
    try await connected(load.echo)
    for size in sizes {
      print("\n\(size) bytes")
      for count in callers {
        let raw = try TCPFloor.pingPong(socket, bytes: size, window: count, seconds: seconds)
        let ours = try await load.calls(bytes: size, callers: count, seconds: seconds)
        print(CallsTable.line(count, ours, floor: raw))
      }
    }
    let told = try await load.tells(bytes: 100, callers: 4, seconds: seconds)
    print(String(format: "\none-way, 100 bytes\n  %.0f messages a second (aim: at least 1000000)", told))
    await system.stop()
    try await group.shutdownGracefully()
  }

  private func connected(_ echo: BenchEcho) async throws {
    for _ in 0..<200 {
      if (try? await echo.usage(Done())) != nil { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchFailure("the two processes did not connect within 10 s")
  }
}

/// Lines of the table.
enum CallsTable {
  static func line(_ callers: Int, _ ours: CallsFigures, floor: CallsFigures) -> String {
    var words = String(
      format: "  %4d callers  %8.0f/s  floor %8.0f/s", callers, ours.callsPerSecond, floor.callsPerSecond)
    words += "  p50 \(micros(ours.roundTrips(50)))  p99 \(micros(ours.roundTrips(99)))"
    words += "  p99.9 \(micros(ours.roundTrips(99.9)))"
    if let raw = floor.roundTrips(50), let our = ours.roundTrips(50) {
      words += String(format: "  %.2f x the floor's p50 \(micros(raw))", our / raw)
    }
    if let processor = ours.processor {
      words += "  CPU \(micros(processor.own)) + \(micros(processor.peer))"
    }
    if let allocations = ours.allocations {
      words += String(format: "  allocations %.1f + %.1f", allocations.own, allocations.peer)
    }
    return words
  }

  private static func micros(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.1f µs", $0 * 1e6) } ?? "none"
  }
}
