// What the log writer is asked to do and what it says it has done: values.
internal import Raft

/// One thing to make durable.
struct LogWrite: Sendable {
  enum Content: Sendable {
    case records(PartitionID, [StoredRecord])
    /// The log's standing is sound from here on.
    case confirmation
    /// The partition's log is void, whatever it was, and begins anew as that of another replica.
    case assignment(PartitionID, ReplicaID)
    case peer(RememberedPeer)
    case epochs([StoreEpoch])
    /// A person's decision: see `NodeStore.recover`.
    case recovery(StoreEpoch.Recovery, epochs: [StoreEpoch])
  }

  var content: Content

  init(_ partition: PartitionID, _ request: PersistRequest) {
    content = .records(partition, StoredRecord.records(of: request))
  }

  init(_ content: Content) {
    self.content = content
  }
}

/// What a batch, or a step of upkeep, has come to.
struct LogOutcome {
  /// One for each request of the batch, in order.
  var results: [Result<Void, StoreError>] = []
  var hasCommitted = false
  var records = 0
  var bytes = 0
  var nanoseconds: UInt64 = 0
  var hasFailed = false
  /// The disk had no room: what was to be committed is kept, and `results` say nothing until a `retry`, or `giveUp`, says more.
  var isFull = false
  /// The last batch on stable storage; 0 when nothing was committed.
  var sequence: UInt64 = 0
  var deletedBatches = 0
  /// How long it took to copy the WAL, when it was copied.
  var walNanoseconds: UInt64?
  var walIsPinned = false
  var sizes = LogSizes()

  func count(in statistics: inout StoreStatistics) {
    statistics.logFailed = statistics.logFailed || hasFailed
    statistics.walBytes = sizes.walBytes
    statistics.fileBytes = sizes.fileBytes
    statistics.logBytes = sizes.logBytes
    statistics.logUpkeepStopped = sizes.isStopped
    statistics.deletedBatches += UInt64(deletedBatches)
    if let walNanoseconds {
      statistics.walCheckpoints += 1
      statistics.lastWalCheckpointNanoseconds = walNanoseconds
      statistics.longestWalCheckpointNanoseconds = max(
        statistics.longestWalCheckpointNanoseconds, walNanoseconds)
    }
    if walIsPinned { statistics.walPinnedCheckpoints += 1 }
    guard hasCommitted else { return }
    statistics.sequence = sequence
    statistics.batches += 1
    statistics.records += UInt64(records)
    statistics.bytes += UInt64(bytes)
    statistics.lastCommitNanoseconds = nanoseconds
    statistics.longestCommitNanoseconds = max(statistics.longestCommitNanoseconds, nanoseconds)
  }
}

/// Gauges of the log file.
struct LogSizes: Equatable {
  var walBytes = 0
  var fileBytes = 0
  var logBytes = 0
  var isStopped = false
}

/// Which partition keeps the log file long.
public struct LogPressure: Equatable, Sendable {
  /// The one with the oldest entry that its log still has. Compacting it lets the file shrink.
  public var partition: PartitionID
  /// The batch of that entry, or one shortly before it. Batches are numbered without gaps.
  public var sequence: Int64
  /// Bytes of all batches that are there, of all partitions.
  public var bytes: Int

  public init(partition: PartitionID, sequence: Int64, bytes: Int) {
    self.partition = partition
    self.sequence = sequence
    self.bytes = bytes
  }
}
