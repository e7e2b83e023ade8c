// What the log file held for one partition when it was opened: a value.
public import Raft

/// Hand this to `Raft.init`.
public struct RecoveredLog: Equatable, Sendable {
  public var hardState: HardState
  /// In order and without gaps; truncations are applied, and what the base voids is gone.
  public var entries: [LogEntry]
  /// What the log begins after; nil when it begins at its beginning.
  public var base: LogBase?

  public init(hardState: HardState, entries: [LogEntry], base: LogBase? = nil) {
    self.hardState = hardState
    self.entries = entries
    self.base = base
  }

  /// Whether the entry at `index` is there with this term, or was there when the log was compacted.
  func holds(_ index: LogIndex, term: Term) -> Bool {
    if let base, index <= base.index { return index < base.index || term == base.term }
    guard let first = entries.first?.index, index >= first, index - first < entries.count else {
      return false
    }
    return entries[Int(index - first)].term == term
  }
}
