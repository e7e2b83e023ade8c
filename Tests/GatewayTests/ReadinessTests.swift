// When a node calls itself ready.
import ActorCluster
import Gateway
import PeerTransport
import Testing

@Suite struct ReadinessTests {
  @Test func readinessNamesWhatIsMissing() {
    #expect(Readiness([.init(0), .init(1)]).ready)
    let readiness = Readiness([
      .init(0), .init(1, hasLeader: false), .init(2, health: "loading", hasLeader: false),
      .init(3, health: "quarantined: secret"),
    ])
    #expect(!readiness.ready)
    #expect(readiness.reasons.count == 3)
    #expect(readiness.reasons[0].hasPrefix("partition 1 has no leader"))
    #expect(readiness.reasons[1] == "partition 2 is loading")
    #expect(readiness.reasons[2] == "partition 3 is quarantined")
    #expect(!Readiness([]).ready)
    let drained = Readiness([.init(0)], turnsAway: [Readiness.draining])
    #expect(!drained.ready)
    #expect(drained.reasons == ["this node is being drained: ask another one"])
  }

  @Test func aPairSaysThatItWaitsForItsOtherNode() {
    let pair = ClusterTopology(
      name: "test", nodes: [NodeID(rawValue: "onprem"), NodeID(rawValue: "cloud")], partitionCount: 1)
    let readiness = Readiness([.init(0, hasLeader: false)], withoutLeader: pair.withoutLeader)
    #expect(readiness.reasons.first?.contains("switchboard ctl run-alone") == true)
  }

  @Test func noClientIsSentToAWitness() {
    let readiness = Readiness([.init(0)], turnsAway: [Readiness.witness])
    #expect(!readiness.ready && readiness.reasons == [Readiness.witness])
  }
}
