// A witness may win, serves nobody, hands its log on, and keeps what data voters may need.

import Raft
import Testing

@Suite struct WitnessTests {
  static let id = TestCluster.replica

  /// Replicas 1 and 2 hold the state, 3 is the witness.
  static func cluster() -> TestCluster {
    TestCluster(3) { $0.witnesses = [Self.id(3)] }
  }

  @Test func itAppliesNothing() throws {
    var cluster = Self.cluster()
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster[3].applied.isEmpty && cluster[3].raft.appliedIndex == 2 && cluster[3].raft.isWitness)
    #expect(cluster[2].commands == [[1]])
  }

  @Test func dataVotersCampaignFirst() {
    for seed in 0..<30 as Range<UInt64> {
      var raft = makeRaft(3, of: 3) {
        $0.witnesses = [Self.id(3)]
        $0.seed = seed
      }
      var ticks = 0
      while raft.role == .follower, ticks < 100 {
        raft.tick()
        ticks += 1
      }
      #expect((2 * TestCluster.electionTicks..<3 * TestCluster.electionTicks).contains(ticks))
    }
  }

  @Test func itWinsWithTheLongestLogAndHandsOver() throws {
    var cluster = Self.cluster()
    cluster.elect(1)
    cluster[2].isIsolated = true
    try cluster.propose(1, [7])
    cluster.settle()
    #expect(cluster[1].commands == [[7]], "committed with the witness")
    cluster[1].isIsolated = true
    cluster[2].isIsolated = false
    var led = false
    for _ in 0..<120 {
      cluster.run(ticks: 1)
      led =
        led
        || cluster[3].raft.term > 1
          && cluster[3].announcements.contains {
            if case .roleChanged(role: .leader, _, _) = $0 { true } else { false }
          }
    }
    #expect(led, "only the witness had the entry")
    #expect(cluster[2].raft.role == .leader)
    #expect(cluster[2].commands == [[7]])
  }

  @Test func itServesNobodyWhileItLeads() throws {
    var cluster = Self.cluster()
    cluster[1].isDiskStalled = true
    cluster[2].isIsolated = true
    cluster.at(3) { $0.campaign() }
    cluster.at(3) { $0.receive(message(1, 3, term: 1, .preVoteReply(granted: true))) }
    cluster.write(3)
    cluster.at(3) { $0.receive(message(1, 3, term: 1, .voteReply(granted: true))) }
    #expect(cluster[3].raft.role == .leader)
    let refusal = ProposalError.witnessLeads
    #expect(refusal.isRetryable)
    #expect(throws: refusal) { try cluster.propose(3, [1]) }
    #expect(throws: refusal) { try cluster.at(3) { try $0.requestRead() } }
    #expect(throws: refusal) { try cluster.change(3, [.addVoter(Self.id(9))]) }
    // The next one is asked after a heartbeat interval if the first did not take over.
    cluster.write(3)
    cluster.sent = []
    for number in [1, 2] {
      cluster.at(3) { $0.receive(message(number, 3, term: 1, .appendReply(AppendReply(match: 1, round: 0)))) }
    }
    #expect(cluster.sent.filter { $0.body == .timeoutNow }.map(\.to) == [Self.id(1)])
    cluster.tick(3, times: TestCluster.heartbeatTicks)
    #expect(cluster.sent.filter { $0.body == .timeoutNow }.map(\.to) == [Self.id(1), Self.id(2)])
    cluster.tick(3, times: TestCluster.heartbeatTicks)
    #expect(cluster.sent.filter { $0.body == .timeoutNow }.map(\.to) == [1, 2, 1].map(Self.id))
  }

  @Test func leadershipIsNeverTransferredToIt() {
    var cluster = Self.cluster()
    cluster.elect(1)
    #expect(throws: ProposalError.notVoter(Self.id(3))) {
      try cluster.at(1) { try $0.transferLeadership(to: Self.id(3)) }
    }
  }

  @Test func itCompactsOnlyBelowEveryCheckpoint() throws {
    var cluster = Self.cluster()
    cluster.elect(1)
    for byte in 1...8 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster.at(1) { $0.checkpointed(upTo: 8) }
    cluster.run(ticks: 5)
    cluster.at(3) { $0.compact(to: 9) }
    #expect(cluster[3].raft.base.index == 0, "replica 2 has no checkpoint")
    cluster.at(2) { $0.checkpointed(upTo: 5) }
    cluster.run(ticks: 5)
    #expect(cluster[3].raft.compactableIndex == 5)
    cluster.at(3) { $0.compact(to: 9) }
    #expect(cluster[3].raft.base.index == 5)
    #expect(cluster[1].raft.progress.first?.checkpoint == 5)
  }

  /// A removal that is not committed may be taken back, and the removed voter needs the log again.
  @Test func aRemovedVoterCountsUntilThatIsCommitted() throws {
    var cluster = Self.cluster()
    cluster.elect(1)
    for byte in 1...8 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster[2].isIsolated = true
    cluster[3].isDiskStalled = true
    try cluster.change(1, [.remove(Self.id(2))])
    cluster.at(1) { $0.checkpointed(upTo: 8) }
    cluster.run(ticks: 5)
    #expect(cluster[3].raft.compactableIndex == 0)
    cluster[3].isDiskStalled = false
    cluster.run(ticks: 5)
    #expect(cluster[3].raft.compactableIndex == 8)
  }

  @Test func aWitnessThatJoinsNamesItself() throws {
    var cluster = TestCluster(2, joining: 1) { if $0.id == Self.id(3) { $0.witnesses = [Self.id(3)] } }
    cluster.elect(1)
    try cluster.propose(1, [1])
    try cluster.change(1, [.addLearner(Self.id(3))])
    cluster.run(ticks: 5)
    try cluster.change(1, [.addWitness(Self.id(3))])
    cluster.run(ticks: 5)
    #expect(cluster[3].applied.isEmpty && cluster[3].raft.appliedIndex > 2)
    #expect(cluster[1].raft.membership.witnesses == [Self.id(3)])
  }

  /// A learner that holds the state is made a witness by an entry that is truncated again: it has missed nothing.
  @Test func whatIsNotCommittedMakesNoWitness() throws {
    var configuration = TestCluster.configuration(4, of: 3)
    configuration.voters = []
    var raft = Raft(configuration: configuration, hardState: HardState(), log: [], start: .new)
    let voters = (1...3).map(Self.id)
    let start = Membership(voters: voters, learners: [Self.id(4)])
    let witness = Membership(voters: voters + [Self.id(4)], witnesses: [Self.id(4)])
    let entries = [
      LogEntry(index: 1, term: 1, payload: .membership(start)),
      LogEntry(index: 2, term: 1, payload: .command([2])),
      LogEntry(index: 3, term: 1, payload: .command([3])),
      LogEntry(index: 4, term: 1, payload: .membership(witness)),
    ]
    raft.receive(
      message(
        1, 4, term: 1, .append(Append(prevIndex: 0, prevTerm: 0, commit: 3, round: 0, entries: entries))))
    #expect(raft.drainWriting().applied.map(\.index) == [1, 2, 3] && !raft.isWitness)
    let other = [LogEntry(index: 4, term: 2, payload: .command([4]))]
    var later = raft
    later.receive(
      message(2, 4, term: 2, .append(Append(prevIndex: 3, prevTerm: 1, commit: 4, round: 0, entries: other))))
    #expect(later.drainWriting().applied.map(\.index) == [4])
    // Committed, it is one for good, and also while its removal is not committed.
    let removed = [LogEntry(index: 5, term: 1, payload: .membership(Membership(voters: voters)))]
    raft.receive(
      message(
        1, 4, term: 1, .append(Append(prevIndex: 4, prevTerm: 1, commit: 4, round: 0, entries: removed))))
    #expect(raft.drainWriting().applied.isEmpty && raft.isWitness && raft.appliedIndex == 4)
    raft.receive(
      message(1, 4, term: 1, .append(Append(prevIndex: 5, prevTerm: 1, commit: 5, round: 0, entries: []))))
    #expect(raft.drainWriting().applied.isEmpty && raft.isWitness)
  }

  /// The witness has forgotten what is compactable. If a replica without the state replaced the lost one, the death of
  /// the last that has it, one disk of three, would leave a majority without.
  @Test func aDataVoterBesideAWitnessNeedsTheState() throws {
    var cluster = TestCluster(3, joining: 1) { $0.witnesses = [Self.id(3)] }
    cluster.elect(1)
    for byte in 1...8 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    for number in 1...2 { cluster.at(number) { $0.checkpointed(upTo: 8) } }
    cluster.run(ticks: 5)
    cluster.at(3) { $0.compact(to: 9) }
    #expect(cluster[3].raft.base.index == 8)
    cluster[2].isIsolated = true
    let replacement: [MembershipChange.Step] = [.remove(Self.id(2)), .addVoter(Self.id(4))]
    let refusal = ProposalError.withoutState(Self.id(4))
    #expect(refusal.isRetryable)
    #expect(throws: refusal) { try cluster.change(1, replacement) }
    cluster[4].isIsolated = true
    try cluster.change(1, [.addLearner(Self.id(4))])
    cluster.run(ticks: 5)
    #expect(throws: refusal) { try cluster.change(1, replacement) }
    cluster[4].isIsolated = false
    cluster.run(ticks: 8)
    try cluster.change(1, replacement)
    cluster.run(ticks: 8)
    #expect(
      cluster[1].raft.membership == Membership(voters: [1, 3, 4].map(Self.id), witnesses: [Self.id(3)]))
  }

  /// The first witness beside data voters of whom one has nothing yet.
  @Test func aWitnessComesWhenEveryDataVoterHasTheState() throws {
    var cluster = TestCluster(3, joining: 2) { if $0.id == Self.id(5) { $0.witnesses = [Self.id(5)] } }
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[4].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(4))])
    cluster.run(ticks: 5)
    #expect(throws: ProposalError.withoutState(Self.id(4))) {
      try cluster.change(1, [.addWitness(Self.id(5))])
    }
    cluster[4].isIsolated = false
    cluster.run(ticks: 8)
    try cluster.change(1, [.addWitness(Self.id(5))])
  }
}
