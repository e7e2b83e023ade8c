// Leadership goes to a chosen voter, or comes back in time.

import Raft
import Testing

@Suite struct TransferTests {
  @Test func leadershipMovesWithoutATick() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(3)) }
    #expect(cluster[1].raft.transferTarget == TestCluster.replica(3))
    #expect(throws: ProposalError.transferring(to: TestCluster.replica(3))) { try cluster.propose(1, [2]) }
    cluster.settle()
    #expect(cluster.leaders == [3])
    #expect(cluster[3].raft.term == 2)
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1]] })
  }

  @Test func theTargetIsBroughtUpToDateFirst() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    for byte in 1...9 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster[3].isIsolated = false
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(3)) }
    #expect(!cluster.sent.contains { $0.body == .timeoutNow })
    cluster.at(1) { $0.peerReset(TestCluster.replica(3)) }
    cluster.settle()
    #expect(cluster.leaders == [3])
    #expect(cluster[3].commands.count == 9)
  }

  @Test func aTransferToADeadReplicaIsGivenUp() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(3)) }
    cluster.run(ticks: TestCluster.electionTicks - 1)
    #expect(throws: ProposalError.transferring(to: TestCluster.replica(3))) { try cluster.propose(1, [2]) }
    cluster.run(ticks: 1)
    #expect(cluster.leaders == [1])
    try cluster.propose(1, [2])
    cluster.settle()
    #expect(cluster[2].commands == [[2]])
  }

  @Test func refusals() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    #expect(throws: ProposalError.notLeader(leader: TestCluster.replica(1))) {
      try cluster.at(2) { try $0.transferLeadership(to: TestCluster.replica(3)) }
    }
    #expect(throws: ProposalError.notVoter(TestCluster.replica(8))) {
      try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(8)) }
    }
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(1)) }
    #expect(cluster[1].raft.transferTarget == nil)
    cluster[2].isIsolated = true
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(2)) }
    #expect(throws: ProposalError.transferring(to: TestCluster.replica(2))) {
      try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(3)) }
    }
  }

  @Test func onlyTheLeaderCanAskForAnElection() {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.at(3) { $0.receive(message(2, 3, term: 1, .timeoutNow)) }
    #expect(cluster[3].raft.role == .follower)
    #expect(cluster[3].raft.term == 1)
  }

  /// It could not campaign, and proposals would be refused until the transfer is given up.
  @Test func aReplicaInDoubtIsNoTarget() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster.at(1) {
      $0.receive(message(2, 1, term: 1, .confirm(nonce: 9, lastIndex: 1, isDoubtful: true)))
    }
    #expect(throws: ProposalError.inDoubt(TestCluster.replica(2))) {
      try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(2)) }
    }
    #expect(ProposalError.inDoubt(TestCluster.replica(2)).isRetryable)
    try cluster.propose(1, [1])
    cluster.settle()
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(2)) }
    cluster.settle()
    #expect(cluster.leaders == [2], "it has acknowledged again")
  }
}
