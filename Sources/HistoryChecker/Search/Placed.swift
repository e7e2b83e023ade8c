// Which operations have been given a place in the order: a bit set that knows its first gap. Pure.

/// The operations that are placed. Those before the first gap are all placed, so that a configuration is told apart by
/// the gap and the few words from there to the last placed operation.
struct Placed {
  private var bits: [UInt64]
  private var openBits: [UInt64]
  private let completed: Int
  /// The first completed operation that is not placed.
  private var gap = 0
  /// One more than the last completed operation that is placed.
  private var end = 0
  private(set) var count = 0

  init(completed: Int, open: Int) {
    self.completed = completed
    bits = Array(repeating: 0, count: (completed + 63) / 64)
    openBits = Array(repeating: 0, count: (open + 63) / 64)
  }

  /// What `remove` needs to go back.
  struct Mark {
    fileprivate var gap: Int32
    fileprivate var end: Int32
  }

  func contains(_ operation: Int) -> Bool {
    operation < completed
      ? bits[operation >> 6] >> UInt64(operation & 63) & 1 == 1
      : openBits[(operation - completed) >> 6] >> UInt64((operation - completed) & 63) & 1 == 1
  }

  mutating func insert(_ operation: Int) -> Mark {
    let mark = Mark(gap: Int32(gap), end: Int32(end))
    guard operation < completed else {
      openBits[(operation - completed) >> 6] |= 1 << UInt64((operation - completed) & 63)
      return mark
    }
    bits[operation >> 6] |= 1 << UInt64(operation & 63)
    count += 1
    end = max(end, operation + 1)
    while gap < end, contains(gap) { gap += 1 }
    return mark
  }

  mutating func remove(_ operation: Int, to mark: Mark) {
    guard operation < completed else {
      openBits[(operation - completed) >> 6] &= ~(1 << UInt64((operation - completed) & 63))
      return
    }
    bits[operation >> 6] &= ~(1 << UInt64(operation & 63))
    count -= 1
    gap = Int(mark.gap)
    end = Int(mark.end)
  }

  /// Appends words that are the same only for the same set.
  func describe(into words: inout [UInt64]) {
    words.append(UInt64(gap))
    words.append(contentsOf: openBits)
    var word = gap >> 6
    while word << 6 < end {
      words.append(bits[word])
      word += 1
    }
  }
}
