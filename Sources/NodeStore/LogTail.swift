// Which entry may come next in a partition's log: a value, pure.
internal import Raft

/// The end of one partition's log. The writer asks it before it writes, and the replay at open asks it again, so that
/// what was accepted can always be read back.
struct LogTail: Equatable {
  /// The index of the entry that must come next; nil when any may (the log has never had one).
  private(set) var nextIndex: LogIndex?
  /// Nothing at this index or below can be appended or truncated any more.
  private(set) var baseIndex: LogIndex = 0

  init(nextIndex: LogIndex? = nil, baseIndex: LogIndex = 0) {
    self.nextIndex = nextIndex
    self.baseIndex = baseIndex
  }

  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  mutating func take(_ record: StoredRecord) throws(Refusal) {
    switch record {
    case .hardState:
      break
    case .truncate(let index):
      guard index > baseIndex else {
        throw Refusal(description: "truncation from index \(index), where the log begins after \(baseIndex)")
      }
      if let next = nextIndex {
        nextIndex = min(next, index)
      }
    case .entry(let entry):
      guard entry.index > 0, entry.index < LogIndex(Int64.max) else {
        throw Refusal(description: "entry with index \(entry.index)")
      }
      if let next = nextIndex, entry.index != next {
        throw Refusal(description: "entry \(entry.index) where \(next) must come")
      }
      guard entry.index > baseIndex else {
        throw Refusal(description: "entry \(entry.index), where the log begins after \(baseIndex)")
      }
      nextIndex = entry.index + 1
    case .base(let base, let resets):
      guard base.index >= baseIndex, base.index < LogIndex(Int64.max) else {
        throw Refusal(description: "base at \(base.index) after one at \(baseIndex)")
      }
      if resets {
        nextIndex = base.index + 1
      } else if let next = nextIndex, base.index >= next {
        throw Refusal(description: "base at \(base.index) where the log ends at \(next - 1)")
      }
      nextIndex = nextIndex ?? base.index + 1
      baseIndex = base.index
    case .reset:
      self = LogTail()
    }
  }
}
