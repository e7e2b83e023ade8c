// What a replica is told at its start: who votes, how long it waits, how much it holds. A pure value.

extension Raft {
  /// Times are in ticks; the host decides how long a tick is. Every replica of a group should have
  /// the same times.
  public struct Configuration: Sendable {
    /// This replica.
    public var id: ReplicaID
    /// The voters of a new group: the membership of an empty log. Afterwards the log says who votes. A replica that
    /// joins a group has none. Order and duplicates do not matter.
    public var voters: [ReplicaID]
    /// Those of `voters` that keep only the log. A witness that joins a group names itself, so that it applies nothing
    /// before the log says what it is.
    public var witnesses: [ReplicaID]
    /// A follower that has heard nothing for one to two times this long asks for an election; a
    /// leader that has not heard from a majority for this long steps down. At least 2.
    public var electionTicks: Int
    /// Between two heartbeats, and before an unanswered append is repeated. At least 1.
    public var heartbeatTicks: Int
    /// Entries in one append, at least 1.
    public var maxEntriesPerAppend: Int
    /// Bytes in one append; one entry may exceed it.
    public var maxBytesPerAppend: Int
    /// Appends sent to one follower and not acknowledged, at least 1.
    public var maxAppendsInFlight: Int
    /// Bytes in appends sent to one follower and not acknowledged; one append may exceed it.
    public var maxBytesInFlight: Int
    /// Bytes in one chunk of a snapshot, at least 1.
    public var maxSnapshotChunkBytes: Int
    /// Bytes that wait to be committed before `propose` refuses; one entry may exceed it.
    public var maxUncommittedBytes: Int
    /// Reads that wait to be confirmed before `requestRead` refuses.
    public var maxPendingReads: Int
    /// After a hint that the leader is gone, the voter with rank n campaigns n times this later.
    public var hintStaggerTicks: Int
    /// The host tells who lives (`leaderAlive`, `peerAlive`): no timed heartbeats to followers that have everything.
    public var quiet: Bool
    /// Seeds the election jitter and the nonce that tells this start from earlier ones; it is mixed with `id`, so a
    /// group may share one. Each start has another.
    public var seed: UInt64

    public init(
      id: ReplicaID,
      voters: [ReplicaID],
      witnesses: [ReplicaID] = [],
      electionTicks: Int = 20,
      heartbeatTicks: Int = 4,
      maxEntriesPerAppend: Int = 1_024,
      maxBytesPerAppend: Int = 256 * 1_024,
      maxAppendsInFlight: Int = 32,
      maxBytesInFlight: Int = 4 * 1_024 * 1_024,
      maxSnapshotChunkBytes: Int = 256 * 1_024,
      maxUncommittedBytes: Int = 16 * 1_024 * 1_024,
      maxPendingReads: Int = 65_536,
      hintStaggerTicks: Int = 3,
      quiet: Bool = false,
      seed: UInt64
    ) {
      self.id = id
      self.voters = voters
      self.witnesses = witnesses
      self.electionTicks = electionTicks
      self.heartbeatTicks = heartbeatTicks
      self.maxEntriesPerAppend = maxEntriesPerAppend
      self.maxBytesPerAppend = maxBytesPerAppend
      self.maxAppendsInFlight = maxAppendsInFlight
      self.maxBytesInFlight = maxBytesInFlight
      self.maxSnapshotChunkBytes = maxSnapshotChunkBytes
      self.maxUncommittedBytes = maxUncommittedBytes
      self.maxPendingReads = maxPendingReads
      self.hintStaggerTicks = hintStaggerTicks
      self.quiet = quiet
      self.seed = seed
    }

    /// The nearest configuration that can work: limits of zero would stop the group for good.
    var sanitized: Configuration {
      var copy = self
      copy.electionTicks = max(2, electionTicks)
      copy.heartbeatTicks = max(1, heartbeatTicks)
      copy.maxEntriesPerAppend = max(1, maxEntriesPerAppend)
      copy.maxBytesPerAppend = max(1, maxBytesPerAppend)
      copy.maxAppendsInFlight = max(1, maxAppendsInFlight)
      copy.maxBytesInFlight = max(1, maxBytesInFlight)
      copy.maxSnapshotChunkBytes = max(1, maxSnapshotChunkBytes)
      copy.maxUncommittedBytes = max(1, maxUncommittedBytes)
      copy.maxPendingReads = max(1, maxPendingReads)
      copy.hintStaggerTicks = max(1, hintStaggerTicks)
      return copy
    }
  }
}
