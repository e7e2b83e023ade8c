// The two processes of one part of the benchmark of calls: started, connected, ended.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import NIOCore
internal import NIOPosix

struct CallsBenchPair {
  let load: CallsBenchLoad
  let system: ClusterSystem
  let loop: any EventLoop

  /// - Parameter directory: where the other process finds how to connect; made here.
  static func with(
    _ executable: String, _ directory: String, tls: Bool, bothAreNodes: Bool,
    _ body: (CallsBenchPair) async throws -> Void
  ) async throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let place = try CallsBenchPlace.make(in: directory, tls: tls, bothAreNodes: bothAreNodes)
    let peer = try BenchPeer.start(executable, ["calls", directory], directory)
    defer { peer.end() }
    _ = try await peer.said()
    let group = BenchCore.caller.pinned { MultiThreadedEventLoopGroup(numberOfThreads: 1) }
    let system = try place.system(CallsBenchPlace.client, group: group)
    let result: Result<Void, any Error>
    do {
      try await system.start()
      let id = try JSONDecoder().decode(
        ActorID.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + "/actor.json")))
      let load = CallsBenchLoad(system: system, echo: try BenchEcho.resolve(id: id, using: system))
      try await connected(load.echo)
      result = .success(try await body(CallsBenchPair(load: load, system: system, loop: group.next())))
    } catch {
      result = .failure(error)
    }
    await system.stop()
    try await group.shutdownGracefully()
    try result.get()
  }

  private static func connected(_ echo: BenchEcho) async throws {
    for _ in 0..<200 {
      if (try? await echo.usage(Done())) != nil { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchFailure("the two processes did not connect within 10 s")
  }
}
