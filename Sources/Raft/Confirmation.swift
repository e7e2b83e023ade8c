// Who may vote after a start. What a replica may have promised in an earlier life and lost must not be promised again.
//
// A replica that is not confirmed neither votes, nor grants PreVote, nor campaigns. It asks all other members, at the
// start and every `heartbeatTicks`, until it is. Three things make an answer worth something: it names the nonce of this
// life; it leaves only when all that the answerer held in memory at the first question is on its disk; and its term is
// adopted, so that the replica's own term is at least every answerer's.
//
// Who is asked: the members, learners included, of the membership at the own commit index and of every later one in the
// log, and of those that the answers report in the same way. The latest voters would not do: a leader that has appended
// its own removal is none of them, and counts acknowledgments all the same. Whom a committed entry has removed counts
// nothing any more (Draining.swift), nor can it win: a majority holds an entry that was appended after it had gone.
//
// - restarted (the log is intact to its end, so nothing is missing): a majority with itself has answered, and no leader
//   has seen it acknowledge more than it held when it started. That is a guard against disks that lie; one that does is
//   doubtful. It acknowledges to a leader once that has answered, so that what the leader has seen until then is of an
//   earlier life. Where its log has it as a learner one answer is enough: it may have been made a voter meanwhile, and be
//   needed as one. A majority of the members that a longer log names is enough too: the voters of its own may be gone.
// - new (empty files, and one of the first voters): a majority with itself has answered, nobody with an entry or a term.
//   Otherwise it may have lost its disk: doubtful. A replica with an id of its own that joins (it is not among
//   `Configuration.voters`) has no past and is confirmed at once.
// - doubtful (the end of the log was cut: a torn write and a damaged last transaction look the same). It may have voted
//   in a term, and acknowledged entries, that it no longer knows of. So until it is confirmed it does not acknowledge
//   entries or echo read rounds either: it could do so for a leader that its lost vote deposed. It is confirmed by one of
//   1. *All* of those have answered. Whoever counted, or may still count, a lost vote is a candidate that had its term on
//      disk before it asked; whoever counted, or may still count, a lost acknowledgment is a leader that held the entry,
//      and has it on disk when it answers, also after a restart: it commits only what its own disk holds (Commit.swift).
//      Both are among the answerers, as nobody is missing. So the term adopted is at least that of any lost vote, and the
//      *floor*, the most up-to-date log among the answers, covers every lost acknowledgment. One that is no voter any
//      more, in any membership from its commit index on, reports that index as its end: it never counted beyond.
//      Every answer to this life's questions is sound by itself. So the floor is not frozen: while the own log on disk is
//      below it the questions go on, and the lowest answer of each counts. Otherwise the long log of a leader that has
//      been removed could be a floor that nobody ever reaches.
//   2. The leader has *covered* it: it appended an entry of its term t after the question, and a majority without this
//      replica holds that entry. Then no candidate of a term above t can win with a lost vote: it asked for that vote
//      before the question, so its log lacks the entry, and of any majority that elects it one member other than this
//      replica holds it, which either refuses, or had voted before and could not have taken the entry in term t. No
//      leader can commit with a lost acknowledgment what the entry's log lacks, for the same reason. The floor is the entry.
//   From then on it votes in no term that it knew of when it was confirmed, and only for logs that reach the floor; it
//   campaigns only with such a log. `HardState.doubt` lasts until its own log on disk reaches the floor.
// - A majority of the others is not enough to lift a doubt (with five voters: D votes for C in term 7 and loses that; A,
//   B and E answer before they hear of term 7; D votes for E in term 7, with B; A's vote and D's old one elect C).
// - One voter has nobody to ask and is confirmed at once; a doubtful one only if its log, from the commit index on, names
//   no other member. A group of one or two takes new voters only from its learners (MembershipProposals.swift), and a
//   learner's entry is committed before the voter's is appended. So a torn last write never hides the only other voter.
//   A damage that reaches further back can: one node promises P1 on one disk, and its growth is no exception.
//
// Votes name the life in which they were asked for, so that a candidate never counts what its earlier life, with another
// log, was granted. When a whole group restarts all ask each other and answer at once: confirmed or not does not matter.

