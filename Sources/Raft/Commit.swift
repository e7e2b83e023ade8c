// The commit rule, and handing committed entries out.

internal import PlantedBugs

extension Raft {
  /// Commits what a majority holds on stable storage, if it is of this term. Entries of earlier
  /// terms follow along; counting them would be wrong (paper, figure 8).
  mutating func advanceCommit() {
    guard role == .leader else { return }
    let index = countingQuorum.reached { replica in
      replica == id ? ledger.stableIndex : progress(of: replica)?.match ?? 0
    }
    guard index > commit, log.term(at: index) == term || isPlanted(.countOlderTerm) else { return }
    raiseCommit(to: index)
  }

  mutating func raiseCommit(to index: LogIndex) {
    guard index > commit else { return }
    if role == .leader {
      uncommittedBytes -= log.byteCount(after: commit, through: index)
    }
    commit = index
    advanceCompactable()
  }

  private var countingQuorum: Quorum {
    guard isPlanted(.learnerCounts), !membership.isJoint else { return log.quorum }
    return Quorum(voters: membership.members)
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
