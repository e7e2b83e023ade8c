// What a replica's host wants to know of it, in one line each.

extension Raft {
  /// Whether a snapshot is being taken in that is still of use. One that commits have overtaken is asked for no more.
  package var isStagingSnapshot: Bool { staging.map { isInstalling || $0.id.index > commit } ?? false }

  /// Nothing of its past is in doubt any more, and its log on disk reaches what it may vote for.
  package var reachesVotingFloor: Bool { isConfirmed && reachesFloor(stableEnd) }
}