internal import PlantedBugs

/// What the host found when it started a replica.
public enum StartKind: Equatable, Sendable {
  /// Empty files: it never ran before, or its disk is gone.
  case new
  /// The stored log is intact to its end.
  case restarted
  /// The end of the log was cut off, so something that was acknowledged may be missing.
  case doubtful
  /// The host vouches that nothing is missing: it may vote at once.
  case confirmed
}

/// What a replica has learned about its own past. A pure value.
struct Confirmation: Sendable {
  struct Answer: Sendable {
    let from: ReplicaID
    /// The newest.
    let term: Term
    let reply: ConfirmReply
    /// The lowest end of a log that it has reported: each answer is sound by itself.
    let end: LogPosition
  }

  /// Names this life. 0 if the host vouched for it.
  let nonce: UInt64
  /// What is in question; `confirmed` when nothing is any more.
  var kind: StartKind {
    didSet { wasDoubtful = wasDoubtful || kind == .doubtful }
  }
  /// In this life: what a leader knows of an earlier one's log does not hold for this log.
  private(set) var wasDoubtful: Bool
  /// The logs that it may vote for reach this.
  var floor: LogPosition?
  /// The floor is that of the answers, and falls with them until the own log reaches it.
  var isFloorOpen = false
  /// The end of the log that it started with.
  let lastIndexAtStart: LogIndex
  /// One of each that has answered.
  var answers: [Answer] = []
  var elapsed = 0
  var isDue = true

  init(kind: StartKind, nonce: UInt64, lastIndex: LogIndex) {
    self.kind = kind
    wasDoubtful = kind == .doubtful
    self.nonce = kind == .confirmed ? 0 : max(1, nonce)
    lastIndexAtStart = lastIndex
  }

  /// There is something left to ask.
  var isAsking: Bool { kind != .confirmed || isFloorOpen }

  mutating func record(_ reply: ConfirmReply, from replica: ReplicaID, term: Term) {
    let end = LogPosition(term: reply.lastTerm, index: reply.lastIndex)
    let lowest = answers.first { $0.from == replica }.map { min($0.end, end) } ?? end
    answers.removeAll { $0.from == replica }
    answers.append(Answer(from: replica, term: term, reply: reply, end: lowest))
  }

  func hasAnswer(of replica: ReplicaID) -> Bool {
    answers.contains { $0.from == replica }
  }
}

/// What an answerer remembers of a question, so that it answers for the log it held then, and covers it once.
struct Question: Sendable {
  let asker: ReplicaID
  let nonce: UInt64
  /// The end of the log in memory at the first question.
  let end: LogIndex
  /// At the leader: the entry appended for it.
  var cover: LogPosition?
}

// MARK: - Asking

extension Raft {
  /// Whether it may vote and campaign, as far as its past is concerned.
  public var isConfirmed: Bool {
    confirmation.kind == .confirmed || (isPlanted(.voteUnconfirmed) && confirmation.kind != .restarted)
  }

  /// After a doubtful start: the logs that it may vote for are at least this up to date.
  public var votingFloor: LogPosition? { confirmation.floor }

  /// Something promised in an earlier life may be missing: no promise at all until that is settled.
  package var isInDoubt: Bool {
    !isConfirmed && confirmation.kind != .restarted
  }

  /// What a restart has to know.
  var doubt: Doubt? {
    switch confirmation.kind {
    case .new: .new
    case .doubtful: .damaged
    case .restarted: nil
    case .confirmed:
      // Also while the state is ahead of the log: a start without a doubt would take that for a contradiction.
      confirmation.nonce != 0 && (!reachesFloor(stableEnd) || min(commit, stableEnd.index) < appliedAtStart)
        ? .damaged : nil
    }
  }

