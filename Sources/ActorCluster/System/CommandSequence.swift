// The sequence numbers of this system's session: a pure value.
internal import DequeModule

/// The sequence numbers of one session, and which of them may still be retried.
package struct CommandSequence: Sendable {
  private var next: UInt64 = 1
  private var open: Deque<(sequence: UInt64, isDone: Bool)> = []

  package init() {}

  /// The lowest number whose command is not done with.
  package var firstOutstanding: UInt64 { open.first?.sequence ?? next }

  package mutating func begin() -> UInt64 {
    defer { next += 1 }
    open.append((next, false))
    return next
  }

  package mutating func finish(_ sequence: UInt64) {
    guard let first = open.first?.sequence, sequence >= first,
      Int(clamping: sequence - first) < open.count
    else { return }
    open[Int(sequence - first)].isDone = true
    while open.first?.isDone == true { open.removeFirst() }
  }
}
