// Acknowledgments that a damaged replica has forgotten and somebody still counts: the sequences that once lost a
// committed entry, and whom it has to ask because of them.

import Raft
import Testing

@Suite struct LostPromiseTests {
  static let id = TestCluster.replica

  /// {L, A, D}, L's disk is slow. D acknowledges an entry and forgets it; A answers D before it has the entry and takes
  /// it then. If L committed that, its kill would leave nobody who tells D.
  @Test func aLeaderCommitsNothingThatItsOwnDiskLacks() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[1].isDiskStalled = true
    try cluster.propose(1, [7])
    cluster.settle { !$0.isBetween(1, 2) }
    #expect(cluster[1].raft.progress.last?.match == 2)
    cluster[3].disk.entries.removeLast()
    cluster.restart(3, start: .doubtful)
    cluster.tick(3, times: TestCluster.heartbeatTicks)
    cluster.settle { $0.isBetween(2, 3) }
    cluster.settle { $0.isBetween(1, 2) }
    #expect(cluster[2].disk.lastIndex == 2, "A has it now")
    #expect(cluster[1].raft.commitIndex == 1 && cluster[2].commands.isEmpty)
    // L comes back without it, and elects with D what has no room for it.
    cluster[1].isDiskStalled = false
    cluster.restart(1, start: .restarted)
    cluster[2].isIsolated = true
    cluster.run(ticks: 60)
    let leader = try #require(cluster.leaders.first { $0 != 2 })
    try cluster.propose(leader, [8])
    cluster.run(ticks: 5)
    cluster[2].isIsolated = false
    cluster.run(ticks: 60)
    #expect(cluster.nodes.allSatisfy { $0.raft.violation == nil && $0.commands == [[8]] })
  }

  /// {L, A, B, D}: L appends its own removal and an entry. D acknowledges both and forgets the entry; A and B hold the
  /// removal and have not said so. L, which is in no membership that D's log ends with, still counts on D.
  @Test func aLeaderThatRemovesItselfIsAskedToo() throws {
    var cluster = TestCluster(4)
    cluster.elect(1)
    cluster.run(ticks: 3)
    try cluster.change(1, [.remove(Self.id(1))])
    cluster.settle { $0.isBetween(1, 4) || $0.from == Self.id(1) }
    try cluster.propose(1, [7])
    cluster.settle { $0.isBetween(1, 4) }
    #expect(cluster[1].raft.progress.last?.match == 3 && cluster[1].raft.commitIndex == 1)
    #expect(cluster[2].disk.lastIndex == 2 && cluster[3].disk.lastIndex == 2)
    cluster[4].disk.entries.removeLast()
    cluster.restart(4, start: .doubtful)
    cluster.tick(4, times: TestCluster.heartbeatTicks)
    cluster.settle { !$0.names(1) }
    #expect(!cluster[4].raft.isConfirmed, "L may still count the entry as held by D")
    #expect(cluster.pending(to: 1).contains { if case .confirm = $0.body { true } else { false } })
    cluster.settle { $0.isBetween(1, 4) }
    let floor = try #require(cluster[4].raft.votingFloor)
    #expect(cluster[4].raft.isConfirmed && floor >= LogPosition(term: 1, index: 3))
  }

  /// Whom the answers name is asked, too: learners, and members of what is not committed yet.
  @Test func answersNameAllMembersSinceTheCommitIndex() throws {
    var cluster = TestCluster(3, joining: 1)
    cluster.elect(1)
    try cluster.change(1, [.addLearner(Self.id(4))])
    cluster.run(ticks: 3)
    cluster[2].isIsolated = true
    cluster[3].isIsolated = true
    try cluster.change(1, [.remove(Self.id(2))])
    cluster.settle()
    cluster.sent = []
    cluster.at(1) { $0.receive(message(3, 1, term: 1, .confirm(nonce: 5, lastIndex: 2))) }
    let members = cluster.sent.compactMap { message -> [ReplicaID]? in
      if case .confirmReply(let reply) = message.body { reply.members } else { nil }
    }
    #expect(members == [[1, 2, 3, 4].map(Self.id)])
  }

  // MARK: - A group of one that grows

  /// {D} becomes {D, A}; D's last write, with the entry that made A a voter, is torn.
  @Test func aGrowingGroupOfOneAsksItsLearner() throws {
    var cluster = TestCluster(1, joining: 1)
    cluster.elect(1)
    #expect(throws: ProposalError.notLearner(Self.id(2))) { try cluster.change(1, [.addVoter(Self.id(2))]) }
    try cluster.change(1, [.addLearner(Self.id(2))])
    cluster.run(ticks: 5)
    try cluster.change(1, [.addVoter(Self.id(2))])
    cluster.run(ticks: 5)
    try cluster.propose(1, [7])
    cluster.run(ticks: 5)
    #expect(cluster[2].commands == [[7]])
    cluster[1].disk.entries.removeLast(2)
    cluster[1].disk.hardState.commit = 2
    cluster[2].isIsolated = true
    cluster.restart(1, start: .doubtful)
    cluster.run(ticks: 40)
    #expect(!cluster[1].raft.isConfirmed && cluster[1].raft.role == .follower)
    cluster[2].isIsolated = false
    cluster.run(ticks: 80)
    try cluster.propose(try #require(cluster.leaders.first), [8])
    cluster.run(ticks: 20)
    #expect(cluster.nodes.allSatisfy { $0.raft.violation == nil && $0.commands == [[7], [8]] })
  }

  /// A new voter and one old one are a majority of three: the disk of that one may forget it.
  @Test func twoVotersTakeAThirdOnlyFromTheirLearners() throws {
    var cluster = TestCluster(2, joining: 1)
    cluster.elect(1)
    #expect(throws: ProposalError.notLearner(Self.id(3))) { try cluster.change(1, [.addVoter(Self.id(3))]) }
    #expect(throws: ProposalError.notLearner(Self.id(3))) { try cluster.change(1, [.addWitness(Self.id(3))]) }
    try cluster.change(1, [.addLearner(Self.id(3))])
    cluster.run(ticks: 5)
    try cluster.change(1, [.addVoter(Self.id(3))])
    let three = try TestCluster(3).startingLeader()
    try three.raft.checked(by: [.addVoter(Self.id(4))])
  }

  // MARK: - The floor

  /// Found by the simulation: the floor was the long log of a removed leader, which nobody alive could ever reach.
  @Test func theFloorFallsWithNewerAnswers() throws {
    var raft = ConfirmationTests.restarted(2, of: 3, terms: [1, 1, 1, 1], start: .doubtful)
    let nonce = try #require(ConfirmationTests.nonce(raft.drainWriting()))
    raft.receive(message(1, 2, term: 1, ConfirmationTests.reply(nonce, 9, 1)))
    raft.receive(message(3, 2, term: 1, ConfirmationTests.reply(nonce, 2, 1)))
    #expect(raft.isConfirmed && raft.votingFloor == LogPosition(term: 1, index: 9))
    for _ in 0..<TestCluster.heartbeatTicks { raft.tick() }
    let questions = raft.drainWriting()
    #expect(
      ConfirmationTests.nonce(questions) == nonce && questions.messages.map(\.to) == [1, 3].map(Self.id))
    raft.receive(message(3, 2, term: 1, ConfirmationTests.reply(nonce, 8, 1)))
    #expect(raft.votingFloor == LogPosition(term: 1, index: 9), "3 answered lower before: that was sound")
    raft.receive(message(1, 2, term: 1, ConfirmationTests.reply(nonce, 3, 1)))
    #expect(raft.votingFloor == LogPosition(term: 1, index: 3))
    let write = raft.drainWriting().writes.last { $0.hardState != nil }
    #expect(write?.hardState?.doubt == nil, "its own log reaches that")
    for _ in 0..<TestCluster.heartbeatTicks { raft.tick() }
    #expect(raft.drainWriting().messages.isEmpty, "nothing is left to ask")
  }

  /// What it appended and never committed nobody can commit any more: it is no floor for others.
  @Test func aLeaderThatWasRemovedAnswersWithItsCommitIndex() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.run(ticks: 3)
    try cluster.change(1, [.remove(Self.id(1))])
    let removal = cluster.network
    cluster.network = []
    for byte in 1...3 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle { _ in false }
    cluster.network = removal
    cluster.settle { $0.isBetween(1, 2) || $0.isBetween(1, 3) }
    #expect(cluster[1].raft.role == .follower && cluster[1].raft.commitIndex == 2)
    #expect(cluster[1].raft.lastIndex == 5)
    func answer() -> LogIndex? {
      cluster.sent = []
      cluster.at(1) { $0.receive(message(2, 1, term: 1, .confirm(nonce: 5, lastIndex: 2, isDoubtful: true))) }
      return cluster.sent.lazy.compactMap {
        if case .confirmReply(let reply) = $0.body { reply.lastIndex } else { nil }
      }.first
    }
    #expect(answer() == 2)
    // Its state can be ahead of the commit index that it wrote down, and behind what it committed.
    cluster[1].disk.hardState.commit = 1
    cluster.restart(1, applied: 2, start: .restarted)
    #expect(cluster[1].raft.commitIndex == 2 && answer() == 5)
  }

  // MARK: - Disks that lie

  /// The leader sends again what was lost before its answer arrives: what counts is what the start found.
  @Test func aLyingDiskIsNoticedAlsoWhenTheLogHasGrownAgain() throws {
    var raft = ConfirmationTests.restarted(1, of: 3, terms: [1, 1], start: .restarted)
    let nonce = try #require(ConfirmationTests.nonce(raft.drainWriting()))
    let entries = [3, 4].map { LogEntry(index: $0, term: 1, payload: .empty) }
    raft.receive(
      message(
        2, 1, term: 1, .append(Append(prevIndex: 2, prevTerm: 1, commit: 0, round: 0, entries: entries))))
    let messages = raft.drainWriting().messages
    #expect(raft.stableIndex == 4)
    #expect(!messages.contains { if case .appendReply = $0.body { true } else { false } })
    raft.receive(message(2, 1, term: 1, ConfirmationTests.reply(nonce, 4, 1, acknowledged: 4)))
    #expect(!raft.isConfirmed && raft.drainWriting().writes.last?.hardState?.doubt == .damaged)
  }

  /// What it acknowledges in this life is no sign of a lie.
  @Test func aRestartedReplicaAcknowledgesOnceTheLeaderHasAnswered() throws {
    var raft = ConfirmationTests.restarted(1, of: 5, terms: [1, 1], start: .restarted)
    let nonce = try #require(ConfirmationTests.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, ConfirmationTests.reply(nonce, 3, 1, acknowledged: 2)))
    let entry = LogEntry(index: 3, term: 1, payload: .empty)
    raft.receive(
      message(
        2, 1, term: 1, .append(Append(prevIndex: 2, prevTerm: 1, commit: 0, round: 0, entries: [entry]))))
    #expect(
      raft.drainWriting().messages.contains { $0.body == .appendReply(AppendReply(match: 3, round: 0)) })
    raft.receive(message(2, 1, term: 1, ConfirmationTests.reply(nonce, 3, 1, acknowledged: 3)))
    raft.receive(message(3, 1, term: 1, ConfirmationTests.reply(nonce, 3, 1)))
    #expect(raft.isConfirmed && raft.votingFloor == nil)
  }

  /// {1, 2}: 1 makes its learner 3 a voter, alone: what 3 holds must not count before it holds that too. The disk of 1 would
  /// be the only one that says so.
  @Test func aNewVoterCountsOnceItKnowsThatItIsOne() throws {
    var cluster = TestCluster(2, joining: 1)
    cluster.elect(1)
    try cluster.change(1, [.addLearner(Self.id(3))])
    cluster.run(ticks: 5)
    cluster[2].isIsolated = true
    try cluster.propose(1, [7])
    cluster.settle()
    let command = cluster[1].raft.lastIndex
    #expect(cluster[3].disk.lastIndex == command && cluster[1].raft.commitIndex < command)
    let promotion = try cluster.change(1, [.addVoter(Self.id(3))])
    cluster.settle { _ in false }
    cluster.tick(1)
    #expect(cluster[1].disk.lastIndex == promotion && cluster[1].raft.commitIndex < command)
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == promotion && cluster[3].disk.lastIndex == promotion)
    // Now the disk of 1 may go.
    cluster[1].isIsolated = true
    cluster[2].isIsolated = false
    cluster.run(ticks: 60)
    #expect(cluster[3].raft.role == .leader && cluster[2].commands == [[7]])
  }

  /// {1, 2} grew by 3 while 2 was away, and 1 is gone for good. The log of 2 names nobody else, that of 3 does.
  @Test func anIntactRestartDoesNotWaitForVotersOfThePast() throws {
    var cluster = TestCluster(2, joining: 1)
    cluster.elect(1)
    try cluster.change(1, [.addLearner(Self.id(3))])
    cluster.run(ticks: 5)
    cluster[2].isIsolated = true
    try cluster.change(1, [.addVoter(Self.id(3))])
    cluster.run(ticks: 5)
    try cluster.propose(1, [7])
    cluster.run(ticks: 5)
    cluster[1].isIsolated = true
    cluster[2].isIsolated = false
    cluster.restart(2, start: .restarted)
    #expect(cluster[2].raft.voters == [Self.id(1), Self.id(2)] && !cluster[2].raft.isConfirmed)
    cluster.run(ticks: 60)
    #expect(cluster[2].raft.isConfirmed && cluster[3].raft.role == .leader)
    #expect(cluster[2].commands == [[7]])
  }
}

extension Message {
  fileprivate func names(_ number: Int) -> Bool {
    from == TestCluster.replica(number) || to == TestCluster.replica(number)
  }

  fileprivate func isBetween(_ one: Int, _ other: Int) -> Bool { names(one) && names(other) }
}

extension TestCluster {
  /// The first replica, elected.
  fileprivate func startingLeader() throws -> TestNode {
    var cluster = self
    cluster.elect(1)
    return cluster[1]
  }
}

extension Raft {
  fileprivate func checked(by steps: [MembershipChange.Step]) throws {
    var copy = self
    _ = try copy.proposeMembership(MembershipChange(steps: steps))
  }
}
