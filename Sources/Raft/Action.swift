// What a replica asks of its host. Pure values.

/// One thing for the host to do, from `Raft.drain()`.
public enum Action: Equatable, Sendable {
  /// May leave at once, may be lost, duplicated or reordered: what a vote or an acknowledgment
  /// depends on is already on stable storage.
  case send(Message)
  /// At most one per drain. Requests are written in the order they were given.
  case persist(PersistRequest)
  /// Committed entries that are also in this replica's own stable log, in order, each exactly once
  /// in the life of this value.
  case apply([LogEntry])
  /// Role, term or known leader are not what was last announced. Several changes between two drains
  /// are announced as one: a leader announced in a new term has lost the old leadership.
  case roleChanged(role: Role, term: Term, leader: ReplicaID?)
  /// This replica was the leader at some moment after `requestRead`.
  case readConfirmed(ReadToken)
  /// Leadership was lost first. The read may be retried at the new leader.
  case readFailed(ReadToken)
  /// A follower needs what is no longer in the log: read a part of a snapshot for it.
  case readSnapshot(SnapshotRead)
  /// Stage these bytes, which follow the ones before; answer with `Raft.snapshotStored`. After the last chunk put the
  /// whole in the place of the applied state and make that durable, then call `Raft.snapshotInstalled`; or refuse the
  /// whole with `Raft.snapshotRejected`. A chunk at offset 0 voids what was staged before. From the last chunk until
  /// one of those two calls nothing is applied.
  case storeSnapshot(SnapshotChunk)
}

/// What must reach stable storage, in this order or all in one transaction: `base`, `hardState`, the
/// truncation, the entries. Afterwards call `Raft.persisted(upTo:)`. A write that failed must not be
/// followed by another: give the replica up.
public struct PersistRequest: Equatable, Sendable {
  public let token: PersistToken
  /// The log begins after this, if given: stored entries up to `base.index` are void.
  public let base: LogBase?
  /// All other stored entries are void too: a snapshot from the leader took the place of the log.
  public let resetsLog: Bool
  /// Replaces what was there, if given.
  public let hardState: HardState?
  /// Drop entries from this index on, if given.
  public let truncateFrom: LogIndex?
  /// Append these. They follow what is left after the truncation.
  public let entries: [LogEntry]

  public init(
    token: PersistToken, base: LogBase? = nil, resetsLog: Bool = false, hardState: HardState?,
    truncateFrom: LogIndex?, entries: [LogEntry]
  ) {
    self.token = token
    self.base = base
    self.resetsLog = resetsLog
    self.hardState = hardState
    self.truncateFrom = truncateFrom
    self.entries = entries
  }
}
