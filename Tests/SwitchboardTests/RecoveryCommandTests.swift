// What a person reads and types before one node goes on without the others.
import ActorCluster
import Foundation
import NodeStore
import PeerTransport
import Raft
import Switchboard
import Testing

@Suite struct RecoveryCommandTests {
  private let names = ["cloud", "onprem", "west"].map { NodeID(rawValue: $0) }

  private func topology(_ count: Int) -> ClusterTopology {
    ClusterTopology(name: "test", nodes: Array(names.prefix(count)), partitionCount: 1)
  }

  private func text(
    _ topology: ClusterTopology, _ kind: RecoveryKind, change: (inout RecoveryPlan.Files) -> Void = { _ in }
  ) -> String {
    let voters = topology.nodes.indices.map { ReplicaID(rawValue: UInt64($0) + 1) }
    var files = RecoveryPlan.Files()
    files.logs[PartitionID(rawValue: 0)] = RecoveredLog(
      hardState: HardState(term: 1, vote: ReplicaID(rawValue: 2), commit: 1),
      entries: [LogEntry(index: 1, term: 1, payload: .membership(Membership(voters: voters)))])
    change(&files)
    return RecoveryText.text(
      RecoveryPlan(topology: topology, node: names[0], files: files), kind, cluster: topology.name,
      written: 1_000_000, now: 1_240_000)
  }

  @Test func theStandbyOfAPairIsToldThatNothingIsMissing() {
    let words = text(topology(2), .promote)
    #expect(words.contains("node cloud of cluster test, in epoch 1, is to go on without onprem"))
    #expect(words.contains("Nothing acknowledged can be missing here"))
    for promise in ["P1", "P2", "P3"] { #expect(words.contains(promise)) }
  }

  @Test func theNodeThatFollowedIsToldWhoLed() {
    #expect(text(topology(2), .runAlone).contains("The other side may have led last in 1 of 1 partitions"))
    let led = text(topology(2), .runAlone) {
      $0.logs[PartitionID(rawValue: 0)]?.hardState.vote = ReplicaID(rawValue: 1)
    }
    #expect(!led.contains("may have led"))
  }

  @Test func oneOfThreeIsToldHowFarItMayBeBehind() {
    let words = text(topology(3), .quorumLost)
    #expect(words.contains("the log was last written 4 min ago"))
    #expect(words.contains("Whatever onprem, west acknowledged without this node"))
  }

  @Test func whatCannotGoOnIsNamed() {
    let words = text(topology(3), .quorumLost) {
      $0.unusable[PartitionID(rawValue: 0)] = "its log is damaged"
    }
    #expect(words.contains("partition 0: its log is damaged") && !words.contains("P1"))
  }

  @Test func eachClusterHasItsCommand() {
    let (pair, three) = (plan(2), plan(3))
    #expect(RecoveryKind.promote.refusal(of: pair) == nil)
    #expect(RecoveryKind.promote.refusal(of: three)?.contains("recover --quorum-lost") == true)
    #expect(RecoveryKind.runAlone.refusal(of: three) != nil)
    #expect(RecoveryKind.quorumLost.refusal(of: three) == nil)
    #expect(RecoveryKind.quorumLost.refusal(of: pair)?.contains("ctl promote") == true)
  }

  private func plan(_ count: Int) -> RecoveryPlan {
    RecoveryPlan(topology: topology(count), node: names[0], files: RecoveryPlan.Files())
  }

  @Test func everyOtherNodeHasToBeProvenOff() {
    let others = [names[1], names[2]]
    #expect(OffProof.missing(of: others, given: []) == others)
    #expect(OffProof.missing(of: others, given: ["onprem-IS-OFF"]) == [names[2]])
    #expect(OffProof.missing(of: others, given: ["onprem-IS-OFF", "west-IS-OFF"]) == [])
    #expect(OffProof.missing(of: others, given: ["ONPREM-is-off"]) == others)
    #expect(OffProof.unknown(["onprem-IS-OFF", "east-IS-OFF"], others: others) == ["east-IS-OFF"])
  }

  @Test func aFencingCommandProvesItByItsExit() async throws {
    try await FencingCommand(
      command: #"test "$SWITCHBOARD_FENCE_NODES" = "onprem west""#, limit: .seconds(10)
    ).run(against: [names[1], names[2]])
    await #expect(throws: FencingCommand.Failure.self) {
      try await FencingCommand(command: "exit 3", limit: .seconds(10)).run(against: names)
    }
    let start = ContinuousClock.now
    await #expect(throws: FencingCommand.Failure.self) {
      try await FencingCommand(command: "exec sleep 30", limit: .milliseconds(200)).run(against: names)
    }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func timesAreShort() {
    #expect(
      [5_000, 240_000, 4 * 3_600_000, 3 * 86_400_000].map { RecoveryText.ago($0) } == [
        "5 s ago", "4 min ago", "4 h ago", "3 d ago",
      ])
  }
}
