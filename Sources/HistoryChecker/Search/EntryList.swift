// The doubly linked list of invocations and returns that the search lifts operations out of. Pure.

/// The invocations and returns of completed operations in the order of the history, as in the Wing-Gong-Lowe search.
/// Entry 0 is the head. Lifting and unlifting are constant in time; unlift in the reverse order of lifting.
struct EntryList {
  private var after: [Int32]
  private var before: [Int32]
  /// The operation of an entry; returns are stored as the complement.
  private let meaning: [Int32]
  private let callEntry: [Int32]
  private let returnEntry: [Int32]
  /// The entry after which each open operation was invoked.
  private let openedAfter: [Int32]
  private let completed: Int

  /// `completed` first, each group by invocation.
  init(_ operations: [Operation], completed: Int) {
    struct Event {
      var position: Int
      var meaning: Int32
      var isOpen: Bool
    }
    var events: [Event] = []
    events.reserveCapacity(completed * 2 + operations.count)
    for (number, operation) in operations.enumerated() {
      events.append(
        Event(position: operation.invoked.position, meaning: Int32(number), isOpen: number >= completed))
      if number < completed, let end = operation.completed {
        events.append(Event(position: end.position, meaning: ~Int32(number), isOpen: false))
      }
    }
    events.sort { $0.position < $1.position }
    var meaning: [Int32] = [0]
    var callEntry = Array(repeating: Int32(0), count: completed)
    var returnEntry = callEntry
    var openedAfter = Array(repeating: Int32(0), count: operations.count - completed)
    for event in events {
      let entry = Int32(meaning.count)
      if event.isOpen {
        openedAfter[Int(event.meaning) - completed] = entry - 1
        continue
      }
      if event.meaning >= 0 {
        callEntry[Int(event.meaning)] = entry
      } else {
        returnEntry[Int(~event.meaning)] = entry
      }
      meaning.append(event.meaning)
    }
    self.completed = completed
    self.meaning = meaning
    self.callEntry = callEntry
    self.returnEntry = returnEntry
    self.openedAfter = openedAfter
    let count = Int32(meaning.count)
    after = (0..<count).map { $0 + 1 == count ? 0 : $0 + 1 }
    before = (0..<count).map { $0 == 0 ? count - 1 : $0 - 1 }
  }

  /// 0 when none is left.
  var first: Int { Int(after[0]) }

  func next(after entry: Int) -> Int { Int(after[entry]) }

  /// The operation that is invoked at the entry; nil if it is a return.
  func invoked(at entry: Int) -> Int? { meaning[entry] >= 0 ? Int(meaning[entry]) : nil }

  /// The operation that returns at the entry, which must be a return.
  func returned(at entry: Int) -> Int { Int(~meaning[entry]) }

  func call(of operation: Int) -> Int { Int(callEntry[operation]) }

  /// Whether an open operation was invoked before the entry.
  func isOpened(_ operation: Int, before entry: Int) -> Bool { openedAfter[operation - completed] < entry }

  mutating func lift(_ operation: Int) {
    unlink(callEntry[operation])
    unlink(returnEntry[operation])
  }

  mutating func unlift(_ operation: Int) {
    relink(returnEntry[operation])
    relink(callEntry[operation])
  }

  private mutating func unlink(_ entry: Int32) {
    let (left, right) = (before[Int(entry)], after[Int(entry)])
    after[Int(left)] = right
    before[Int(right)] = left
  }

  private mutating func relink(_ entry: Int32) {
    after[Int(before[Int(entry)])] = entry
    before[Int(after[Int(entry)])] = entry
  }
}