  /// The end of the log on disk.
  var stableEnd: LogPosition {
    let index = max(ledger.stableIndex, log.base.index)
    return LogPosition(term: log.term(at: index) ?? 0, index: index)
  }

  func reachesFloor(_ end: LogPosition) -> Bool {
    guard let floor = confirmation.floor, !isPlanted(.voteUnconfirmed) else { return true }
    return end >= floor
  }

  mutating func tickConfirmation() {
    guard confirmation.isAsking else { return }
    confirmation.elapsed += 1
    if confirmation.elapsed >= configuration.heartbeatTicks {
      confirmation.isDue = true
    }
  }

  mutating func askForConfirmation() {
    guard confirmation.isAsking, confirmation.isDue else { return }
    confirmation.isDue = false
    confirmation.elapsed = 0
    decideConfirmation()
    guard confirmation.isAsking else { return }
    let others = thoseToAsk
    for replica in others {
      askForConfirmation(replica)
    }
    if let leader, !others.contains(leader) { askForConfirmation(leader) }
  }

  /// Also tells a leader that counts on more than is here how far the log reaches.
  mutating func askForConfirmation(_ replica: ReplicaID) {
    send(
      .confirm(
        nonce: confirmation.nonce, lastIndex: lastIndex, isDoubtful: confirmation.kind == .doubtful),
      to: replica)
  }

  /// The members that its own log and the answers name, itself excepted. Ascending.
  private var thoseToAsk: [ReplicaID] {
    var all = Set(log.members(from: commit))
    for answer in confirmation.answers { all.formUnion(answer.reply.members) }
    all.remove(id)
    return all.sorted()
  }

  mutating func handleConfirmReply(_ reply: ConfirmReply, from replica: ReplicaID, term replyTerm: Term) {
    guard confirmation.isAsking, reply.nonce == confirmation.nonce else { return }
    // Only up to the first answer are a leader's acknowledgments all of earlier lives.
    if confirmation.kind == .restarted, !confirmation.hasAnswer(of: replica),
      reply.acknowledged > confirmation.lastIndexAtStart
    {
      confirmation.kind = .doubtful
    }
    confirmation.record(reply, from: replica, term: replyTerm)
    decideConfirmation()
  }

  private mutating func decideConfirmation() {
    let answers = confirmation.answers
    if confirmation.kind == .new, answers.contains(where: { $0.term > 0 || $0.reply.lastIndex > 0 }) {
      confirmation.kind = .doubtful
    }
    switch confirmation.kind {
    case .confirmed: followFloor()
    case .new, .restarted:
      // A learner by its own log may be a voter by another's, whose only other voter it is: one answer is enough.
      let isLearner = confirmation.kind == .restarted && !membership.isVoter(id) && !answers.isEmpty
      let isEnough = isLearner || log.quorum.isReached(by: { $0 == id || confirmation.hasAnswer(of: $0) })
      if isEnough || (confirmation.kind == .restarted && hasAnswersOfLaterMembers) {
        confirm(floor: nil)
      }
    case .doubtful:
      if let cover = coverByLeader {
        confirm(floor: cover)
      } else if !membership.allVoters.isEmpty, thoseToAsk.allSatisfy(confirmation.hasAnswer) {
        confirm(floor: floorOfAnswers, isOpen: true)
      }
    }
  }

  /// A log that reaches further may name other members: those whom its own names may be gone for good.
  private var hasAnswersOfLaterMembers: Bool {
    let end = LogPosition(term: lastTerm, index: lastIndex)
    return confirmation.answers.contains { answer in
      answer.end > end
        && Quorum(voters: answer.reply.members).isReached { $0 == id || confirmation.hasAnswer(of: $0) }
    }
  }

