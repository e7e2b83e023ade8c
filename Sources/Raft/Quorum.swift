// Majorities, of one set of voters or of the two of a joint membership. A pure value.

internal import PlantedBugs

/// The voters and what a majority of them has. While joint, both sets must agree (dissertation, 4.3).
package struct Quorum: Equatable, Sendable {
  package enum Outcome: Equatable, Sendable {
    case won
    case lost
    case pending
  }

  /// The voters, or the incoming ones while joint. Ascending, without duplicates.
  package let incoming: [ReplicaID]
  /// The outgoing voters while joint, else empty.
  package let outgoing: [ReplicaID]

  package init(voters: [ReplicaID]) {
    incoming = Set(voters).sorted()
    outgoing = []
  }

  /// Both lists ascending and without duplicates.
  package init(incoming: [ReplicaID], outgoing: [ReplicaID]) {
    self.incoming = incoming
    self.outgoing = isPlanted(.singleMajorityWhenJoint) ? [] : outgoing
  }

  /// Whether a majority satisfies `predicate`. Without voters, never.
  package func isReached(by predicate: (ReplicaID) -> Bool) -> Bool {
    Self.isReached(incoming, by: predicate) && (outgoing.isEmpty || Self.isReached(outgoing, by: predicate))
  }

  /// The highest value that a majority has reached. Without voters, 0.
  package func reached(_ value: (ReplicaID) -> UInt64) -> UInt64 {
    let first = Self.reached(incoming, value)
    return outgoing.isEmpty ? first : min(first, Self.reached(outgoing, value))
  }

  /// What an election came to: `vote` says yes, no or not yet.
  package func outcome(_ vote: (ReplicaID) -> Bool?) -> Outcome {
    if isReached(by: { vote($0) == true }) { return .won }
    return isReached(by: { vote($0) != false }) ? .pending : .lost
  }

  private static func majority(_ voters: [ReplicaID]) -> Int { voters.count / 2 + 1 }

  private static func isReached(_ voters: [ReplicaID], by predicate: (ReplicaID) -> Bool) -> Bool {
    !voters.isEmpty && voters.count(where: predicate) >= majority(voters)
  }

  private static func reached(_ voters: [ReplicaID], _ value: (ReplicaID) -> UInt64) -> UInt64 {
    guard !voters.isEmpty else { return 0 }
    return voters.map(value).sorted(by: >)[majority(voters) - 1]
  }
}
