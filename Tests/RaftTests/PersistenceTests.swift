// Nothing that others rely on leaves before it is on the disk, and what was on its way for a
// truncated log does not count.

import Raft
import Testing

@Suite struct PersistenceTests {
  @Test func aVoteLeavesWhenItIsWritten() throws {
    var raft = makeRaft(1, of: 3)
    raft.receive(message(2, 1, term: 4, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    let actions = raft.drain()
    #expect(actions.messages.isEmpty)
    let request = try #require(actions.writes.first)
    #expect(request.hardState == HardState(term: 4, vote: TestCluster.replica(2)))
    #expect(raft.drain().isEmpty, "still not")
    raft.persisted(upTo: request.token)
    #expect(raft.drain() == [.send(message(1, 2, term: 4, .voteReply(granted: true)))])
  }

  @Test func aVoteIsDroppedWhenTheTermMovedOn() throws {
    var raft = makeRaft(1, of: 3)
    raft.receive(message(2, 1, term: 4, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    let first = try #require(raft.drain().writes.first)
    raft.receive(message(3, 1, term: 5, .vote(lastIndex: 0, lastTerm: 0, transfer: false)))
    let second = try #require(raft.drain().writes.first)
    raft.persisted(upTo: first.token)
    #expect(raft.drain().messages.isEmpty)
    raft.persisted(upTo: second.token)
    #expect(raft.drain().messages == [message(1, 3, term: 5, .voteReply(granted: true))])
  }

  @Test func aCandidateAsksAndCountsItselfWhenItsVoteIsWritten() {
    var cluster = TestCluster(3)
    cluster[1].isDiskStalled = true
    cluster.at(1) { $0.campaign() }
    cluster.settle()
    #expect(cluster[1].raft.role == .candidate)
    #expect(!cluster.sent.contains { if case .vote = $0.body { true } else { false } })
    cluster.at(1) { $0.receive(message(2, 1, term: 1, .voteReply(granted: true))) }
    #expect(cluster[1].raft.role == .candidate, "one vote of three, and its own is not written")
    cluster[1].isDiskStalled = false
    cluster.settle()
    #expect(cluster[1].raft.role == .leader)
  }

  @Test func anEarlierWriteIsNotTheVotes() throws {
    var raft = makeRaft(1, of: 3, hardState: HardState(term: 1))
    let entry = LogEntry(index: 1, term: 1, payload: .empty)
    raft.receive(
      message(
        2, 1, term: 1, .append(Append(prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: [entry]))))
    let earlier = try #require(raft.drain().writes.first)
    raft.receive(message(2, 1, term: 1, .timeoutNow))
    let own = try #require(raft.drain().writes.first)
    raft.receive(message(3, 1, term: 2, .voteReply(granted: true)))
    raft.persisted(upTo: earlier.token)
    #expect(raft.role == .candidate)
    #expect(raft.drain().messages.allSatisfy { if case .vote = $0.body { false } else { true } })
    raft.persisted(upTo: own.token)
    #expect(raft.role == .leader)
  }

  @Test func aSingleVoterLeadsAndCommitsByItsOwnDisk() throws {
    var cluster = TestCluster(1)
    cluster[1].isDiskStalled = true
    cluster.at(1) { $0.campaign() }
    #expect(cluster[1].raft.role == .candidate)
    cluster.write(1)
    #expect(cluster[1].raft.role == .leader)
    try cluster.propose(1, [9])
    #expect(cluster[1].raft.commitIndex == 0)
    cluster[1].isDiskStalled = false
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 2)
    #expect(cluster[1].commands == [[9]])
  }

  @Test func anAcknowledgmentWaitsForTheDisk() throws {
    var raft = makeRaft(2, of: 3, terms: [1])
    let entries = [LogEntry(index: 2, term: 1, payload: .empty)]
    let append = Append(prevIndex: 1, prevTerm: 1, commit: 2, round: 5, entries: entries)
    raft.receive(message(1, 2, term: 1, .append(append)))
    let actions = raft.drain()
    #expect(
      actions.messages == [message(2, 1, term: 1, .appendReply(AppendReply(match: 1, round: 5)))],
      "only what was there before")
    #expect(actions.applied.map(\.index) == [1], "entry 2 is committed, but not written here")
    let request = try #require(actions.writes.first)
    #expect(request.entries == entries)
    raft.persisted(upTo: request.token)
    let after = raft.drain()
    #expect(after.messages == [message(2, 1, term: 1, .appendReply(AppendReply(match: 2, round: 5)))])
    #expect(after.applied == entries)
  }

  @Test func anAcknowledgmentWaitsForTheTerm() throws {
    var raft = makeRaft(2, of: 3, terms: [1])
    let append = Append(prevIndex: 1, prevTerm: 1, commit: 0, round: 0, entries: [])
    raft.receive(message(1, 2, term: 3, .append(append)))
    let actions = raft.drain()
    #expect(actions.messages.isEmpty, "the entry is written, term 3 is not")
    raft.persisted(upTo: try #require(actions.writes.first).token)
    #expect(raft.drain().messages.map(\.body) == [.appendReply(AppendReply(match: 1, round: 0))])
  }

  @Test func acknowledgmentsFollowTheDiskWhileMoreArrives() throws {
    var raft = makeRaft(2, of: 3, hardState: HardState(term: 1))
    var tokens: [PersistToken] = []
    for index in 1...3 as ClosedRange<LogIndex> {
      let entry = LogEntry(index: index, term: 1, payload: .empty)
      let append = Append(
        prevIndex: index - 1, prevTerm: index == 1 ? 0 : 1, commit: 0, round: index, entries: [entry])
      raft.receive(message(1, 2, term: 1, .append(append)))
      tokens += raft.drain().writes.map(\.token)
    }
    #expect(tokens.count == 3)
    raft.persisted(upTo: tokens[0])
    #expect(raft.drain().messages.map(\.body) == [.appendReply(AppendReply(match: 1, round: 3))])
    raft.persisted(upTo: tokens[2])
    #expect(raft.drain().messages.map(\.body) == [.appendReply(AppendReply(match: 3, round: 3))])
  }

  @Test func theLeaderCountsItselfWhenItHasWritten() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isDiskStalled = true
    cluster[3].isIsolated = true
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster[1].raft.progress.first?.match == 2, "the follower has it: replication overlaps")
    #expect(cluster[1].raft.commitIndex == 1)
    cluster[1].isDiskStalled = false
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 2)
  }

