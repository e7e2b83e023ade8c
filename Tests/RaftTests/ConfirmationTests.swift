// Who may vote after a start: each rule, and the cases that show why it is there.

import Raft
import Testing

@Suite struct ConfirmationTests {
  static let id = TestCluster.replica

  /// A replica with a log on disk, started anew.
  static func restarted(
    _ number: Int, of count: Int, terms: [Term], start: StartKind, hardState: HardState? = nil
  ) -> Raft {
    Raft(
      configuration: TestCluster.configuration(number, of: count),
      hardState: hardState ?? HardState(term: terms.last ?? 0), log: makeLog(terms), start: start)
  }

  static func nonce(_ actions: [Action]) -> UInt64? {
    actions.messages.compactMap { if case .confirm(let nonce, _, _) = $0.body { nonce } else { nil } }.first
  }

  static func reply(
    _ nonce: UInt64, _ lastIndex: LogIndex, _ lastTerm: Term, acknowledged: LogIndex = 0,
    covered: LogIndex = 0,
    voters: [Int] = []
  ) -> Body {
    .confirmReply(
      ConfirmReply(
        nonce: nonce, lastIndex: lastIndex, lastTerm: lastTerm, acknowledged: acknowledged, covered: covered,
        members: voters.map(id)))
  }

  @Test func anUnconfirmedReplicaDoesNotVoteNorCampaign() throws {
    for kind in [StartKind.new, .restarted, .doubtful] {
      var raft = Self.restarted(1, of: 3, terms: [], start: kind, hardState: HardState(term: 1))
      _ = raft.drainWriting()
      #expect(!raft.isConfirmed)
      raft.receive(message(2, 1, term: 2, .preVote(lastIndex: 9, lastTerm: 1)))
      raft.receive(message(2, 1, term: 2, .vote(lastIndex: 9, lastTerm: 1, transfer: true)))
      let bodies = raft.drainWriting().messages.map(\.body)
      #expect(bodies.contains(.preVoteReply(granted: false)) && bodies.contains(.voteReply(granted: false)))
      for _ in 0..<50 { raft.tick() }
      raft.campaign()
      #expect(raft.role == .follower && raft.term == 2)
    }
  }

