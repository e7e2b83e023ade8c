// Bugs that the simulator must find, switched on by name in builds for that purpose only. Imports nothing else.
#if PLANTED_BUGS
  #if canImport(Glibc)
    private import Glibc
  #else
    private import Darwin
  #endif
#endif

/// A mistake in consensus, the store, the partition host or the domain that breaks a promise.
///
/// The code that holds one asks `isPlanted`; without the compilation condition `PLANTED_BUGS` the answer is a constant
/// and the mistake is not in the program at all.
package enum PlantedBug: String, CaseIterable, Sendable {
  // Consensus.
  case voteBeforePersisting
  case acknowledgeBeforeFsync
  case countOlderTerm
  case skipPreVoteLease
  case acceptStaleSnapshot
  case forgetToTruncate
  case readFromDeposed
  case removedNodeWins
  case voteUnconfirmed
  case learnerCounts
  case singleMajorityWhenJoint
  case compactAboveCheckpoint
  case keepMembershipOnTruncate
  case changeTwiceAtOnce
  // The store.
  case ignoreChecksum
  case logSynchronousNormal
  case keepStateOnInstall
  // The partition host.
  case applyMessageTwice
  case loseOutbox
  case fireTimerEarly
  case fireTimerLate
  case reuseSessionSequence
  // Members and placement.
  case removeBeforeCaughtUp
  case placeTwoOnOneNode
  case letGoTooSoon
  // The domain.
  case offerToTwo
  case losePlaceInLine
}

#if PLANTED_BUGS
  /// The one that this process has: `PLANTED_BUG` in its environment.
  package let activePlantedBug = getenv("PLANTED_BUG").flatMap { PlantedBug(rawValue: String(cString: $0)) }

  package func isPlanted(_ bug: PlantedBug) -> Bool { bug == activePlantedBug }
  package var isAnyBugPlanted: Bool { activePlantedBug != nil }
#else
  @inline(__always) package func isPlanted(_ bug: PlantedBug) -> Bool { false }
  package var isAnyBugPlanted: Bool { false }
#endif
