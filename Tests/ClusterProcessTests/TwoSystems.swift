// Two systems of one process over real links, without files: for calls of node-bound actors.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Testing

/// Runs `body` once both systems are connected; stops them afterwards.
func withTwoSystems(
  nodeActors: [any NodeActor.Type], window: Int? = nil,
  _ body: (_ north: ClusterSystem, _ south: ClusterSystem) async throws -> Void
) async throws {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("actors-\(UUID())").path
  defer { try? FileManager.default.removeItem(atPath: directory) }
  let cluster = try LocalCluster(makingIn: directory, nodes: ["north", "south"])
  func system(_ name: String) throws -> ClusterSystem {
    var logger = Logger(label: name)
    logger.logLevel = .error
    let node = NodeID(rawValue: name)
    var configuration = cluster.configuration(of: node, incarnation: 1)
    if let window { configuration.callWindowBytes = window }
    return try ClusterSystem(
      configuration: configuration, types: DurableTypes([]), nodeActors: nodeActors, store: nil,
      group: MultiThreadedEventLoopGroup.singleton, logger: logger, onStoreFailure: { _ in })
  }
  let (north, south) = (try system("north"), try system("south"))
  try await north.start()
  try await south.start()
  do {
    try await whenConnected(south)
    try await body(north, south)
  } catch {
    await south.stop()
    await north.stop()
    throw error
  }
  await south.stop()
  await north.stop()
}

/// Waits for the system's links to all nodes that it knows.
func whenConnected(_ system: ClusterSystem) async throws {
  for _ in 0..<1_000 {
    if system.callStatistics().credit.count == system.configuration.topology.nodes.count - 1 { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("\(system.node) is not connected after 10 s")
}

/// Nothing is left of calls that have ended.
func expectIdle(_ systems: ClusterSystem...) async throws {
  for system in systems {
    for _ in 0..<1_000 where !isIdle(system) { try await Task.sleep(for: .milliseconds(10)) }
    #expect(isIdle(system), "\(system.node) after 10 s: \(system.callStatistics())")
  }
}

private func isIdle(_ system: ClusterSystem) -> Bool {
  let held = system.callStatistics()
  return held.calls == 0 && held.kept == 0 && held.running == 0 && held.timers == 0
    && held.credit.allSatisfy { $0.bytesUnderWay == 0 && $0.bytesFromPeer == 0 }
}
