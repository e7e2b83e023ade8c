// What waits for the disk: votes, acknowledgments, the leader's own share of a majority.

internal import PlantedBugs

extension Raft {
  /// Everything that was requested up to `token` is on stable storage.
  public mutating func persisted(upTo token: PersistToken) {
    ledger.persisted(upTo: token)
    if role == .candidate, isVoteDurable {
      tally.record(id, granted: true)
      decideElection()
    }
    advanceCommit()
  }

  private var isVoteDurable: Bool {
    ledger.isDurable(term: term, vote: vote)
  }

  /// The next write: hard state, truncation and entries since the last one. The commit hint never
  /// runs ahead of the stable log, so that a log shorter than the hint is a sign of lost data.
  mutating func nextPersistRequest() -> PersistRequest? {
    ledger.nextRequest(
      hardState: HardState(term: term, vote: vote, commit: min(commit, ledger.stableIndex), doubt: doubt),
      log: log)
  }

  /// Sends votes and requests for votes of this term once our vote is durable. Those of an older
  /// term were dropped when it ended.
  mutating func releaseVotes() {
    guard !heldVotes.isEmpty, isVoteDurable || isPlanted(.voteBeforePersisting) else { return }
    outbox.append(contentsOf: heldVotes)
    heldVotes = []
  }

  /// Acknowledges as much of the leader's log as is stable, once the term is, and nothing while this replica may have
  /// promised otherwise in an earlier life.
  mutating func releaseAcknowledgment() {
    let isHasty = isPlanted(.acknowledgeBeforeFsync)
    guard role == .follower, var owed = acknowledgment, !isInDoubt else { return }
    guard confirmation.kind != .restarted || confirmation.hasAnswer(of: owed.leader) else { return }
    guard ledger.durable.term == term || isHasty else { return }
    let match = isHasty ? owed.match : min(owed.match, ledger.stableIndex)
    guard match > owed.sent || (owed.isDue && match == owed.match) else { return }
    send(
      .appendReply(AppendReply(match: match, round: owed.round, checkpoint: checkpoint)), to: owed.leader)
    owed.sent = match
    owed.isDue = match < owed.match
    acknowledgment = owed
  }
}
