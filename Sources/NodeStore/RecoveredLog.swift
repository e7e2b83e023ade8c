// What the log file held for one partition when it was opened: a value.
public import Raft

/// Hand this to `Raft.init(configuration:hardState:log:)`.
public struct RecoveredLog: Equatable, Sendable {
  public var hardState: HardState
  /// In order and without gaps; truncations are applied.
  public var entries: [LogEntry]

  public init(hardState: HardState, entries: [LogEntry]) {
    self.hardState = hardState
    self.entries = entries
  }
}
