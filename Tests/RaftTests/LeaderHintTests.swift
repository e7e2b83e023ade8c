// A closed socket leads to a new leader in a few ticks, and a wrong hint to nothing.

import Raft
import Testing

@Suite struct LeaderHintTests {
  /// Kills replica 1, the leader of a group, and gives its followers the hint in this order.
  static func ticksToFailOver(_ count: Int, hints: [Int]) -> (ticks: Int, cluster: TestCluster) {
    var cluster = TestCluster(count)
    cluster.elect(1)
    cluster.run(ticks: 7)
    cluster[1].isIsolated = true
    for number in hints {
      cluster.at(number) { $0.leaderUnreachable(TestCluster.replica(1)) }
      cluster.settle()
    }
    var ticks = 0
    while cluster.leaders == [1], ticks < 100 {
      for number in 2...count { cluster.tick(number) }
      cluster.settle()
      ticks += 1
    }
    return (ticks, cluster)
  }

  @Test(arguments: [(3, [2, 3]), (3, [3, 2]), (5, [2, 3, 4, 5]), (5, [5, 4, 3, 2])])
  func aNewLeaderInAFewTicksAndOneElection(count: Int, hints: [Int]) {
    let (ticks, cluster) = Self.ticksToFailOver(count, hints: hints)
    #expect(ticks <= 3, "\(ticks) ticks")
    let winners = cluster.leaders.filter { $0 != 1 }
    #expect(winners.count == 1)
    #expect(cluster[winners.first ?? 1].raft.term == 2, "no split vote")
  }

  @Test func theLowestRemainingVoterActsAtOnce() {
    let (ticks, cluster) = Self.ticksToFailOver(3, hints: [3, 2])
    #expect(ticks == 0)
    #expect(cluster.leaders.contains(2))
  }

  @Test func theNextInRankActsWhenTheFirstIsDead() {
    var cluster = TestCluster(5)
    cluster.elect(1)
    cluster[1].isIsolated = true
    cluster[2].isIsolated = true
    for number in 3...5 {
      cluster.at(number) { $0.leaderUnreachable(TestCluster.replica(1)) }
    }
    var ticks = 0
    while cluster.leaders == [1], ticks < 100 {
      for number in 3...5 { cluster.tick(number) }
      cluster.settle()
      ticks += 1
    }
    #expect(cluster.leaders.contains(3))
    #expect(ticks <= 3, "\(ticks) ticks")
  }

  @Test func oneFollowersHintAloneDoesNotDepose() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.at(2) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    #expect(cluster[2].raft.leader == nil)
    cluster.run(ticks: 5)
    #expect(cluster.leaders == [1])
    #expect(cluster[2].raft.leader == TestCluster.replica(1))
    #expect(cluster.nodes.allSatisfy { $0.raft.term == 1 })
  }

  @Test func aHintAboutAnotherReplicaChangesNothing() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster.sent = []
    cluster.at(3) { $0.leaderUnreachable(TestCluster.replica(2)) }
    cluster.at(1) { $0.leaderUnreachable(TestCluster.replica(2)) }
    cluster.at(1) { $0.leaderUnreachable(TestCluster.replica(1)) }
    #expect(cluster.sent.isEmpty)
    #expect(cluster.leaders == [1])
    #expect(cluster[3].raft.leader == TestCluster.replica(1))
  }

  /// Two processes do not see the same socket close in the same moment.
  @Test func aFirstAttemptThatCameTooEarlySucceedsWithTheSecondHint() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    cluster.at(2) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    #expect(cluster.leaders == [1])
    cluster.at(3) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    #expect(cluster.leaders.contains(2), "without a tick")
    #expect(cluster[2].raft.term == 2)
  }

  @Test func aRefusalStandsWhileTheLeaderIsHeard() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.at(2) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    // The leader speaks again, and much later it is gone indeed: the old question is not answered then.
    cluster.run(ticks: 6)
    cluster[1].isIsolated = true
    cluster.sent = []
    cluster.at(3) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    #expect(cluster.leaders == [1])
  }

  @Test func aFirstAttemptThatCameTooEarlyIsRepeatedSoon() {
    // Replica 2 gets the hint, replica 3 only later: until then it refuses.
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    cluster.at(2) { $0.leaderUnreachable(TestCluster.replica(1)) }
    cluster.settle()
    #expect(cluster.leaders == [1])
    cluster.at(3) { $0.leaderUnreachable(TestCluster.replica(1)) }
    var ticks = 0
    while cluster.leaders == [1], ticks < 100 {
      for number in 2...3 { cluster.tick(number) }
      cluster.settle()
      ticks += 1
    }
    #expect(ticks < TestCluster.electionTicks, "\(ticks) ticks")
  }
}
