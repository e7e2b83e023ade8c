// Majorities. A pure value; joint consensus will make it two sets that must both agree.

/// The voters and what a majority of them has.
package struct Quorum: Equatable, Sendable {
  package enum Outcome: Equatable, Sendable {
    case won
    case lost
    case pending
  }

  /// Ascending, without duplicates.
  package let voters: [ReplicaID]

  package init(voters: [ReplicaID]) {
    self.voters = Set(voters).sorted()
  }

  package var majority: Int { voters.count / 2 + 1 }

  package func contains(_ replica: ReplicaID) -> Bool {
    voters.contains(replica)
  }

  /// Whether a majority satisfies `predicate`. Without voters, never.
  package func isReached(by predicate: (ReplicaID) -> Bool) -> Bool {
    !voters.isEmpty && voters.count(where: predicate) >= majority
  }

  /// The highest value that a majority has reached. Without voters, 0.
  package func reached(_ value: (ReplicaID) -> UInt64) -> UInt64 {
    guard !voters.isEmpty else { return 0 }
    return voters.map(value).sorted(by: >)[majority - 1]
  }

  /// What an election came to: `vote` says yes, no or not yet.
  package func outcome(_ vote: (ReplicaID) -> Bool?) -> Outcome {
    if isReached(by: { vote($0) == true }) { return .won }
    let possible = voters.count { vote($0) != false }
    return possible >= majority && !voters.isEmpty ? .pending : .lost
  }
}
