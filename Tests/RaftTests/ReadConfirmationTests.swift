// Reads: confirmed by a round that started after them, never by a deposed leader.

import Raft
import Testing

@Suite struct ReadConfirmationTests {
  @Test func aMajorityConfirms() throws {
    var cluster = TestCluster(5)
    cluster.elect(1)
    cluster[4].isIsolated = true
    cluster[5].isIsolated = true
    let token = try cluster.at(1) { try $0.requestRead() }
    #expect(cluster[1].confirmed.isEmpty)
    cluster.settle()
    #expect(cluster[1].confirmed == [token])
  }

  @Test func aMinorityDoesNot() throws {
    var cluster = TestCluster(5)
    cluster.elect(1)
    for number in 3...5 { cluster[number].isIsolated = true }
    let token = try cluster.at(1) { try $0.requestRead() }
    cluster.settle()
    #expect(cluster[1].confirmed.isEmpty)
    cluster.run(ticks: 2 * TestCluster.electionTicks)
    #expect(cluster[1].failed == [token])
  }

  @Test func echoesOfAnEarlierRoundDoNotCount() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    let first = try cluster.at(1) { try $0.requestRead() }
    // The heartbeats of the first read are under way; their echoes say nothing about the second.
    let second = try cluster.at(1) { try $0.requestRead() }
    try #require(cluster.network.count == 4)
    cluster.network.removeLast(2)
    cluster.settle()
    #expect(cluster[1].confirmed == [first])
    cluster.run(ticks: TestCluster.heartbeatTicks)
    #expect(cluster[1].confirmed == [first, second], "the next heartbeat carries the round")
  }

  @Test func readsOfOneDrainShareOneRound() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.sent = []
    let tokens = try cluster.at(1) { raft in try (0..<20).map { _ in try raft.requestRead() } }
    #expect(cluster.sent.count == 2)
    cluster.settle()
    #expect(cluster[1].confirmed == tokens)
  }

  @Test func aRoundRidesOnAppends() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.sent = []
    let token = try cluster.at(1) { raft in
      _ = try raft.propose([1])
      return try raft.requestRead()
    }
    #expect(cluster.sent.count == 2, "no heartbeat besides the appends")
    cluster.settle()
    #expect(cluster[1].confirmed == [token])
  }

  @Test func aReadWaitsForTheFirstEntryOfTheTerm() throws {
    var cluster = TestCluster(3)
    cluster[1].isDiskStalled = false
    cluster.at(1) { $0.campaign() }
    while cluster[1].raft.role != .leader {
      for number in 1...3 { cluster.write(number) }
      if !cluster.network.isEmpty { cluster.deliver() }
    }
    for number in 2...3 { cluster[number].isDiskStalled = true }
    let token = try cluster.at(1) { try $0.requestRead() }
    cluster.run(ticks: 3)
    #expect(cluster[1].raft.commitIndex == 0)
    #expect(cluster[1].confirmed.isEmpty, "rounds were echoed, but nothing of this term is committed")
    cluster[2].isDiskStalled = false
    cluster.settle()
    #expect(cluster[1].confirmed == [token])
  }

  @Test func aSingleVoterConfirmsByItself() throws {
    var cluster = TestCluster(1)
    cluster.elect(1)
    let token = try cluster.at(1) { try $0.requestRead() }
    #expect(cluster[1].confirmed == [token])
  }

  @Test func aDeposedLeaderConfirmsNothing() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    // Replica 1 pauses. The others elect replica 2, which commits.
    cluster[1].isIsolated = true
    for number in 2...3 { cluster.tick(number, times: TestCluster.electionTicks) }
    cluster.at(2) { $0.campaign() }
    cluster.settle()
    #expect(cluster[2].raft.role == .leader)
    try cluster.propose(2, [1])
    cluster.settle()
    // It wakes up and still believes that it leads.
    cluster[1].isIsolated = false
    #expect(cluster[1].raft.role == .leader)
    let token = try cluster.at(1) { try $0.requestRead() }
    // Echoes of its own term that were under way do not help either.
    for number in 2...3 {
      cluster.at(1) { $0.receive(message(number, 1, term: 1, .heartbeatReply(round: 0))) }
    }
    cluster.settle()
    #expect(cluster[1].confirmed.isEmpty)
    #expect(cluster[1].failed == [token])
    #expect(cluster[1].raft.leader == TestCluster.replica(2) || cluster[1].raft.leader == nil)
  }

  @Test func readsAreRefusedByFollowersAndPastTheLimit() throws {
    var cluster = TestCluster(3) { $0.maxPendingReads = 2 }
    cluster.elect(1)
    #expect(throws: ProposalError.notLeader(leader: TestCluster.replica(1))) {
      try cluster.at(2) { try $0.requestRead() }
    }
    for _ in 0..<2 { _ = try cluster.at(1) { try $0.requestRead() } }
    #expect(throws: ProposalError.overloaded) { try cluster.at(1) { try $0.requestRead() } }
    cluster.settle()
    _ = try cluster.at(1) { try $0.requestRead() }
  }
}
