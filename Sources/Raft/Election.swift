// Elections: PreVote, votes and the changes of role. Votes leave when they are durable: Persistence.

/// The answers to one campaign.
struct VoteTally: Sendable {
  private(set) var granted: [ReplicaID] = []
  private(set) var refused: [ReplicaID] = []

  /// A replica's first answer counts.
  mutating func record(_ replica: ReplicaID, granted isGranted: Bool) {
    guard answer(of: replica) == nil else { return }
    if isGranted {
      granted.append(replica)
    } else {
      refused.append(replica)
    }
  }

  func answer(of replica: ReplicaID) -> Bool? {
    if granted.contains(replica) { return true }
    return refused.contains(replica) ? false : nil
  }
}

// MARK: - Campaigning

extension Raft {
  /// Asks for an election now, as if the timeout had passed: for the first election of a new group
  /// and to place leaders. It does not depose a live leader; `transferLeadership` does.
  public mutating func campaign() {
    guard role != .leader else { return }
    startPreVote()
  }

  /// Asks whether an election could be won, in the next term but without entering it.
  mutating func startPreVote() {
    guard quorum.contains(id) else {
      resetElectionTimer()
      return
    }
    currentRole = .preCandidate
    knownLeader = nil
    acknowledgment = nil
    heldVotes = []
    tally = VoteTally()
    tally.record(id, granted: true)
    resetElectionTimer()
    for voter in quorum.voters where voter != id {
      send(
        .preVote(lastIndex: lastIndex, lastTerm: lastTerm), to: voter, term: currentTerm + 1)
    }
    decidePreVote()
  }

  /// Enters a new term and asks for votes. The own vote counts when it is durable.
  mutating func startElection(isTransfer: Bool) {
    guard quorum.contains(id) else { return }
    enter(term: currentTerm + 1)
    vote = id
    currentRole = .candidate
    tally = VoteTally()
    for voter in quorum.voters where voter != id {
      hold(
        .vote(lastIndex: lastIndex, lastTerm: lastTerm, transfer: isTransfer), to: voter)
    }
  }

  private mutating func decidePreVote() {
    guard role == .preCandidate else { return }
    switch quorum.outcome(tally.answer(of:)) {
    case .won: startElection(isTransfer: false)
    case .lost: becomeFollower(term: term, leader: nil)
    case .pending: break
    }
  }

  /// Counts the answers of a candidate. Also called when its own vote has become durable.
  mutating func decideElection() {
    guard role == .candidate else { return }
    switch quorum.outcome(tally.answer(of:)) {
    case .won: becomeLeader()
    case .lost: becomeFollower(term: term, leader: nil)
    case .pending: break
    }
  }

  mutating func countPreVote(_ message: Message, granted: Bool) {
    guard role == .preCandidate, message.term == (granted ? term + 1 : term) else { return }
    tally.record(message.from, granted: granted)
    decidePreVote()
  }

  mutating func countVote(from voter: ReplicaID, granted: Bool) {
    guard role == .candidate else { return }
    tally.record(voter, granted: granted)
    decideElection()
  }
}

// MARK: - Voting

extension Raft {
  /// A leader was heard from within the shortest election timeout: elections would only disturb.
  var hasLiveLeader: Bool {
    knownLeader != nil && electionElapsed < configuration.electionTicks
  }

  mutating func answerPreVote(_ message: Message, lastIndex: LogIndex, lastTerm: Term) {
    let couldVote = message.term > term || vote == message.from || (vote == nil && leader == nil)
    let isGranted =
      couldVote && !hasLiveLeader && log.isUpToDate(lastIndex: lastIndex, lastTerm: lastTerm)
    if isGranted, isHinted {
      // Somebody else acts on the hint: let them finish.
      electionElapsed = 0
    }
    send(
      .preVoteReply(granted: isGranted), to: message.from,
      term: isGranted ? message.term : currentTerm)
  }

  /// Only reached in the current term: a newer one was entered before.
  mutating func answerVote(
    _ message: Message, lastIndex: LogIndex, lastTerm: Term
  ) {
    let canVote = vote == message.from || (vote == nil && leader == nil)
    guard canVote, log.isUpToDate(lastIndex: lastIndex, lastTerm: lastTerm) else {
      send(.voteReply(granted: false), to: message.from)
      return
    }
    if role == .preCandidate {
      becomeFollower(term: term, leader: nil)
    }
    vote = message.from
    electionElapsed = 0
    hold(.voteReply(granted: true), to: message.from)
  }
}

// MARK: - Roles

extension Raft {
  mutating func becomeFollower(term: Term, leader: ReplicaID?) {
    enter(term: term)
    currentRole = .follower
    knownLeader = leader
    isHinted = isHinted && leader == nil
  }

  private mutating func becomeLeader() {
    enter(term: term)
    currentRole = .leader
    knownLeader = id
    heartbeatElapsed = 0
    let shortest = configuration.heartbeatTicks
    let patience = shortest...max(shortest, configuration.electionTicks)
    peers = quorum.voters.filter { $0 != id }.map {
      Progress(id: $0, next: lastIndex + 1, patience: patience)
    }
    uncommittedBytes = log.byteCount(after: commit)
    // Entries of earlier terms commit only together with one of this term (paper, 5.4.2).
    append(.empty)
  }

  /// Forgets what belonged to the role, and the vote if the term is a new one.
  private mutating func enter(term: Term) {
    if term != currentTerm {
      currentTerm = term
      vote = nil
      acknowledgment = nil
      isHinted = false
    }
    heldVotes = []
    if role == .leader {
      peers = []
      uncommittedBytes = 0
      transfer = nil
    }
    reads.failAll()
    knownLeader = nil
    resetElectionTimer()
  }

  mutating func resetElectionTimer() {
    electionElapsed = 0
    electionTimeout = jitter.timeout(electionTicks: configuration.electionTicks)
    if isHinted {
      electionTimeout = min(electionTimeout, hintRetryTicks)
    }
  }
}
