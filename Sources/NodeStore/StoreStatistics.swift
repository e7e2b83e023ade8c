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
