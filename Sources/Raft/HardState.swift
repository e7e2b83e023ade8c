// What a replica must remember through a restart besides its log. A pure value.

/// Term and vote must be on stable storage before anything that depends on them leaves. `commit`
/// is a hint that spares a restarted replica from waiting for its leader: it may be old.
public struct HardState: Equatable, Sendable {
  public var term: Term
  public var vote: ReplicaID?
  public var commit: LogIndex

  public init(term: Term = 0, vote: ReplicaID? = nil, commit: LogIndex = 0) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }
}

extension HardState: Codable {
  private enum CodingKeys: Int, CodingKey {
    case term = 0
    case vote = 1
    case commit = 2
  }
}
