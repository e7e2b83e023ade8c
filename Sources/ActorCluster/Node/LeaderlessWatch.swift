// When it is to be said that partitions have no leader: a pure value.

/// A failover takes a moment; what lasts longer is said once, and again when it is over.
package struct LeaderlessWatch: Sendable {
  package enum Words: Equatable, Sendable {
    /// So many partitions have had no leader for a while.
    case missing(Int)
    case over
  }

  /// Looks in a row after which it is said.
  private static let patience = 5

  private var looks = 0

  package init() {}

  /// - Parameter count: partitions without a leader that this node knows, looked at once a second.
  package mutating func look(_ count: Int) -> Words? {
    guard count > 0 else {
      defer { looks = 0 }
      return looks >= Self.patience ? .over : nil
    }
    looks = min(looks, Self.patience) + 1
    return looks == Self.patience ? .missing(count) : nil
  }
}
