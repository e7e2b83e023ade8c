// What the store tells the metrics: a value.

/// Counters since the store was opened, and a few gauges.
public struct StoreStatistics: Equatable, Sendable {
  /// Transactions of the log file: each is one fsync.
  public var batches: UInt64 = 0
  /// The number of the last batch that was made durable; 0 before the first.
  public var sequence: UInt64 = 0
  /// Records (entries, truncations, hard states) made durable.
  public var records: UInt64 = 0
  /// Bytes of batches made durable, framing included.
  public var bytes: UInt64 = 0
  /// Duration of the last commit of the log file, in nanoseconds.
  public var lastCommitNanoseconds: UInt64 = 0
  /// Longest commit of the log file, in nanoseconds.
  public var longestCommitNanoseconds: UInt64 = 0
  /// Estimated bytes accepted by `append` and not completed yet.
  public var pendingBytes: Int = 0
  /// Appends accepted while `pendingBytes` was already past the limit. They are kept: consensus bounds what is in
  /// flight, so a rising number means that the disk does not keep up with that bound.
  public var appendsPastLimit: UInt64 = 0
  /// Whether the log has failed: nothing will be acknowledged until the node is restarted.
  public var logFailed = false
  /// What half of the commits of the log took at most in the last ten seconds, in nanoseconds; nil without any.
  public var commitP50Nanoseconds: UInt64?
  /// The same of 95 in a hundred.
  public var commitP95Nanoseconds: UInt64?
  /// The same of 99 in a hundred.
  public var commitP99Nanoseconds: UInt64?
  /// The median of the last few seconds, at least the age of a commit that is under way; nil when there were hardly any
  /// commits. What a slow disk is told by.
  public var recentCommitNanoseconds: UInt64?
  /// The log waits for room on its disk: what was appended is kept and tried again.
  public var isLogFull = false
  /// How often a batch of the log found no room.
  public var logFullFailures: UInt64 = 0
  /// The last checkpoint found no room on the disk.
  public var isStateFull = false
  /// Bytes that the WAL of the log file takes on the disk.
  public var walBytes: Int = 0
  /// How often the writer has copied the log's WAL into its file.
  public var walCheckpoints: UInt64 = 0
  /// Duration of the last such copy, in nanoseconds: so long the next batch waited.
  public var lastWalCheckpointNanoseconds: UInt64 = 0
  /// Longest such copy, in nanoseconds.
  public var longestWalCheckpointNanoseconds: UInt64 = 0
  /// Copies that found the WAL many times longer than its limit: a reader keeps it so.
  public var walPinnedCheckpoints: UInt64 = 0
  /// Bytes of the log file without its WAL, as they were last looked at; 0 before that.
  public var fileBytes: Int = 0
  /// Bytes of the batches that are in the log.
  public var logBytes: Int = 0
  /// Batches that were deleted because nobody needs them any more.
  public var deletedBatches: UInt64 = 0
  /// Whether a bad batch keeps old ones from being deleted: the log grows until the node is restarted, which finds the damage.
  public var logUpkeepStopped = false
  /// Checkpoints committed to the state file.
  public var checkpoints: UInt64 = 0
  /// Checkpoints that failed.
  public var failedCheckpoints: UInt64 = 0
  /// Jobs of the state file accepted and not completed yet.
  public var pendingStateJobs: Int = 0
  /// Duration of the last checkpoint, in nanoseconds.
  public var lastCheckpointNanoseconds: UInt64 = 0

  public init() {}
}