  @Test func restartedWithAMajority() throws {
    var raft = Self.restarted(1, of: 5, terms: [1, 1], start: .restarted)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, Self.reply(nonce &+ 1, 0, 0)))
    raft.receive(message(3, 1, term: 1, Self.reply(nonce, 9, 1)))
    #expect(!raft.isConfirmed, "an answer to an earlier life does not count")
    raft.receive(message(2, 1, term: 1, Self.reply(nonce, 0, 0)))
    #expect(raft.isConfirmed && raft.votingFloor == nil)
  }

  @Test func restartedWithoutWhatItAcknowledgedIsDoubtful() throws {
    var raft = Self.restarted(1, of: 3, terms: [1, 1], start: .restarted)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, Self.reply(nonce, 4, 1, acknowledged: 4)))
    #expect(!raft.isConfirmed)
    let write = try #require(raft.drain().writes.first)
    #expect(write.hardState?.doubt == .damaged, "the next start knows")
    raft.receive(message(3, 1, term: 1, Self.reply(nonce, 2, 1)))
    #expect(raft.isConfirmed && raft.votingFloor == LogPosition(term: 1, index: 4))
  }

  @Test func newWithAMajorityOfNewOnes() throws {
    var raft = Self.restarted(1, of: 3, terms: [], start: .new)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(3, 1, term: 0, Self.reply(nonce, 0, 0)))
    #expect(raft.isConfirmed && raft.votingFloor == nil)
    // A lost disk looks like a new one until somebody knows better.
    var wiped = Self.restarted(1, of: 3, terms: [], start: .new)
    let other = try #require(Self.nonce(wiped.drainWriting()))
    wiped.receive(message(3, 1, term: 2, Self.reply(other, 5, 2)))
    #expect(!wiped.isConfirmed)
    wiped.receive(message(2, 1, term: 2, Self.reply(other, 3, 1)))
    #expect(wiped.isConfirmed && wiped.votingFloor == LogPosition(term: 2, index: 5))
  }

  @Test func aGroupOfNewReplicasStartsWithAMajority() {
    var cluster = TestCluster(3, start: .new)
    cluster[3].isIsolated = true
    cluster.run(ticks: 60)
    #expect(cluster.leaders.count == 1)
    cluster[3].isIsolated = false
    cluster.run(ticks: 20)
    #expect(cluster.nodes.allSatisfy { $0.raft.isConfirmed && $0.disk.hardState.doubt == nil })
  }

  @Test func aWholeGroupThatRestartsConfirmsItself() throws {
    var cluster = TestCluster(3, start: .new)
    cluster.run(ticks: 60)
    let leader = try #require(cluster.leaders.first)
    try cluster.propose(leader, [5])
    cluster.settle()
    for number in 1...3 { cluster.restart(number, start: .restarted) }
    #expect(cluster.nodes.allSatisfy { !$0.raft.isConfirmed })
    cluster.run(ticks: 60)
    #expect(cluster.leaders.count == 1 && cluster.nodes.allSatisfy { $0.commands == [[5]] })
  }

  @Test func oneVoterIsConfirmedAtOnce() {
    for kind in [StartKind.new, .restarted, .doubtful] {
      #expect(Self.restarted(1, of: 1, terms: [], start: kind).isConfirmed)
    }
  }

  @Test func aDoubtfulReplicaNeedsAllOthersAndThenKeepsAFloor() throws {
    var raft = Self.restarted(1, of: 5, terms: [1], start: .doubtful)
    let first = raft.drainWriting()
    let nonce = try #require(Self.nonce(first))
    #expect(first.writes.first?.hardState?.doubt == .damaged, "before anything else")
    for number in 2...4 { raft.receive(message(number, 1, term: 3, Self.reply(nonce, 4, 2))) }
    #expect(
      !raft.isConfirmed, "the fifth may hold a vote that was lost here: a majority of others is not enough")
    raft.receive(message(5, 1, term: 3, Self.reply(nonce, 3, 3)))
    #expect(raft.isConfirmed && raft.votingFloor == LogPosition(term: 3, index: 3))
    _ = raft.drainWriting()
    // It may have voted in term 3 already, and it holds nobody below the floor fit to lead.
    raft.receive(message(2, 1, term: 3, .vote(lastIndex: 9, lastTerm: 3, transfer: false)))
    raft.receive(message(2, 1, term: 4, .vote(lastIndex: 9, lastTerm: 2, transfer: false)))
    raft.receive(message(3, 1, term: 5, .vote(lastIndex: 3, lastTerm: 3, transfer: false)))
    let votes = raft.drainWriting().messages.filter { if case .voteReply = $0.body { true } else { false } }
    #expect(
      votes.map(\.body) == [
        .voteReply(granted: false), .voteReply(granted: false), .voteReply(granted: true),
      ])
    for _ in 0..<50 { raft.tick() }
    #expect(raft.role == .follower, "its own log is below the floor")
  }

  @Test func theDoubtOutlivesRestartsUntilTheLogReachesTheFloor() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 1...4 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster[3].disk.entries.removeLast(2)
    cluster.restart(3, start: .doubtful)
    #expect(cluster[3].raft.violation == nil)
    cluster[2].isIsolated = true
    cluster.run(ticks: 3)
    cluster.restart(3, start: .restarted)
    #expect(!cluster[3].raft.isConfirmed)
    #expect(
      cluster[3].disk.hardState.doubt == .damaged, "files look intact now; the doubt is in the hard state")
    cluster[2].isIsolated = false
    cluster.run(ticks: 12)
    #expect(cluster[3].raft.isConfirmed)
    try cluster.propose(1, [5])
    cluster.run(ticks: 5)
    #expect(cluster[3].disk.hardState.doubt == nil)
    #expect(cluster[3].commands == [[1], [2], [3], [4], [5]])
  }

  /// Its lost vote may have deposed this leader already.
  @Test func aDoubtfulReplicaAcknowledgesNothingAndEchoesNoRound() throws {
    var raft = Self.restarted(2, of: 3, terms: [1], start: .doubtful)
    _ = raft.drainWriting()
    let entry = LogEntry(index: 2, term: 1, payload: .empty)
    raft.receive(
      message(
        1, 2, term: 1, .append(Append(prevIndex: 1, prevTerm: 1, commit: 0, round: 4, entries: [entry]))))
    raft.receive(message(1, 2, term: 1, .heartbeat(commit: 0, round: 4)))
    let actions = raft.drainWriting()
    #expect(actions.writes.contains { $0.entries == [entry] }, "it follows and persists")
    #expect(actions.messages.map(\.body) == [.heartbeatReply(round: 0)])
  }

  /// With one of five dead, all others can never answer; a leader's entry on a majority of others does as well.
  @Test func aLeaderCoversWhoCannotAskEverybody() throws {
    var cluster = TestCluster(5)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[5].isIsolated = true
    cluster[4].disk.entries = []
    cluster.restart(4, start: .doubtful)
    cluster.run(ticks: 12)
    #expect(cluster[4].raft.isConfirmed)
    #expect(
      cluster[4].raft.votingFloor == LogPosition(term: 1, index: 2),
      "the entry that the leader appended for it")
    #expect(cluster[4].raft.lastIndex == 2 && cluster.leaders == [1])
  }

  @Test func aLeaderDoesNotCountTheAskerInItsCover() throws {
    var cluster = TestCluster(5)
    cluster.elect(1)
    cluster.run(ticks: 3)
    cluster[4].isIsolated = true
    cluster[5].isIsolated = true
    cluster[3].isDiskStalled = true
    cluster.restart(2, start: .doubtful)
    cluster.run(ticks: 8)
    #expect(!cluster[2].raft.isConfirmed)
  }

  @Test func aQuestionDoesNotDeposeALeaderAndLowersWhatItCountsOn() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster[1].raft.progress.first?.match == 2)
    cluster.network = []
    for term in [0, 1, 9] as [Term] {
      cluster.sent = []
      cluster.at(1) { $0.receive(message(2, 1, term: term, .confirm(nonce: 77, lastIndex: 1))) }
      #expect(cluster[1].raft.role == .leader && cluster[1].raft.term == 1)
      #expect(cluster[1].raft.progress.first?.match == 1)
      let answer = ConfirmReply(
        nonce: 77, lastIndex: 2, lastTerm: 1, acknowledged: 2, members: [1, 2, 3].map(Self.id))
      #expect(
        cluster.sent.first { if case .confirmReply = $0.body { true } else { false } }?.body
          == .confirmReply(answer))
    }
  }

  @Test func anAnswerWaitsForTheDisk() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isDiskStalled = true
    try cluster.propose(1, [1])
    cluster.sent = []
    func answers() -> Int { cluster.sent.count { if case .confirmReply = $0.body { true } else { false } } }
    cluster.at(1) { $0.receive(message(3, 1, term: 0, .confirm(nonce: 5, lastIndex: 0))) }
    #expect(answers() == 0, "the asker may have acknowledged entry 2")
    cluster[1].isDiskStalled = false
    cluster.settle()
    cluster.at(1) { $0.receive(message(3, 1, term: 0, .confirm(nonce: 5, lastIndex: 0))) }
    #expect(answers() == 1)
  }

  @Test func votesForAnEarlierLifeDoNotCount() throws {
    var raft = Self.restarted(1, of: 3, terms: [1], start: .restarted)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, Self.reply(nonce, 1, 1)))
    raft.campaign()
    raft.receive(message(2, 1, term: 2, .preVoteReply(granted: true)))
    _ = raft.drainWriting()
    #expect(raft.role == .candidate)
    raft.receive(message(3, 1, term: 2, .voteReply(granted: true, nonce: nonce &+ 1)))
    #expect(raft.role == .candidate)
    raft.receive(message(3, 1, term: 2, .voteReply(granted: true, nonce: nonce)))
    #expect(raft.role == .leader)
  }

  @Test func answersNameVotersThatMustAnswerToo() throws {
    var raft = Self.restarted(1, of: 2, terms: [1], start: .doubtful)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, Self.reply(nonce, 3, 1, voters: [1, 2, 4])))
    #expect(!raft.isConfirmed, "4 joined by an entry that was lost here")
    for _ in 0..<TestCluster.heartbeatTicks { raft.tick() }
    #expect(raft.drain().messages.map(\.to).contains(Self.id(4)))
    raft.receive(message(4, 1, term: 1, Self.reply(nonce, 5, 1)))
    #expect(raft.isConfirmed && raft.votingFloor?.index == 5)
  }

  @Test func aStateAheadOfADamagedLogIsKept() {
    var raft = Raft(
      configuration: TestCluster.configuration(3, of: 3), hardState: HardState(term: 1), log: makeLog([1]),
      applied: 4,
      start: .doubtful)
    let chunk = SnapshotChunk(
      id: SnapshotID(index: 3, term: 1), membership: raft.membership, offset: 0, bytes: [1], isLast: true)
    raft.receive(message(1, 3, term: 1, .snapshot(chunk)))
    let actions = raft.drainWriting()
    #expect(raft.base.index == 3 && raft.appliedIndex == 4)
    #expect(!actions.contains { if case .storeSnapshot = $0 { true } else { false } }, "the state is newer")
    #expect(raft.checkInvariants() == nil)
  }

  /// Found by the simulation: the lost write was a truncation, so old entries are back below what was acknowledged.
  @Test func aLostTruncationDoesNotPassForAMatch() throws {
    var raft = Self.restarted(2, of: 3, terms: [1, 1, 1], start: .doubtful, hardState: HardState(term: 2))
    _ = raft.drainWriting()
    // The leader counts on the log of the earlier life, whose entry 2 was another.
    raft.receive(message(3, 2, term: 2, .heartbeat(commit: 2, round: 0)))
    #expect(raft.commitIndex == 0)
    let entries = [LogEntry(index: 2, term: 2, payload: .empty)]
    raft.receive(
      message(
        3, 2, term: 2, .append(Append(prevIndex: 1, prevTerm: 1, commit: 2, round: 0, entries: entries))))
    #expect(raft.commitIndex == 2 && raft.term(at: 2) == 2 && raft.violation == nil)
    // And the leader, once asked, takes nothing for granted.
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    cluster.at(1) { $0.receive(message(2, 1, term: 1, .confirm(nonce: 9, lastIndex: 2, isDoubtful: true))) }
    #expect(cluster[1].raft.progress.first?.match == 0)
  }

  /// Found by the simulation: whoever may not campaign must still notice that its leader is gone.
  @Test func aReplicaBelowItsFloorForgetsADeadLeader() throws {
    var raft = Self.restarted(1, of: 3, terms: [1], start: .doubtful)
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    raft.receive(message(2, 1, term: 1, .heartbeat(commit: 0, round: 0)))
    for number in 2...3 { raft.receive(message(number, 1, term: 1, Self.reply(nonce, 5, 1))) }
    for _ in 0..<40 { raft.tick() }
    #expect(raft.isConfirmed && raft.leader == nil && raft.role == .follower)
    raft.receive(message(3, 1, term: 2, .preVote(lastIndex: 5, lastTerm: 1)))
    #expect(raft.drainWriting().messages.map(\.body).contains(.preVoteReply(granted: true)))
  }

  /// Found by the simulation: a state ahead of its damaged log stays in doubt until the log has caught up.
  @Test func theDoubtLastsWhileTheStateIsAheadOfTheLog() throws {
    var raft = Raft(
      configuration: TestCluster.configuration(3, of: 3), hardState: HardState(term: 1), log: makeLog([1]),
      applied: 4,
      start: .doubtful)
    #expect(raft.commitIndex == 0, "the log below may hold other entries than those applied")
    let nonce = try #require(Self.nonce(raft.drainWriting()))
    for number in 1...2 { raft.receive(message(number, 3, term: 1, Self.reply(nonce, 1, 1))) }
    #expect(raft.isConfirmed)
    #expect(raft.drainWriting().writes.allSatisfy { $0.hardState?.doubt != nil || $0.hardState == nil })
    raft.receive(
      message(
        1, 3, term: 1,
        .append(Append(prevIndex: 0, prevTerm: 0, commit: 5, round: 0, entries: makeLog([1, 1, 1, 1, 1])))))
    let actions = raft.drainWriting()
    #expect(actions.applied.map(\.index) == [5])
    #expect(actions.writes.contains { $0.hardState != nil && $0.hardState?.doubt == nil })
  }
}
