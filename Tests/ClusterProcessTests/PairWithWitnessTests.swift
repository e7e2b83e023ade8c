// Two nodes that hold everything and a witness: any one of the three may go. Real processes, real SIGKILL.
import ClusterTestKit
import Foundation
import PeerTransport
import Testing

@Suite(.serialized) struct PairWithWitnessTests {
  private let onprem = NodeID(rawValue: "onprem")
  private let cloud = NodeID(rawValue: "cloud")
  private let witness = NodeID(rawValue: "witness")
  private let setup = ProcessCluster.Setup(
    nodes: ["onprem", "cloud", "witness"], partitions: 8, witnesses: ["witness"])

  /// Each in turn, under load that never stops; everything acknowledged is counted at the end.
  @Test(.timeLimit(.minutes(4)))
  func anyOneOfThreePlacesMayGo() async throws {
    try await ProcessCluster.run(setup) { cluster, callers in
      for node in [onprem, cloud, witness, onprem] {
        try await cluster.waitUntil("all vote", within: .seconds(60)) { isWhole($0) }
        cluster.kill(node)
        try await callers.goOn()
        try await callers.waitForMore(200)
        #expect((cluster.report(witness)?.leads ?? 0) == 0, "a witness serves nobody")
        try cluster.start(node)
        try await callers.waitForMore(100)
      }
    }
  }

  /// The node that goes on has been away and lacks what was acknowledged meanwhile: only the witness has that. It wins the
  /// elections, brings the other up to date, and hands the leaderships over.
  @Test(.timeLimit(.minutes(4)))
  func theWitnessHandsOnWhatOnlyItHas() async throws {
    try await ProcessCluster.run(setup) { cluster, callers in
      try await cluster.waitUntil("all vote", within: .seconds(60)) { isWhole($0) }
      let pid = try #require(cluster.processIdentifier(of: cloud))
      kill(pid, SIGSTOP)
      // All partitions go on at the other site, with the witness.
      try await callers.goOn()
      try await callers.waitForMore(200)
      cluster.kill(onprem)
      kill(pid, SIGCONT)
      try await callers.goOn()
      try await callers.waitForMore(200)
      #expect(cluster.log(of: witness).contains("leading partition"), "it was never elected")
      try await cluster.waitUntil("the other site leads everything", within: .seconds(30)) {
        $0.report(cloud)?.leads == 8
      }
      try cluster.start(onprem)
    }
  }

  /// It comes back as a witness, under new replica ids, and its votes count.
  @Test(.timeLimit(.minutes(4)))
  func aWipedWitnessIsReplacedByAWitness() async throws {
    try await ProcessCluster.run(setup) { cluster, callers in
      try await cluster.waitUntil("all vote", within: .seconds(60)) { isWhole($0) }
      cluster.kill(witness)
      try await callers.waitForMore(200)
      try FileManager.default.removeItem(at: cluster.data(of: witness))
      try cluster.start(witness)
      try await cluster.waitForLog(of: witness, "all partitions that were lost are rebuilt")
      try await cluster.waitUntil("all vote", within: .seconds(60)) { isWhole($0) }
      cluster.kill(onprem)
      try await callers.goOn()
      try await callers.waitForMore(200)
      #expect(cluster.report(witness)?.leads == 0 && cluster.report(witness)?.witnesses == 8)
      try cluster.start(onprem)
    }
  }

  /// Both sites lead, and the witness nothing.
  private func isWhole(_ cluster: ProcessCluster) -> Bool {
    cluster.nodes.allSatisfy { node in
      let report = cluster.report(node)
      return report?.votes == 8 && (node == witness || (report?.leads ?? 0) > 0)
    }
  }
}
