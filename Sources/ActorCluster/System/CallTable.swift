// Calls under way from this system, and the sequence numbers of its session: pure values.
internal import DequeModule
internal import HeapModule
package import PeerTransport

/// Calls that wait for an answer. Every one of them ends: by its answer, by the loss of its node, or by time.
package struct CallTable<Waiter: Sendable>: Sendable {
  private struct Waiting: Sendable {
    var waiter: Waiter
    var node: NodeID
  }

  private struct Expiry: Comparable, Sendable {
    var at: Int64
    var call: UInt64

    static func < (lhs: Self, rhs: Self) -> Bool { (lhs.at, lhs.call) < (rhs.at, rhs.call) }
  }

  private var waiting: [UInt64: Waiting] = [:]
  private var expiries = Heap<Expiry>()
  private var next: UInt64

  /// - Parameter first: the number of the first call.
  package init(first: UInt64 = 1) {
    next = first
  }

  package var count: Int { waiting.count }

  package mutating func insert(_ waiter: Waiter, to node: NodeID, until deadline: Int64) -> UInt64 {
    let call = next
    next += 1
    waiting[call] = Waiting(waiter: waiter, node: node)
    expiries.insert(Expiry(at: deadline, call: call))
    return call
  }

  package mutating func answered(_ call: UInt64) -> Waiter? {
    waiting.removeValue(forKey: call)?.waiter
  }

  /// The connection to that node is gone, and with it the answers of calls under way.
  package mutating func lost(_ node: NodeID) -> [Waiter] {
    let calls = waiting.filter { $0.value.node == node }.keys.sorted()
    return calls.compactMap { waiting.removeValue(forKey: $0)?.waiter }
  }

  package mutating func expired(now: Int64) -> [Waiter] {
    var expired: [Waiter] = []
    while let first = expiries.min, first.at <= now {
      expiries.removeMin()
      if let entry = waiting.removeValue(forKey: first.call) { expired.append(entry.waiter) }
    }
    return expired
  }

  package mutating func takeAll() -> [Waiter] {
    let calls = waiting.keys.sorted()
    return calls.compactMap { waiting.removeValue(forKey: $0)?.waiter }
  }
}

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
