// The commit rule, and handing committed entries out.

internal import PlantedBugs

extension Raft {
  /// Commits what a majority holds on stable storage, if it is of this term. Entries of earlier
  /// terms follow along; counting them would be wrong (paper, figure 8).
  ///
  /// Never what its own disk lacks, though followers alone may be a majority: one of them may have lost what it
  /// acknowledged, and asks this replica what it may have counted, after a restart too (Confirmation.swift).
  ///
  /// A voter that joins counts once it holds the entry that makes it one. Before, this disk may be the only one that says so:
  /// without it the joining replica, with what it was counted for, could not be elected.
  mutating func advanceCommit() {
    guard role == .leader else { return }
    let settled = log.membershipIndex > commit ? log.membership(at: commit) : nil
    let reached = log.quorum.reached { replica in
      if replica == id { return ledger.stableIndex }
      let match = progress(of: replica)?.match ?? 0
      if let settled, match < log.membershipIndex, !settled.isVoter(replica) { return 0 }
      return isPlanted(.learnerCounts) ? max(match, highestMatchOfLearners) : match
    }
    let index = min(reached, ledger.stableIndex)
    guard index > commit, log.term(at: index) == term || isPlanted(.countOlderTerm) else { return }
    raiseCommit(to: index)
  }

  mutating func raiseCommit(to index: LogIndex) {
    guard index > commit else { return }
    if role == .leader {
      uncommittedBytes -= log.byteCount(after: commit, through: index)
    }
    commit = index
    heardCommit = index
    advanceCompactable()
  }

  /// For a planted bug only.
  private var highestMatchOfLearners: LogIndex {
    membership.learners.lazy.compactMap { progress(of: $0)?.match }.max() ?? 0
  }

  /// Whether an entry of the leader's own term is committed. Until then it does not know which
  /// entries of its predecessors are.
  var hasCommittedInTerm: Bool {
    log.term(at: commit) == term
  }

  /// What is committed, stable here and not yet handed out.
  mutating func takeApplicable() -> [LogEntry] {
    let end = min(commit, ledger.stableIndex)
    guard end > applied, !isInstalling else { return [] }
    guard !isWitness else {
      applied = end
      return []
    }
    let entries = log.entries(in: applied + 1...end)
    applied = end
    return entries
  }
}
