// The names consensus uses: replicas, terms, indices and the tokens that tie an answer to its
// question. Pure values, standard library only.

/// One replica of one group.
///
/// It is not a node id: a node that lost its disk comes back under a new replica id, because the
/// old one's votes and acknowledgments are gone.
public struct ReplicaID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: ReplicaID, right: ReplicaID) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ReplicaID: CustomStringConvertible {
  public var description: String { "r\(rawValue)" }
}

/// Raft's logical clock: at most one leader per term. 0 is before the first election.
public typealias Term = UInt64

/// A position in the log. The first entry is 1; 0 means "none".
public typealias LogIndex = UInt64

/// Names one `PersistRequest`. Later requests have larger tokens.
public struct PersistToken: RawRepresentable, Hashable, Comparable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: PersistToken, right: PersistToken) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// Names one read that waits for leadership to be confirmed. Unique within one `Raft` value's life.
public struct ReadToken: RawRepresentable, Hashable, Comparable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: ReadToken, right: ReadToken) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What a replica is in its current term.
public enum Role: Equatable, Sendable {
  case follower
  /// Asks whether it could win, without raising its term.
  case preCandidate
  /// Asks for votes in a term of its own.
  case candidate
  case leader
}
