// Quiet groups and forgotten leaders.

import Raft
import Testing

@Suite struct LivenessTests {
  static let id = TestCluster.replica

  static func quietCluster() -> TestCluster {
    TestCluster(3) { $0.quiet = true }
  }

  /// What the host does with one heartbeat per pair of nodes.
  static func beat(_ cluster: inout TestCluster) {
    for number in 1...3 {
      for other in 1...3 where other != number {
        let raft = cluster[other].raft
        cluster.at(number) {
          $0.peerAlive(Self.id(other))
          if raft.role == .leader { $0.leaderAlive(Self.id(other), term: raft.term) }
        }
      }
    }
  }

  @Test func aSettledGroupIsSilentAndKeepsItsLeader() throws {
    var cluster = Self.quietCluster()
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.run(ticks: 10)
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1]] })
    cluster.sent = []
    for _ in 0..<100 {
      Self.beat(&cluster)
      cluster.run(ticks: 1)
    }
    #expect(cluster.sent.isEmpty)
    #expect(cluster.leaders == [1] && cluster[2].raft.term == 1)
    try cluster.propose(1, [2])
    cluster.network = []
    for _ in 0..<10 {
      Self.beat(&cluster)
      cluster.run(ticks: 1)
    }
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1], [2]] }, "what is lost is still recovered")
  }

  @Test func withoutTheHostFollowersAskAndGetTheirHeartbeat() {
    var cluster = Self.quietCluster()
    cluster.elect(1)
    cluster.run(ticks: 6)
    cluster.sent = []
    cluster.run(ticks: 100)
    #expect(cluster.leaders == [1] && cluster[1].raft.term == 1)
    #expect(cluster.sent.contains { if case .preVote = $0.body { true } else { false } })
  }

  @Test func anotherLeaderOrTermIsNoSignOfLife() {
    var raft = makeRaft(2, of: 3, hardState: HardState(term: 3))
    raft.receive(message(1, 2, term: 3, .heartbeat(commit: 0, round: 0)))
    for _ in 0..<40 {
      raft.leaderAlive(Self.id(3), term: 3)
      raft.leaderAlive(Self.id(1), term: 2)
      raft.tick()
    }
    #expect(raft.role == .preCandidate)
    raft.peerAlive(Self.id(1))
  }

  @Test func aForgottenLeaderIsNoReasonToRefusePreVote() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    cluster.at(2) { $0.forgetLeader() }
    cluster.at(3) { $0.forgetLeader() }
    #expect(cluster[2].raft.leader == nil && cluster[2].raft.role == .follower && cluster[2].raft.term == 1)
    cluster.at(2) { $0.campaign() }
    cluster.settle()
    #expect(cluster[2].raft.role == .leader)
    cluster.at(2) { $0.forgetLeader() }
    #expect(cluster[2].raft.role == .leader && cluster[2].raft.leader == Self.id(2))
  }

  @Test func aSettledLeaderAnswersWhoHasForgottenIt() {
    var cluster = Self.quietCluster()
    cluster.elect(1)
    cluster.run(ticks: 6)
    cluster.at(3) { $0.forgetLeader() }
    cluster.at(3) { $0.campaign() }
    cluster.settle()
    #expect(cluster[3].raft.leader == Self.id(1) && cluster.leaders == [1])
  }

  @Test func aCheckpointIsToldAlsoWhereNothingElseIsSaid() throws {
    var cluster = Self.quietCluster()
    cluster.elect(1)
    cluster.run(ticks: 6)
    cluster.at(2) { $0.checkpointed(upTo: 1) }
    cluster.settle()
    #expect(cluster[1].raft.progress.first?.checkpoint == 1)
  }
}
