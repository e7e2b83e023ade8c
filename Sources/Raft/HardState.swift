// What a replica must remember through a restart besides its log. A pure value.

/// Term and vote must be on stable storage before anything that depends on them leaves. `commit` may be old, and is
/// never more than was committed: it spares a restarted replica from waiting for its leader, and says from which
/// membership on a damaged one has to ask about its past.
public struct HardState: Equatable, Sendable {
  public var term: Term
  public var vote: ReplicaID?
  public var commit: LogIndex
  /// Not nil while something that this replica had acknowledged may be missing from its log: a restart goes on from
  /// there, however intact the files look by then. See Confirmation.swift.
  public var doubt: Doubt?

  public init(term: Term = 0, vote: ReplicaID? = nil, commit: LogIndex = 0, doubt: Doubt? = nil) {
    self.term = term
    self.vote = vote
    self.commit = commit
    self.doubt = doubt
  }
}

/// What a replica does not know about its own past.
public enum Doubt: UInt8, Codable, Sendable {
  /// It started with empty files and nobody has confirmed that it is new.
  case new = 1
  /// The end of its log was lost.
  case damaged = 2
}

extension HardState: Codable {
  private enum CodingKeys: Int, CodingKey {
    case term = 0
    case vote = 1
    case commit = 2
    case doubt = 3
  }
}