  /// LostPromiseTests shows why.
  @Test func followersAloneDoNotCommitWhileTheLeadersDiskIsSlow() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isDiskStalled = true
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster[1].raft.progress.map(\.match) == [2, 2] && cluster[1].raft.commitIndex == 1)
    cluster[1].isDiskStalled = false
    cluster.settle()
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1]] })
  }

  @Test func theCommitHintForcesNoWrite() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    cluster.run(ticks: 20)
    #expect(cluster.nodes.allSatisfy { $0.raft.commitIndex == 2 && $0.disk.hardState.commit < 2 })
    try cluster.propose(1, [2])
    cluster.settle()
    #expect(cluster[1].disk.hardState.commit == 2, "it rides along")
  }

  @Test func oneDrainMakesOneWriteAndOneAppendPerFollower() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster.sent = []
    try cluster.at(1) { raft in
      for byte in 0..<50 as Range<UInt8> { _ = try raft.propose([byte]) }
    }
    #expect(cluster[1].writes.count == 1)
    #expect(cluster[1].writes.first?.entries.count == 50)
    #expect(cluster.sent.count == 2)
  }

  @Test func aTruncatedWriteDoesNotCountWhenItArrives() throws {
    var ledger = PersistenceLedger(hardState: HardState(), lastIndex: 0)
    var log = RaftLog(entries: makeLog([1, 1, 1]))
    let firstRequest = ledger.nextRequest(hardState: HardState(term: 1), log: log)
    let first = try #require(firstRequest)
    log.truncate(from: 2)
    ledger.truncated(from: 2)
    log.append(LogEntry(index: 2, term: 2, payload: .empty))
    let secondRequest = ledger.nextRequest(hardState: HardState(term: 2), log: log)
    let second = try #require(secondRequest)
    #expect(second.truncateFrom == 2)
    #expect(second.entries.map(\.term) == [2])
    ledger.persisted(upTo: first.token)
    #expect(ledger.stableIndex == 1, "index 2 on the disk is another entry")
    #expect(ledger.durable.term == 1)
    ledger.persisted(upTo: second.token)
    #expect(ledger.stableIndex == 2)
    let third = ledger.nextRequest(hardState: HardState(term: 2), log: log)
    #expect(third == nil)
  }

  @Test func whatWasNeverRequestedIsTruncatedWithoutAWrite() {
    var ledger = PersistenceLedger(hardState: HardState(), lastIndex: 1)
    var log = RaftLog(entries: makeLog([1, 1, 1]))
    log.truncate(from: 2)
    ledger.truncated(from: 2)
    let request = ledger.nextRequest(hardState: HardState(), log: log)
    #expect(request == nil)
    #expect(ledger.stableIndex == 1)
  }

  @Test func severalTruncationsBecomeOne() throws {
    var ledger = PersistenceLedger(hardState: HardState(), lastIndex: 5)
    var log = RaftLog(entries: makeLog([1, 1, 1, 1, 1]))
    for index in [4, 2, 3] as [LogIndex] {
      log.truncate(from: index)
      ledger.truncated(from: index)
      log.append(LogEntry(index: log.lastIndex + 1, term: 2, payload: .empty))
    }
    let next = ledger.nextRequest(hardState: HardState(), log: log)
    let request = try #require(next)
    #expect(request.truncateFrom == 2)
    #expect(request.entries.map(\.index) == [2, 3])
    #expect(ledger.stableIndex == 1)
  }

  @Test func aRestartContinuesFromTheDisk() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 1...5 as ClosedRange<UInt8> {
      try cluster.propose(1, [byte])
      cluster.settle()
    }
    cluster.restart(2, applied: 3)
    cluster.run(ticks: 5)
    #expect(cluster[2].applied.map(\.index) == [4, 5, 6])
    #expect(cluster[2].raft.term == 1)
    #expect(cluster.leaders == [1])
  }

  @Test func aDamagedLogIsReported() {
    let gap = makeRaft(1, of: 3, terms: [1, 2, 1])
    #expect(gap.violation?.contains("after index 2") == true)
    let short = makeRaft(1, of: 3, terms: [1], hardState: HardState(term: 1, commit: 7))
    #expect(short.violation != nil)
    #expect(short.commitIndex == 1)
    #expect(makeRaft(1, of: 3, terms: [1], applied: 2).violation != nil)
    #expect(makeRaft(1, of: 3, terms: [1], applied: 1).violation == nil)
  }
}
