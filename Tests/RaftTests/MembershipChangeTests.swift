// Changes of the membership in a running group.

import Raft
import Testing

@Suite struct MembershipChangeTests {
  static let id = TestCluster.replica

  @Test func aNewVoterIsBroughtInAndCounts() throws {
    var cluster = TestCluster(3, joining: 1)
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    try cluster.change(1, [.addVoter(Self.id(4))])
    #expect(cluster[1].raft.voters.count == 4, "in force at once")
    cluster.run(ticks: 5)
    #expect(cluster[4].commands == [[1]])
    #expect(cluster[4].raft.voters.count == 4)
    cluster[2].isIsolated = true
    try cluster.propose(1, [2])
    cluster.settle()
    #expect(cluster[1].commands == [[1], [2]], "three of four")
    cluster[3].isIsolated = true
    try cluster.propose(1, [3])
    cluster.settle()
    #expect(cluster[1].commands.count == 2, "two of four are no majority")
  }

  @Test func aLearnerCountsForNothing() throws {
    var cluster = TestCluster(3, joining: 1)
    cluster.elect(1)
    try cluster.change(1, [.addLearner(Self.id(4))])
    cluster.run(ticks: 5)
    #expect(cluster[4].raft.lastIndex == 2)
    cluster[2].isIsolated = true
    cluster[3].isIsolated = true
    try cluster.propose(1, [9])
    cluster.settle()
    #expect(cluster[4].raft.lastIndex == 3 && cluster[1].raft.commitIndex == 2)
    #expect(throws: ProposalError.notVoter(Self.id(4))) {
      try cluster.at(1) { try $0.transferLeadership(to: Self.id(4)) }
    }
    #expect(cluster[1].raft.progress.map(\.isLearner) == [false, false, true])
    cluster.tick(4, times: 60)
    #expect(cluster[4].raft.role == .follower, "it never campaigns")
    cluster[2].isIsolated = false
    cluster[3].isIsolated = false
    cluster.run(ticks: 40)
    let leader = try #require(cluster.leaders.first)
    try cluster.change(leader, [.addVoter(Self.id(4))])
    cluster.run(ticks: 10)
    #expect(
      cluster[4].raft.membership.isVoter(Self.id(4)) && cluster[leader].raft.membership.learners.isEmpty)
  }

  @Test func aJointMembershipNeedsBothMajorities() throws {
    var cluster = TestCluster(3, joining: 2)
    cluster.elect(1)
    try cluster.change(
      1, [.addVoter(Self.id(4)), .addVoter(Self.id(5)), .remove(Self.id(3))], .jointExplicit)
    cluster.run(ticks: 5)
    #expect(cluster[1].raft.membership.isJoint && cluster[1].raft.commitIndex == 2)
    // 1, 4 and 5 are a majority of the incoming voters, but only one of the outgoing ones.
    cluster[2].isIsolated = true
    cluster[3].isIsolated = true
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 2)
    #expect(throws: ProposalError.membershipInFlight) { try cluster.change(1, [.addVoter(Self.id(6))]) }
    cluster[2].isIsolated = false
    cluster.run(ticks: 10)
    #expect(cluster[1].raft.commitIndex == 3)
    _ = try cluster.at(1) { try $0.proposeMembership(.leave) }
    cluster.run(ticks: 10)
    #expect(cluster[5].raft.membership == Membership(voters: [1, 2, 4, 5].map(Self.id)))
    #expect(throws: ProposalError.self) { try cluster.at(1) { try $0.proposeMembership(.leave) } }
  }

  @Test func anImplicitJointMembershipIsLeftByItself() throws {
    var cluster = TestCluster(3, joining: 2)
    cluster.elect(1)
    try cluster.change(1, [.addVoter(Self.id(4)), .addVoter(Self.id(5))])
    cluster.run(ticks: 10)
    #expect(cluster.nodes.allSatisfy { $0.raft.membership == Membership(voters: (1...5).map(Self.id)) })
  }

  @Test func changesWaitForTheirTurn() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    #expect(throws: ProposalError.notLeader(leader: Self.id(1))) {
      try cluster.change(2, [.remove(Self.id(3))])
    }
    cluster[2].isIsolated = true
    cluster[3].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(4))])
    #expect(throws: ProposalError.membershipInFlight) { try cluster.change(1, [.addVoter(Self.id(5))]) }
    #expect(ProposalError.membershipInFlight.isRetryable && ProposalError.notReady.isRetryable)
  }

  /// Ongaro's correction of 2015: no change before an entry of the own term is committed.
  @Test func aNewLeaderCommitsFirst() throws {
    var cluster = TestCluster(1)
    cluster[1].isDiskStalled = true
    cluster.at(1) { $0.campaign() }
    cluster.write(1)
    #expect(cluster[1].raft.role == .leader && cluster[1].raft.commitIndex == 0)
    #expect(throws: ProposalError.notReady) { try cluster.change(1, [.addLearner(Self.id(2))]) }
    cluster.write(1)
    try cluster.change(1, [.addLearner(Self.id(2))])
  }

  @Test func aLeaderThatIsRemovedCommitsThatAndMakesWay() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.change(1, [.remove(Self.id(1))])
    #expect(cluster[1].raft.role == .leader)
    cluster.settle()
    #expect(cluster[1].raft.role == .follower)
    #expect(cluster[1].raft.commitIndex == 2, "2 and 3 hold it; 1 does not count")
    #expect(cluster.leaders.count == 1 && cluster.leaders != [1], "no timeout was needed")
    cluster.run(ticks: 60)
    #expect(cluster.leaders.count == 1 && cluster[2].raft.term == 2, "the removed one disturbs nobody")
  }

  @Test func theRemovedLeaderDoesNotCountItself() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    try cluster.change(1, [.remove(Self.id(1))])
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 1 && cluster[1].raft.role == .leader, "one of two")
  }

  /// Dissertation, 4.2.2: the one that is being removed may be the only one whose log is long enough.
  @Test func aReplicaWhoseRemovalIsNotCommittedMayCampaign() throws {
    var cluster = TestCluster(2)
    cluster.elect(1)
    cluster[2].isIsolated = true
    try cluster.change(1, [.remove(Self.id(1))])
    cluster.settle()
    cluster.restart(1)
    cluster[2].isIsolated = false
    cluster.run(ticks: 80)
    #expect(cluster.leaders == [2])
    #expect(cluster[2].raft.membership == Membership(voters: [Self.id(2)]))
  }

  @Test func aTruncatedMembershipIsForgotten() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(4))])
    #expect(cluster[1].raft.voters.count == 4)
    cluster.run(ticks: 60)
    let leader = try #require(cluster.leaders.first { $0 != 1 })
    try cluster.propose(leader, [1])
    cluster[1].isIsolated = false
    cluster.run(ticks: 30)
    #expect(cluster[1].raft.membership == Membership(voters: (1...3).map(Self.id)))
  }

  /// 2 and 3 hold less than what was committed without them, and must not be enough, though they are a majority of the
  /// last membership that they know to be committed. 2 has the first change in its log and counts by it.
  @Test func anAppendedMembershipCountsBeforeItsCommitIsKnown() throws {
    var cluster = TestCluster(3, joining: 2)
    cluster.elect(1)
    cluster[3].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(4))])
    cluster.run(ticks: 4)
    cluster[2].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(5))])
    cluster.run(ticks: 4)
    #expect(cluster[1].raft.commitIndex == 3 && cluster[2].raft.lastIndex == 2)
    for number in [1, 4, 5] { cluster[number].isIsolated = true }
    cluster[2].isIsolated = false
    cluster[3].isIsolated = false
    cluster.run(ticks: 100)
    #expect(cluster[2].raft.role != .leader && cluster[3].raft.role != .leader)
  }

  @Test func theFirstEntryOfAGroupSaysWhoBelongsToIt() {
    var cluster = TestCluster(3)
    cluster.elect(2)
    #expect(
      cluster[1].raft.entries(in: 1...1).first?.payload
        == .membership(Membership(voters: (1...3).map(Self.id))))
  }

  /// Found by the simulation: with the last holder of the state gone, a witness could not hand over to anybody.
  @Test func somebodyWhoHasTheStateMustStay() throws {
    var cluster = TestCluster(3, joining: 1)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[4].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(4))])
    cluster.run(ticks: 4)
    #expect(throws: ProposalError.noStateHolder) {
      try cluster.change(1, [.remove(Self.id(1)), .remove(Self.id(2)), .remove(Self.id(3))])
    }
    #expect(ProposalError.noStateHolder.isRetryable)
    cluster[4].isIsolated = false
    cluster.run(ticks: 8)
    try cluster.change(1, [.remove(Self.id(1)), .remove(Self.id(2)), .remove(Self.id(3))])
    cluster.run(ticks: 12)
    #expect(cluster.leaders == [4])
  }

  /// Who cannot win is not asked: a data voter that lags behind what the witnesses have committed.
  @Test func aRemovedLeaderMakesWayForOneThatCanWin() throws {
    var cluster = TestCluster(4) { $0.witnesses = [3, 4].map(Self.id) }
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[2].isIsolated = true
    try cluster.change(1, [.remove(Self.id(1))])
    cluster.settle()
    #expect(cluster[1].raft.role == .follower)
    let asked = cluster.sentBy(1).filter { $0.body == .timeoutNow }.map(\.to)
    #expect(asked.count == 1 && asked != [Self.id(2)])
    #expect(cluster.leaders.count == 1 && cluster.leaders != [2])
    cluster[2].isIsolated = false
    cluster.run(ticks: 40)
    #expect(cluster.leaders == [2])
  }
}
