// Node-bound actors over real links: called from another system, gone with their incarnation.
import ActorCluster
import ClusterTestKit
import Distributed
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Testing

distributed actor Recorder: NodeActor {
  typealias ActorSystem = ClusterSystem

  static let actorType = "recorder"
  static let methods: [NodeMethod<Recorder>] = [
    .method("record") { recorder, number in try await recorder.record(number) },
    .method("fail") { recorder, words in try await recorder.fail(words) },
  ]

  nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }

  private var seen: [Int] = []

  init(actorSystem: ClusterSystem) {
    self.actorSystem = actorSystem
  }

  distributed func record(_ number: Int) async throws -> [Int] {
    seen.append(number)
    return seen
  }

  distributed func fail(_ words: String) async throws -> Done {
    throw ClusterError.invalidCall(words)
  }

  /// Not in the table: the wire cannot reach it.
  distributed func hidden(_ nothing: Done) async throws -> Done { nothing }
}

@Suite struct NodeActorTests {
  @Test(.timeLimit(.minutes(1)))
  func callsReachAnActorOfAnotherNode() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("actors-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try LocalCluster(makingIn: directory, nodes: ["north", "south"])
    let north = try system(NodeID(rawValue: "north"), of: cluster)
    let south = try system(NodeID(rawValue: "south"), of: cluster)
    try await north.start()
    try await south.start()
    let recorder = Recorder(actorSystem: north)
    let remote = try Recorder.resolve(id: recorder.id, using: south)

    try await whenConnected {
      let seen = try await remote.record(0)
      #expect(seen == [0])
    }
    for number in 1...100 {
      let seen = try await remote.record(number)
      #expect(seen == Array(0...number))
    }
    #expect(try await recorder.record(101) == Array(0...101))
    await #expect(throws: ClusterError.invalidCall("so")) { try await remote.fail("so") }
    await #expect(throws: ClusterError.unknownMethod(type: "recorder", method: "hidden")) {
      try await remote.hidden(Done())
    }
    north.resignID(recorder.id)
    await #expect(throws: ClusterError.actorGone(recorder.id.description)) { try await remote.record(1) }
    await south.stop()
    await north.stop()
    await #expect(throws: ClusterError.self) { try await remote.record(1) }
  }

  private func whenConnected(_ body: () async throws -> Void) async throws {
    for _ in 0..<500 {
      do {
        return try await body()
      } catch ClusterError.unavailable {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    Issue.record("the two systems did not connect within 10 s")
  }

  private func system(_ node: NodeID, of cluster: LocalCluster) throws -> ClusterSystem {
    var logger = Logger(label: node.rawValue)
    logger.logLevel = .error
    return try ClusterSystem(
      configuration: cluster.configuration(of: node, incarnation: 1), types: DurableTypes([]), store: nil,
      group: MultiThreadedEventLoopGroup.singleton, logger: logger, onStoreFailure: { _ in })
  }
}
