// One entry of the replicated log and its compact encoding. A pure value.

/// What an entry carries.
public enum Payload: Equatable, Sendable {
  /// What a new leader appends first, so that it can commit in its own term. (The first one of all appends the
  /// membership.)
  case empty
  /// A command, opaque to consensus.
  case command([UInt8])
  /// Who belongs to the group from this entry on: the resulting membership, not the change.
  case membership(Membership)

  /// Bytes of content.
  public var byteCount: Int {
    switch self {
    case .empty: 0
    case .command(let bytes): bytes.count
    case .membership(let membership): membership.byteCount
    }
  }
}

/// One entry of the log. Two entries with the same index and term are the same entry.
public struct LogEntry: Equatable, Sendable {
  public let index: LogIndex
  public let term: Term
  public let payload: Payload

  public init(index: LogIndex, term: Term, payload: Payload) {
    self.index = index
    self.term = term
    self.payload = payload
  }

  /// Bytes that count toward the limits: the content and an allowance for what surrounds it.
  public var byteCount: Int { payload.byteCount + Self.overhead }

  /// The allowance per entry, so that many empty entries cannot get past a limit in bytes.
  public static let overhead = 16
}

/// Encoded as a map with small integer keys; the content is one byte string where the coder has
/// them. An unknown kind of payload is an error, never an empty entry.
extension LogEntry: Codable {
  private enum CodingKeys: Int, CodingKey {
    case index = 0
    case term = 1
    case kind = 2
    case content = 3
  }

  private enum Kind: UInt8, Codable {
    case empty = 0
    case command = 1
    case membership = 2
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    index = try container.decode(LogIndex.self, forKey: .index)
    term = try container.decode(Term.self, forKey: .term)
    switch try container.decode(Kind.self, forKey: .kind) {
    case .empty: payload = .empty
    case .command: payload = .command(try container.decode([UInt8].self, forKey: .content))
    case .membership: payload = .membership(try container.decode(Membership.self, forKey: .content))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(index, forKey: .index)
    try container.encode(term, forKey: .term)
    switch payload {
    case .empty:
      try container.encode(Kind.empty, forKey: .kind)
    case .command(let bytes):
      try container.encode(Kind.command, forKey: .kind)
      try container.encode(bytes, forKey: .content)
    case .membership(let membership):
      try container.encode(Kind.membership, forKey: .kind)
      try container.encode(membership, forKey: .content)
    }
  }
}
