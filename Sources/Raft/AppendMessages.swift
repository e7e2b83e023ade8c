// Appends, their answers and the encoding of both. Pure values.

/// Entries that follow `prevIndex`, or none: then it only probes.
public struct Append: Equatable, Sendable {
  public let prevIndex: LogIndex
  public let prevTerm: Term
  /// The leader's commit index; it may lie beyond these entries.
  public let commit: LogIndex
  /// The leader's current confirmation round, to be echoed.
  public let round: UInt64
  public let entries: [LogEntry]
  /// Every data voter has a durable checkpoint at least here: see Witness.swift.
  public let compactable: LogIndex

  public init(
    prevIndex: LogIndex, prevTerm: Term, commit: LogIndex, round: UInt64, entries: [LogEntry],
    compactable: LogIndex = 0
  ) {
    self.prevIndex = prevIndex
    self.prevTerm = prevTerm
    self.commit = commit
    self.round = round
    self.entries = entries
    self.compactable = compactable
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
  /// What the sender has made durable of its state.
  public let checkpoint: LogIndex

  public init(match: LogIndex, round: UInt64, rejection: Rejection? = nil, checkpoint: LogIndex = 0) {
    self.match = match
    self.round = round
    self.rejection = rejection
    self.checkpoint = checkpoint
  }
}

// MARK: - Encoding: maps with small integer keys; what was added later is left out where it says nothing

extension Append: Codable {
  private enum CodingKeys: Int, CodingKey {
    case prevIndex = 0
    case prevTerm = 1
    case commit = 2
    case round = 3
    case entries = 4
    case compactable = 5
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      prevIndex: try container.decode(LogIndex.self, forKey: .prevIndex),
      prevTerm: try container.decode(Term.self, forKey: .prevTerm),
      commit: try container.decode(LogIndex.self, forKey: .commit),
      round: try container.decode(UInt64.self, forKey: .round),
      entries: try container.decode([LogEntry].self, forKey: .entries),
      compactable: try container.decodeIfPresent(LogIndex.self, forKey: .compactable) ?? 0)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(prevIndex, forKey: .prevIndex)
    try container.encode(prevTerm, forKey: .prevTerm)
    try container.encode(commit, forKey: .commit)
    try container.encode(round, forKey: .round)
    try container.encode(entries, forKey: .entries)
    if compactable > 0 { try container.encode(compactable, forKey: .compactable) }
  }
}

extension AppendReply: Codable {
  private enum CodingKeys: Int, CodingKey {
    case match = 0
    case round = 1
    case rejection = 2
    case checkpoint = 3
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      match: try container.decode(LogIndex.self, forKey: .match),
      round: try container.decode(UInt64.self, forKey: .round),
      rejection: try container.decodeIfPresent(Rejection.self, forKey: .rejection),
      checkpoint: try container.decodeIfPresent(LogIndex.self, forKey: .checkpoint) ?? 0)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(match, forKey: .match)
    try container.encode(round, forKey: .round)
    try container.encodeIfPresent(rejection, forKey: .rejection)
    if checkpoint > 0 { try container.encode(checkpoint, forKey: .checkpoint) }
  }
}

extension AppendReply.Rejection: Codable {
  private enum CodingKeys: Int, CodingKey {
    case index = 0
    case hintIndex = 1
    case hintTerm = 2
  }
}
