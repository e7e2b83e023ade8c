// What replicas and their hosts say about snapshots. Pure values; Raft never holds a snapshot's data.

/// Names the state after the entry at `index`.
public struct SnapshotID: Hashable, Sendable {
  public let index: LogIndex
  /// The term of that entry.
  public let term: Term

  public init(index: LogIndex, term: Term) {
    self.index = index
    self.term = term
  }
}

/// Some bytes of a snapshot, as its host encodes it.
public struct SnapshotChunk: Equatable, Sendable {
  public let id: SnapshotID
  /// Who belonged to the group at `id.index`.
  public let membership: Membership
  /// Where `bytes` begin in the whole.
  public let offset: UInt64
  public let bytes: [UInt8]
  public let isLast: Bool

  public init(id: SnapshotID, membership: Membership, offset: UInt64, bytes: [UInt8], isLast: Bool) {
    self.id = id
    self.membership = membership
    self.offset = offset
    self.bytes = bytes
    self.isLast = isLast
  }

  /// The offset of what follows.
  public var end: UInt64 { offset + UInt64(bytes.count) }

  /// Whether the numbers make sense in `term`, the sender's.
  func isWellFormed(in term: Term) -> Bool {
    id.index > 0 && id.index < .max && id.term <= term && offset <= .max - UInt64(bytes.count)
      && (isLast || !bytes.isEmpty)
  }
}

/// The answer to a chunk that was staged, or that was not the one wanted.
public struct SnapshotReply: Equatable, Sendable {
  public let id: SnapshotID
  /// The next byte wanted.
  public let offset: UInt64

  public init(id: SnapshotID, offset: UInt64) {
    self.id = id
    self.offset = offset
  }
}

/// What a leader wants its host to read. Answer with `Raft.snapshotRead` or `Raft.snapshotUnavailable`, now or later.
public struct SnapshotRead: Equatable, Sendable {
  /// Who is to get it.
  public let to: ReplicaID
  /// Go on with this one if it is still there; nil, or if it is not: the latest, from offset 0.
  public let id: SnapshotID?
  public let offset: UInt64
  public let maxBytes: Int

  public init(to: ReplicaID, id: SnapshotID?, offset: UInt64, maxBytes: Int) {
    self.to = to
    self.id = id
    self.offset = offset
    self.maxBytes = maxBytes
  }
}

// MARK: - Encoding: maps with small integer keys

extension SnapshotID: Codable {
  private enum CodingKeys: Int, CodingKey {
    case index = 0
    case term = 1
  }
}

extension SnapshotChunk: Codable {
  private enum CodingKeys: Int, CodingKey {
    case id = 0
    case membership = 1
    case offset = 2
    case bytes = 3
    case isLast = 4
  }
}

extension SnapshotReply: Codable {
  private enum CodingKeys: Int, CodingKey {
    case id = 0
    case offset = 1
  }
}
