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
}

/// What must reach stable storage: first `hardState`, then the truncation, then the entries; or all
/// in one transaction. Afterwards call `Raft.persisted(upTo:)`. A write that failed must not be
/// followed by another: give the replica up.
public struct PersistRequest: Equatable, Sendable {
  public let token: PersistToken
  /// Replaces what was there, if given.
  public let hardState: HardState?
  /// Drop entries from this index on, if given.
  public let truncateFrom: LogIndex?
  /// Append these. They follow what is left after the truncation.
  public let entries: [LogEntry]

  public init(
    token: PersistToken, hardState: HardState?, truncateFrom: LogIndex?, entries: [LogEntry]
  ) {
    self.token = token
    self.hardState = hardState
    self.truncateFrom = truncateFrom
    self.entries = entries
  }
}
