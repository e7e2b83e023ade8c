// What replicas of one group say to each other. Pure values; the encoding of the whole is in
// MessageCoding.swift, who says what and when in the files named after the subject.

/// One message from one replica to another of the same group.
public struct Message: Equatable, Sendable {
  public let from: ReplicaID
  public let to: ReplicaID
  /// The sender's term, except that `preVote` and a granted `preVoteReply` carry the term the
  /// pre-candidate would campaign in.
  public let term: Term
  public let body: Body

  public init(from: ReplicaID, to: ReplicaID, term: Term, body: Body) {
    self.from = from
    self.to = to
    self.term = term
    self.body = body
  }
}

/// The kinds of message.
public enum Body: Equatable, Sendable {
  /// Would you vote for me? Changes nothing at the receiver (dissertation, 9.6).
  case preVote(lastIndex: LogIndex, lastTerm: Term)
  case preVoteReply(granted: Bool)
  /// `transfer`: the leader asked for this election, so a live leader is no reason to refuse.
  case vote(lastIndex: LogIndex, lastTerm: Term, transfer: Bool)
  case voteReply(granted: Bool)
  case append(Append)
  case appendReply(AppendReply)
  /// `commit` never exceeds what the leader knows the receiver to hold.
  case heartbeat(commit: LogIndex, round: UInt64)
  case heartbeatReply(round: UInt64)
  /// The leader asks the receiver to campaign at once (dissertation, 3.10).
  case timeoutNow
}

/// Entries that follow `prevIndex`, or none: then it only probes.
public struct Append: Equatable, Sendable {
  public let prevIndex: LogIndex
  public let prevTerm: Term
  /// The leader's commit index; it may lie beyond these entries.
  public let commit: LogIndex
  /// The leader's current confirmation round, to be echoed.
  public let round: UInt64
  public let entries: [LogEntry]

  public init(
    prevIndex: LogIndex, prevTerm: Term, commit: LogIndex, round: UInt64, entries: [LogEntry]
  ) {
    self.prevIndex = prevIndex
    self.prevTerm = prevTerm
    self.commit = commit
    self.round = round
    self.entries = entries
  }

  /// Whether the entries follow each other and no term exceeds `term`, the sender's.
  func isWellFormed(in term: Term) -> Bool {
    guard prevTerm <= term, prevIndex < LogIndex.max - LogIndex(entries.count) else { return false }
    var index = prevIndex
    var lastTerm = prevTerm
    for entry in entries {
      index += 1
      guard entry.index == index, entry.term >= lastTerm, entry.term <= term else { return false }
      lastTerm = entry.term
    }
    return true
  }
}

/// The answer to `Append`.
public struct AppendReply: Equatable, Sendable {
  /// Where the logs part, so that the leader skips a whole term per round trip.
  public struct Rejection: Equatable, Sendable {
    /// The `prevIndex` that was refused.
    public let index: LogIndex
    /// The sender's last index, at most `index`, whose term does not exceed the refused one.
    public let hintIndex: LogIndex
    /// The sender's term at `hintIndex`.
    public let hintTerm: Term

    public init(index: LogIndex, hintIndex: LogIndex, hintTerm: Term) {
      self.index = index
      self.hintIndex = hintIndex
      self.hintTerm = hintTerm
    }
  }

  /// The sender holds the leader's log up to here on stable storage. 0 in a rejection.
  public let match: LogIndex
  /// The highest confirmation round the sender has seen in this term.
  public let round: UInt64
  public let rejection: Rejection?

  public init(match: LogIndex, round: UInt64, rejection: Rejection? = nil) {
    self.match = match
    self.round = round
    self.rejection = rejection
  }
}

// MARK: - Encoding: maps with small integer keys

extension Append: Codable {
  private enum CodingKeys: Int, CodingKey {
    case prevIndex = 0
    case prevTerm = 1
    case commit = 2
    case round = 3
    case entries = 4
  }
}

extension AppendReply: Codable {
  private enum CodingKeys: Int, CodingKey {
    case match = 0
    case round = 1
    case rejection = 2
  }
}

extension AppendReply.Rejection: Codable {
  private enum CodingKeys: Int, CodingKey {
    case index = 0
    case hintIndex = 1
    case hintTerm = 2
  }
}
