// The follower's side of replication: taking entries and owing the leader an answer.

internal import PlantedBugs

/// What a follower owes the leader of its term. It leaves as its log becomes stable: Persistence.
struct Acknowledgment: Sendable {
  let leader: ReplicaID
  /// The log in memory is the leader's up to here.
  var match: LogIndex = 0
  /// The highest index that was acknowledged in this term.
  var sent: LogIndex = 0
  /// An append came that was not answered.
  var isDue = false
  /// The highest round seen.
  var round: UInt64 = 0

  mutating func owe(match index: LogIndex) {
    match = max(match, index)
    isDue = true
  }

  mutating func seen(round: UInt64) {
    self.round = max(self.round, round)
  }
}

extension Raft {
  mutating func handleAppend(_ append: Append, from replica: ReplicaID) {
    guard append.isWellFormed(in: term), follow(replica, round: append.round) else { return }
    // What is committed is the same everywhere; only what lies after it can differ.
    guard append.prevIndex <= commit || log.term(at: append.prevIndex) == append.prevTerm else {
      reject(append, from: replica)
      return
    }
    guard store(append.entries, from: replica) else { return }
    let last = append.prevIndex + LogIndex(append.entries.count)
    raiseCommit(to: min(append.commit, last))
    learnCompactable(append.compactable)
    acknowledgment?.owe(match: last)
  }

  mutating func handleHeartbeat(
    commit: LogIndex, round: UInt64, compactable: LogIndex, from replica: ReplicaID
  ) {
    guard follow(replica, round: round) else { return }
    if commit > lastIndex, confirmation.nonce != 0 {
      // What this replica had acknowledged in an earlier life is gone; the leader must not count on it.
      askForConfirmation(replica)
    } else if commit > lastIndex {
      report("\(replica) counts on our log up to \(commit), but it ends at \(lastIndex)")
    }
    // After a loss, what the leader believes to match may not: only what it has shown in this life does.
    let known = confirmation.wasDoubtful ? acknowledgment?.match ?? 0 : lastIndex
    raiseCommit(to: min(commit, known))
    learnCompactable(compactable)
    send(heartbeatReply(round: round), to: replica)
  }

  /// Accepts `replica` as the leader of the current term. False if there is another.
  mutating func follow(_ replica: ReplicaID, round: UInt64) -> Bool {
    guard role != .leader, leader == nil || leader == replica else {
      report("\(replica) leads term \(term), and so does \(leader ?? id)")
      return false
    }
    if role != .follower || leader == nil {
      becomeFollower(term: term, leader: replica)
    }
    electionElapsed = 0
    earlyPreVote = nil
    if acknowledgment?.leader != replica {
      acknowledgment = Acknowledgment(leader: replica)
      // It is acknowledged to once it has answered.
      if confirmation.kind == .restarted { confirmation.isDue = true }
    }
    acknowledgment?.seen(round: round)
    return true
  }

  private mutating func reject(_ append: Append, from replica: ReplicaID) {
    let hint = log.lastIndex(
      notAfter: append.prevIndex, termAtMost: append.prevTerm)
    let rejection = AppendReply.Rejection(
      index: append.prevIndex, hintIndex: hint, hintTerm: log.term(at: hint) ?? 0)
    send(
      .appendReply(
        AppendReply(
          match: 0, round: isInDoubt ? 0 : acknowledgment?.round ?? 0, rejection: rejection,
          checkpoint: checkpoint)),
      to: replica)
    if append.prevIndex > lastIndex, confirmation.nonce != 0 {
      askForConfirmation(replica)
    }
  }

  /// Appends what is new, after dropping what conflicts. False if that would drop what is committed.
  private mutating func store(_ entries: [LogEntry], from replica: ReplicaID) -> Bool {
    let known = entries.firstIndex {
      $0.index > log.base.index && log.term(at: $0.index) != $0.term
    }
    guard let known else { return true }
    let first = entries[known].index
    var forgotten: [LogEntry] = []
    if first <= lastIndex {
      guard first > commit else {
        report("\(replica) sent another entry for committed index \(first)")
        return false
      }
      if isPlanted(.forgetToTruncate), let last = entries.last?.index, last < lastIndex {
        forgotten = log.entries(in: last + 1...lastIndex)
      }
      log.truncate(from: first)
      ledger.truncated(from: first)
    }
    for entry in entries[known...] {
      log.append(entry)
    }
    for entry in forgotten {
      log.append(entry, whateverItsTerm: true)
    }
    return true
  }
}