  /// The most up-to-date log among those who have to be asked.
  private var floorOfAnswers: LogPosition? {
    let asked = thoseToAsk
    return confirmation.answers.lazy.filter { asked.contains($0.from) }.map(\.end).max()
  }

  /// Confirmed by all answers: the floor falls with newer ones until the own log has reached it.
  private mutating func followFloor() {
    guard confirmation.isFloorOpen else { return }
    confirmation.floor = floorOfAnswers
    guard reachesFloor(stableEnd) else { return }
    confirmation.isFloorOpen = false
    confirmation.answers = []
  }

  private var coverByLeader: LogPosition? {
    guard let leader, let answer = confirmation.answers.first(where: { $0.from == leader }) else {
      return nil
    }
    guard answer.term == term, answer.reply.covered > 0 else { return nil }
    return LogPosition(term: term, index: answer.reply.covered)
  }

  private mutating func confirm(floor: LogPosition?, isOpen: Bool = false) {
    if confirmation.kind == .doubtful {
      confirmation.floor = floor
      confirmation.isFloorOpen = isOpen
      // It may have voted in this term already. Nobody counts a vote for itself: it is no candidate.
      vote = vote ?? id
    }
    confirmation.kind = .confirmed
    if isOpen {
      followFloor()
    } else {
      confirmation.answers = []
    }
    resetElectionTimer()
  }
}

// MARK: - Answering

extension Raft {
  private static let maxQuestions = 64

  /// Any replica answers in its own term, whatever the asker's: a question must not depose a leader.
  mutating func answerConfirm(
    from replica: ReplicaID, nonce: UInt64, lastIndex end: LogIndex, isDoubtful: Bool
  ) {
    let known = questions.first { $0.asker == replica && $0.nonce == nonce }
    var question = known ?? Question(asker: replica, nonce: nonce, end: lastIndex)
    let acknowledged = progress(of: replica)?.highest ?? 0
    if role == .leader, let position = position(of: replica) {
      peers[position].isDoubtful = isDoubtful
      if isDoubtful, known == nil {
        // Its last writes are gone, truncations among them: what lies before its end may be other entries.
        peers[position].lost(from: end)
      }
      peers[position].lost(after: end)
      peers[position].owesHeartbeat = true
      if isDoubtful, question.cover?.term != term {
        question.cover = LogPosition(term: term, index: append(.empty))
      }
    }
    questions.removeAll { $0.asker == replica }
    questions.append(question)
    if questions.count > Self.maxQuestions { questions.removeFirst() }
    guard ledger.stableIndex >= min(question.end, lastIndex), ledger.stableIndex >= log.base.index else {
      return
    }
    let end = endThatCounts
    send(
      .confirmReply(
        ConfirmReply(
          nonce: nonce, lastIndex: end.index, lastTerm: end.term, acknowledged: acknowledged,
          covered: covered(question), members: log.members(from: commit))),
      to: replica)
  }

  /// Nothing beyond this was, or will be, committed by counting acknowledgments here: the end of the log on disk, or the
  /// commit index of one that has been no voter since. If it led to its own removal, one step of the commit index took it
  /// there and ended its leadership, and no write tells of a part of that step; the host's state might.
  private var endThatCounts: LogPosition {
    guard role != .leader, !log.memberships(from: heardCommit).contains(where: { $0.isVoter(id) }) else {
      return stableEnd
    }
    let index = min(heardCommit, stableEnd.index)
    return LogPosition(term: log.term(at: index) ?? 0, index: index)
  }

  private func covered(_ question: Question) -> LogIndex {
    guard role == .leader, let cover = question.cover, cover.term == term else { return 0 }
    let held = log.quorum.reached { replica in
      if replica == question.asker { return 0 }
      return replica == id ? ledger.stableIndex : progress(of: replica)?.match ?? 0
    }
    return held >= cover.index ? cover.index : 0
  }
}
