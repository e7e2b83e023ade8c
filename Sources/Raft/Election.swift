// Elections: PreVote, votes and the changes of role. Votes leave when they are durable: Persistence.

internal import PlantedBugs

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

  /// Who refused because it heard its leader has learned that the leader is gone.
  mutating func grantLater(_ replica: ReplicaID) {
    refused.removeAll { $0 == replica }
    record(replica, granted: true)
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
    guard canCampaign else {
      resetElectionTimer()
      return
    }
    currentRole = .preCandidate
    knownLeader = nil
    acknowledgment = nil
    heldVotes = []
    tally = VoteTally()
    tally.record(id, granted: true)
    campaigns += 1
    resetElectionTimer()
    for voter in membership.allVoters where voter != id {
      send(
        .preVote(lastIndex: lastIndex, lastTerm: lastTerm), to: voter, term: currentTerm + 1)
    }
    decidePreVote()
  }

  /// Enters a new term and asks for votes. The own vote counts when it is durable.
  mutating func startElection(isTransfer: Bool) {
    guard canCampaign else { return }
    enter(term: currentTerm + 1)
    vote = id
    currentRole = .candidate
    tally = VoteTally()
    for voter in membership.allVoters where voter != id {
      hold(
        .vote(
          lastIndex: lastIndex, lastTerm: lastTerm, transfer: isTransfer, nonce: confirmation.nonce),
        to: voter)
    }
  }

  /// A replica that is no voter never campaigns, nor does one whose past is in question. One that the last entries
  /// remove, not known to be committed, still may: it can be the only one whose log is long enough (dissertation, 4.2.2).
  /// So may one that was a voter for a while after its commit index.
  private var canCampaign: Bool {
    let isVoter = log.memberships(from: heardCommit).contains { $0.isVoter(id) }
    return (isVoter || isPlanted(.removedNodeWins)) && isConfirmed && reachesFloor(log.end)
  }

  private var campaignOutcome: Quorum.Outcome {
    if isPlanted(.removedNodeWins), !membership.isVoter(id),
      tally.granted.count > log.quorum.incoming.count / 2
    {
      return .won
    }
    return log.quorum.outcome(tally.answer(of:))
  }

  private mutating func decidePreVote() {
    guard role == .preCandidate else { return }
    switch campaignOutcome {
    case .won: startElection(isTransfer: false)
    case .lost: becomeFollower(term: term, leader: nil)
    case .pending: break
    }
  }

  /// Counts the answers of a candidate. Also called when its own vote has become durable.
  mutating func decideElection() {
    guard role == .candidate else { return }
    switch campaignOutcome {
    case .won: becomeLeader()
    case .lost: becomeFollower(term: term, leader: nil)
    case .pending: break
    }
  }

  mutating func countPreVote(_ message: Message, granted: Bool) {
    guard role == .preCandidate, message.term == (granted ? term + 1 : term) else { return }
    if granted { tally.grantLater(message.from) } else { tally.record(message.from, granted: false) }
    decidePreVote()
  }

  mutating func countVote(from voter: ReplicaID, granted: Bool, nonce: UInt64) {
    guard role == .candidate, nonce == confirmation.nonce || nonce == 0 else { return }
    tally.record(voter, granted: granted)
    decideElection()
  }
}

// MARK: - Voting

extension Raft {
  /// A leader was heard from within the shortest election timeout: elections would only disturb.
  var hasLiveLeader: Bool {
    knownLeader != nil && electionElapsed < configuration.electionTicks && !isPlanted(.skipPreVoteLease)
  }

  mutating func answerPreVote(_ message: Message, lastIndex: LogIndex, lastTerm: Term) {
    if configuration.quiet, role == .leader, let position = position(of: message.from) {
      // It does not know its leader; a quiet one would not say.
      peers[position].owesHeartbeat = true
    }
    let couldVote = message.term > term || vote == message.from || (vote == nil && leader == nil)
    let isGranted =
      couldVote && !hasLiveLeader && acceptsLog(lastIndex: lastIndex, lastTerm: lastTerm)
    if isGranted, isHinted {
      // Somebody else acts on the hint: let them finish.
      electionElapsed = 0
    }
    let isEarly = couldVote && hasLiveLeader && role == .follower
    earlyPreVote = isEarly && acceptsLog(lastIndex: lastIndex, lastTerm: lastTerm) ? message : nil
    send(
      .preVoteReply(granted: isGranted), to: message.from,
      term: isGranted ? message.term : currentTerm)
  }

  /// Only reached in the current term: a newer one was entered before.
  mutating func answerVote(
    _ message: Message, lastIndex: LogIndex, lastTerm: Term, nonce: UInt64
  ) {
    let canVote =
      vote == message.from || (vote == nil && (leader == nil || isPlanted(.skipPreVoteLease)))
    guard canVote, acceptsLog(lastIndex: lastIndex, lastTerm: lastTerm) else {
      send(.voteReply(granted: false, nonce: nonce), to: message.from)
      return
    }
    if role == .preCandidate {
      becomeFollower(term: term, leader: nil)
    }
    vote = message.from
    electionElapsed = 0
    hold(.voteReply(granted: true, nonce: nonce), to: message.from)
  }

  /// Whether a log that ends like this may lead, as far as this replica knows and may say.
  private func acceptsLog(lastIndex: LogIndex, lastTerm: Term) -> Bool {
    isConfirmed && log.isUpToDate(lastIndex: lastIndex, lastTerm: lastTerm)
      && reachesFloor(LogPosition(term: lastTerm, index: lastIndex))
  }
}

// MARK: - Roles

extension Raft {
  mutating func becomeFollower(term: Term, leader: ReplicaID?) {
    if leader != nil { campaigns = 0 }
    enter(term: term)
    currentRole = .follower
    knownLeader = leader
    isHinted = isHinted && leader == nil
  }

  private mutating func becomeLeader() {
    campaigns = 0
    enter(term: term)
    currentRole = .leader
    knownLeader = id
    heartbeatElapsed = 0
    handover = Handover()
    peers = []
    rebuildPeers(next: lastIndex + 1)
    uncommittedBytes = log.byteCount(after: commit)
    // Entries of earlier terms commit only together with one of this term (paper, 5.4.2).
    // The first entry of all says who the members are: those that join learn it from the log only.
    append(lastIndex == 0 ? .membership(membership) : .empty)
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
    earlyPreVote = nil
    if role == .leader {
      peers = []
      uncommittedBytes = 0
      transfer = nil
    }
    reads.failAll()
    knownLeader = nil
    resetElectionTimer()
  }

  /// So much later the others have had more than one turn.
  var reluctantTicks: Int { 3 * configuration.electionTicks }

  mutating func resetElectionTimer() {
    electionElapsed = 0
    electionTimeout = jitter.timeout(electionTicks: configuration.electionTicks, after: campaigns)
    // Voters that hold the state go first.
    if isWitness { electionTimeout += configuration.electionTicks }
    if isReluctant {
      electionTimeout += reluctantTicks
    } else if isHinted {
      electionTimeout = min(electionTimeout, hintRetryTicks)
    }
  }
}
