// Which entry may come next in a partition's log: a value, pure.
internal import Raft

/// The end of one partition's log. The writer asks it before it writes, and the replay at open asks it again, so that
/// what was accepted can always be read back.
struct LogTail: Equatable {
  /// The index of the entry that must come next; nil when any may (the log has never had one).
  private(set) var nextIndex: LogIndex?

  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  mutating func take(_ record: StoredRecord) throws(Refusal) {
    switch record {
    case .hardState:
      break
    case .truncate(let index):
      guard index > 0 else {
        throw Refusal(description: "truncation from index 0")
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
      nextIndex = entry.index + 1
    }
  }
}
