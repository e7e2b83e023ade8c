// Work that ends every process that does it: real processes, which are started again whenever they end.
import ActorCluster
import ClusterTestKit
import Foundation
import PeerTransport
import Testing

@Suite(.serialized) struct PoisonTests {
  /// Runs a cluster under load whose nodes are started again, with these variables for some of them.
  private static func run(
    _ environment: [String: [String: String]] = [:],
    _ body: (ProcessCluster, ClusterSystem, CountingCallers) async throws -> Void
  ) async throws {
    // Writing a backtrace takes seconds.
    func variables(_ node: NodeID) -> [String: String] {
      (environment[node.rawValue] ?? [:]).merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    }
    try await ProcessCluster.run(ProcessCluster.Setup(variables: variables)) { cluster, callers in
      let supervisor = Task {
        while !Task.isCancelled {
          for node in cluster.nodes where !cluster.isRunning(node) {
            try cluster.start(node, variables: variables(node))
          }
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      let system = try await cluster.client(incarnation: 7)
      do {
        try await callers.goOn(within: .seconds(60))
        try await body(cluster, system, callers)
        try await callers.goOn(within: .seconds(60))
      } catch {
        supervisor.cancel()
        await system.stop()
        throw error
      }
      supervisor.cancel()
      await system.stop()
    }
  }

  private static func crashes(_ cluster: ProcessCluster) -> Int {
    cluster.nodes.reduce(0) { $0 + cluster.starts(of: $1) - 1 }
  }

  /// A trap whose partition that node leads for good.
  private static func actor(
    ledBy node: String, _ cluster: ProcessCluster, _ system: ClusterSystem
  ) async throws -> String {
    let topology = cluster.local.topology
    let ids = (0..<100).map { "planted-\($0)" }
    let id = try #require(
      ids.first {
        let key = ActorKey(type: Trap.actorType, id: $0)
        return topology.preferredLeader(of: topology.placement.partition(of: key))?.rawValue == node
      })
    let deadline = ContinuousClock.now + .seconds(60)
    while system.leader(of: ActorKey(type: Trap.actorType, id: id))?.rawValue != node {
      try #require(ContinuousClock.now < deadline, "\(node) does not lead \(id)")
      // Whoever answers is remembered as the leader.
      _ = try await system.actor(Trap.self, id).touched(Done())
      try await Task.sleep(for: .milliseconds(50))
    }
    return id
  }

  @Test(.timeLimit(.minutes(5)))
  func aCommandThatTrapsIsRefusedAfterItsSecondCrash() async throws {
    try await Self.run { cluster, system, _ in
      let command = system.newCommand()
      // The caller retries it by itself, at whoever leads.
      let options = CallOptions(command: command, timeout: .seconds(90))
      let trap = try system.actor(Trap.self, "one")
      for _ in 0..<3 {
        await #expect(throws: ClusterError.poisoned(command: command.description, crashes: 2)) {
          try await ClusterSystem.$callOptions.withValue(options) { try await trap.spring(Done()) }
        }
      }
      #expect(Self.crashes(cluster) == 2)
      // Another command of the same actor is not refused.
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
        _ = try await trap.touch(Done())
        #expect(try await trap.touched(Done()) == 1)
      }
      let logs = cluster.nodes.map { cluster.logs(of: $0) }.joined()
      #expect(logs.contains("\(command)") && logs.contains("trap/one") && logs.contains("spring"))
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func aMessageAndATimerThatTrapAreSetAsideAndWhatFollowsGoesOn() async throws {
    try await Self.run { cluster, system, _ in
      func touches(_ id: String, reach count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while try await system.actor(Trap.self, id).touched(Done()) < count {
          try #require(ContinuousClock.now < deadline, "\(id) is not touched \(count) times")
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
        _ = try await system.actor(Trap.self, "sender").send("receiver")
        try await touches("receiver", reach: 1)
        #expect(Self.crashes(cluster) == 2)
        _ = try await system.actor(Trap.self, "clock").arm(200)
        try await touches("clock", reach: 1)
        #expect(Self.crashes(cluster) == 4)
      }
      let logs = cluster.nodes.map { cluster.logs(of: $0) }.joined()
      #expect(logs.contains("was set aside"))
    }
  }

  /// Two of three replicas cannot apply an entry that is committed: their other partitions go on, and that one is served by the
  /// third, with their disks for its majority.
  @Test(.timeLimit(.minutes(5)))
  func anEntryThatTrapsStopsOnlyItsPartition() async throws {
    let planted = ["south": ["TRAP_ON_APPLY": "1"], "west": ["TRAP_ON_APPLY": "1"]]
    try await Self.run(planted) { cluster, system, callers in
      // One whose leader is the node that can apply it: another would die of deciding it.
      let id = try await Self.actor(ledBy: "north", cluster, system)
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(90))) {
        _ = try await system.actor(Trap.self, id).plant(Done())
      }
      for node in cluster.nodes.dropFirst() {
        try await cluster.waitUntil("\(node) has stopped one partition", within: .seconds(90)) {
          $0.logs(of: node).contains("has crashed this node 2 times") && $0.report(node)?.votes == 15
        }
        #expect(cluster.starts(of: node) == 3)
      }
      try await callers.goOn(within: .seconds(60))
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
        _ = try await system.actor(Trap.self, id).touch(Done())
        #expect(try await system.actor(Trap.self, id).touched(Done()) == 1)
      }
    }
  }
}
