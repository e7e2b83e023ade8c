// Incoming messages: the rules about terms, then to the file of the subject.

extension Raft {
  /// Takes a message from a replica, a member of the own membership or not: a new replica knows of none yet, and an old
  /// one's may be out of date (dissertation, 4.1). Messages for others, or malformed, are ignored.
  public mutating func receive(_ message: Message) {
    guard message.to == id, message.from != id else { return }
    switch message.body {
    case .confirm(let nonce, let lastIndex, let isDoubtful):
      answerConfirm(from: message.from, nonce: nonce, lastIndex: lastIndex, isDoubtful: isDoubtful)
      return
    case .confirmReply(let reply):
      if message.term > term { becomeFollower(term: message.term, leader: nil) }
      handleConfirmReply(reply, from: message.from, term: message.term)
      return
    default: break
    }
    if message.term > term {
      guard enterTerm(of: message) else { return }
    } else if message.term < term {
      refuseOutdated(message)
      return
    }
    switch message.body {
    case .preVote(let lastIndex, let lastTerm):
      answerPreVote(message, lastIndex: lastIndex, lastTerm: lastTerm)
    case .preVoteReply(let granted):
      countPreVote(message, granted: granted)
    case .vote(let lastIndex, let lastTerm, _, let nonce):
      answerVote(message, lastIndex: lastIndex, lastTerm: lastTerm, nonce: nonce)
    case .voteReply(let granted, let nonce):
      countVote(from: message.from, granted: granted, nonce: nonce)
    case .append(let append):
      handleAppend(append, from: message.from)
    case .appendReply(let reply):
      handleAppendReply(reply, from: message.from)
    case .heartbeat(let commit, let round, let compactable):
      handleHeartbeat(commit: commit, round: round, compactable: compactable, from: message.from)
    case .heartbeatReply(let round, let checkpoint, let commit):
      handleHeartbeatReply(round: round, checkpoint: checkpoint, commit: commit, from: message.from)
    case .timeoutNow:
      handleTimeoutNow(from: message.from)
    case .snapshot(let chunk):
      handleSnapshot(chunk, from: message.from)
    case .snapshotReply(let reply):
      handleSnapshotReply(reply, from: message.from)
    case .confirm, .confirmReply: break
    }
  }

  /// A newer term makes a follower of everyone, except where that would disturb a live leader.
  /// False if the message must go no further.
  private mutating func enterTerm(of message: Message) -> Bool {
    switch message.body {
    case .preVote, .preVoteReply(granted: true):
      // These carry a term that does not exist yet.
      break
    case .vote(_, _, let isTransfer, _):
      if hasLiveLeader, !isTransfer { return false }
      becomeFollower(term: message.term, leader: nil)
    case .append, .heartbeat, .snapshot, .timeoutNow:
      becomeFollower(term: message.term, leader: message.from)
    case .preVoteReply, .voteReply, .appendReply, .heartbeatReply, .snapshotReply, .confirm, .confirmReply:
      becomeFollower(term: message.term, leader: nil)
    }
    return true
  }

  /// Requests of an older term get an answer in ours, so that their sender learns of it: a deposed
  /// leader steps down, and a replica whose higher term nobody follows can rejoin.
  private mutating func refuseOutdated(_ message: Message) {
    switch message.body {
    case .append, .heartbeat, .snapshot: send(.heartbeatReply(round: 0), to: message.from)
    case .preVote: send(.preVoteReply(granted: false), to: message.from)
    case .vote: send(.voteReply(granted: false), to: message.from)
    case .preVoteReply, .voteReply, .appendReply, .heartbeatReply, .snapshotReply, .timeoutNow, .confirm,
      .confirmReply:
      break
    }
  }

  /// Queues a message in the current term, or the one given.
  mutating func send(_ body: Body, to peer: ReplicaID, term: Term? = nil) {
    outbox.append(Message(from: id, to: peer, term: term ?? currentTerm, body: body))
  }

  /// Queues a vote or a request for one. It leaves when our own vote is durable.
  mutating func hold(_ body: Body, to peer: ReplicaID) {
    heldVotes.removeAll { $0.to == peer }
    heldVotes.append(Message(from: id, to: peer, term: currentTerm, body: body))
  }

  /// Records the first contradiction; later ones follow from it.
  mutating func report(_ text: String) {
    violation = violation ?? text
  }
}
