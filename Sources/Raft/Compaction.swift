// Forgetting the beginning of the log.

extension Raft {
  /// Drops the log up to `index`: the host's state up to there is durable elsewhere, and its snapshots reach at least as
  /// far. What is not applied and written yet stays, and at a witness what a data voter may still need. The next drain
  /// has a write with the new base.
  public mutating func compact(to index: LogIndex) {
    var target = min(index, applied, commit, ledger.stableIndex)
    if isWitness { target = min(target, compactable) }
    guard target > log.base.index else { return }
    log.compact(to: target)
    ledger.compacted(to: log.base)
  }

  /// The host's state, read back from its disk, has the effects of all entries up to `index`: they are committed, which
  /// a restarted replica may not know yet. Nothing is concluded while something may be missing from the log.
  public mutating func restored(through index: LogIndex) {
    guard !isInDoubt, confirmation.floor == nil, index <= ledger.stableIndex else { return }
    let heard = heardCommit
    raiseCommit(to: index)
    heardCommit = heard
  }
}
