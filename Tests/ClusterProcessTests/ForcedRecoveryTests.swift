// A person has one node go on without the others, and the others come back: real processes, real files, real SIGKILL.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct ForcedRecoveryTests {
  private let onprem = NodeID(rawValue: "onprem")
  private let cloud = NodeID(rawValue: "cloud")
  private let witness = NodeID(rawValue: "witness")
  private let rebuilt = "all partitions that were lost are rebuilt"

  @Test(.timeLimit(.minutes(4)))
  func aPairAcknowledgesNothingAlone() async throws {
    try await ProcessCluster.run(.init(nodes: ["onprem", "cloud"], partitions: 4, isLoaded: false)) {
      cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(cloud)
      let system = try await cluster.client(incarnation: 2)
      // Its effect may come later: nobody counts on it.
      await #expect {
        try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(9))) {
          _ = try await system.actor(Counter.self, "uncounted").increment(1)
        }
      } throws: { error in
        "\(error)".contains("switchboard ctl run-alone")
      }
      await system.stop()
      let log = cluster.log(of: onprem)
      #expect(log.contains("nothing of theirs is acknowledged") && log.contains("run-alone"))
      try cluster.start(cloud)
      try await callers.addToEach(rounds: 5)
    }
  }

  /// The primary is turned off under load, and the standby takes over. What both had acknowledged is kept, and the old primary
  /// joins again, refused with what it has.
  @Test(.timeLimit(.minutes(4)))
  func aStandbyIsPromotedUnderLoad() async throws {
    try await ProcessCluster.run(.init(nodes: ["onprem", "cloud"], partitions: 4)) { cluster, callers in
      try await callers.waitForMore(500)
      cluster.kill(onprem)
      cluster.kill(cloud)
      let plan = try await goOn(cloud, cluster)
      #expect(plan.isComplete, "no majority was without the standby: \(plan.partitions)")
      try cluster.start(cloud)
      try await callers.goOn()
      try await callers.waitForMore(200)
      try cluster.start(onprem)
      try await cluster.waitForLog(of: onprem, rebuilt)
      let log = cluster.log(of: onprem)
      #expect(log.contains("a person has had the cluster go on without this node"))
      #expect(cluster.log(of: cloud).contains("comes with files of epoch 1"))
      // It may have had what was never acknowledged; nothing else.
      let lost = try divergent(onprem, cluster).filter { $0.standing == .committed }
      #expect(lost.isEmpty, "\(lost)")
      try await cluster.waitUntil("both vote and lead", within: .seconds(60)) { cluster in
        cluster.nodes.allSatisfy { cluster.isWhole($0) }
      }
      // It is a pair again: it waits for its other node.
      try await callers.waitForMore(200)
      cluster.kill(cloud)
      try cluster.start(cloud)
      try await callers.goOn()
    }
  }

  /// Both sides were made to go on alone, one after the other: the later decision counts, and what the first side acknowledged
  /// alone is written out.
  @Test(.timeLimit(.minutes(4)))
  func whatWasAcknowledgedAloneIsWrittenOut() async throws {
    try await ProcessCluster.run(.init(nodes: ["onprem", "cloud"], partitions: 4, isLoaded: false)) {
      cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(cloud)
      cluster.kill(onprem)
      try await goOn(onprem, cluster)
      try cluster.start(onprem)
      let system = try await cluster.client(incarnation: 2)
      let alone = CountingCallers(system, counters: 20, prefix: "alone-")
      try await alone.addToEach(rounds: 3)
      cluster.kill(onprem)
      let plan = try await goOn(cloud, cluster)
      #expect(plan.epoch == StoreEpoch.first)
      try cluster.start(cloud)
      try await callers.addToEach(rounds: 5)
      try cluster.start(onprem)
      try await cluster.waitForLog(of: onprem, rebuilt)
      let records = try divergent(onprem, cluster)
      let lost = records.filter { $0.standing == .committed && $0.isMissingElsewhere }
      #expect(lost.count { $0.actor?.contains("alone-") == true } == 60, "\(lost.count) of \(records.count)")
      #expect(lost.allSatisfy { $0.actor?.contains("counter-") != true }, "both had that")
      for counter in alone.counters {
        #expect(try await alone.value(of: counter).increments == 0, "\(counter) is in the file only")
      }
      try await callers.addToEach(rounds: 5)
      await system.stop()
    }
  }

  /// Two of three are gone; one comes back on an empty disk and one with what it had.
  @Test(.timeLimit(.minutes(4)))
  func oneOfThreeGoesOn() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      let (north, south, west) = (cluster.nodes[0], cluster.nodes[1], cluster.nodes[2])
      try await callers.addToEach(rounds: 5)
      // Acknowledged by two of three: the third has it a moment later.
      try await Task.sleep(for: .seconds(2))
      for node in cluster.nodes { cluster.kill(node) }
      let plan = try await goOn(west, cluster)
      #expect(!plan.isComplete, "two others are a majority")
      try cluster.start(west)
      try await callers.addToEach(rounds: 5)
      try FileManager.default.removeItem(at: cluster.data(of: north))
      _ = try NodeStore.setAside(directory: cluster.data(of: north).path, above: 0)
      try cluster.start(north)
      try cluster.start(south)
      try await cluster.waitForLog(of: north, rebuilt)
      try await cluster.waitForLog(of: south, rebuilt)
      #expect(try divergent(south, cluster).allSatisfy { $0.standing == .unknown })
      try await callers.addToEach(rounds: 5)
      cluster.kill(west)
      try await callers.addToEach(rounds: 5)
    }
  }

  /// One site and the witness are gone: the other site goes on, and the two come back as what they were.
  @Test(.timeLimit(.minutes(4)))
  func aWitnessComesBackAsAWitness() async throws {
    let setup = ProcessCluster.Setup(
      nodes: ["onprem", "cloud", "witness"], partitions: 4, witnesses: ["witness"], isLoaded: false)
    try await ProcessCluster.run(setup) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      try await Task.sleep(for: .seconds(2))
      for node in cluster.nodes { cluster.kill(node) }
      await #expect(throws: StoreError.self) { try await goOn(witness, cluster) }
      try await goOn(cloud, cluster)
      try cluster.start(cloud)
      try await callers.addToEach(rounds: 5)
      try cluster.start(witness)
      try cluster.start(onprem)
      try await cluster.waitForLog(of: witness, rebuilt)
      try await cluster.waitForLog(of: onprem, rebuilt)
      try await cluster.waitUntil("the witness is one", within: .seconds(30)) {
        $0.report(witness)?.witnesses == 4
      }
      try await callers.addToEach(rounds: 5)
      cluster.kill(cloud)
      try await callers.addToEach(rounds: 5)
    }
  }

  // MARK: what a person does

  /// As the commands do it, at a stopped node.
  @discardableResult
  private func goOn(_ node: NodeID, _ cluster: ProcessCluster) async throws -> RecoveryPlan {
    let recovery = try await ForcedRecovery(
      directory: cluster.data(of: node).path,
      identity: StoreIdentity(cluster: cluster.local.name, node: node.rawValue),
      topology: cluster.local.topology, node: node, readModels: [])
    defer { recovery.close() }
    _ = try await recovery.carryOut(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    return recovery.plan
  }

  /// What the node has written out, all files together.
  private func divergent(_ node: NodeID, _ cluster: ProcessCluster) throws -> [DivergentRecord] {
    let files = try FileManager.default.contentsOfDirectory(
      at: cluster.data(of: node), includingPropertiesForKeys: nil
    ).filter { $0.lastPathComponent.hasPrefix("divergent-") }
    #expect(!files.isEmpty, "\(node) has written nothing out")
    return try files.flatMap { file in
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
        try JSONDecoder().decode(DivergentRecord.self, from: Data($0.utf8))
      }
    }
  }
}
