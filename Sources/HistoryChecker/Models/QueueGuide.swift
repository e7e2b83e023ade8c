// What the whole history of a queue says about which enqueue may come next. Pure.

/// Shortcuts for queues whose values are mostly distinct.
///
/// If a value is enqueued once and dequeued at most once, first-in, first-out means: it may not be enqueued before another
/// such value whose dequeue ended before its own began; and no dequeue that found nothing can come between its enqueue
/// and its dequeue. Together these leave hardly any wrong turn (Henzinger, Sezgin, Vafeiadis, "Aspect-oriented
/// linearizability proofs", 2013, shows that pairs of values decide).
struct QueueGuide {
  private static let never = Int.max

  /// How many more enqueues than known dequeues each value has: what an open dequeue may have taken.
  private var spare: [Int]
  private let unique: [Bool]
  /// For each enqueue of a unique value: when its dequeue began, and ended; `never` if nobody can have taken it.
  private let taken: [Taken?]
  private var urgent: Deadlines
  private var empties: Deadlines

  private struct Taken {
    var began: Int
    var ended: Int
  }

  init(steps: [QueueStep], operations: [Operation], values: Int) {
    var enqueues = Array(repeating: 0, count: values)
    var dequeues = enqueues
    var dequeue = [Int?](repeating: nil, count: values)
    var hasOpenDequeue = false
    for (number, step) in steps.enumerated() {
      switch step {
      case .enqueue(let value): enqueues[value] += 1
      case .dequeue(let value):
        dequeues[value] += 1
        dequeue[value] = number
      case .empty: break
      case .openDequeue: hasOpenDequeue = true
      }
    }
    spare = zip(enqueues, dequeues).map { $0 - $1 }
    let unique = zip(enqueues, dequeues).map { $0 == 1 && $1 <= 1 }
    var taken = [Taken?](repeating: nil, count: steps.count)
    var urgent: [(operation: Int, deadline: Int)] = []
    var empties: [(operation: Int, deadline: Int)] = []
    for (number, step) in steps.enumerated() {
      switch step {
      case .enqueue(let value) where unique[value]:
        if let taker = dequeue[value], let end = operations[taker].completed {
          taken[number] = Taken(began: operations[taker].invoked.position, ended: end.position)
          urgent.append((number, end.position))
        } else if !hasOpenDequeue {
          taken[number] = Taken(began: Self.never, ended: Self.never)
        }
      case .empty:
        if let end = operations[number].completed { empties.append((number, end.position)) }
      default: break
      }
    }
    self.unique = unique
    self.taken = taken
    self.urgent = Deadlines(urgent, operations: steps.count)
    self.empties = Deadlines(empties, operations: steps.count)
  }

  func isUnique(_ value: Int) -> Bool { unique[value] }
  func isSpare(_ value: Int) -> Bool { spare[value] > 0 }

  /// Another value must be enqueued first, or a dequeue must find nothing first.
  func isTooEarly(_ enqueue: Int) -> Bool {
    guard let taken = taken[enqueue] else { return false }
    return urgent.first < taken.began || empties.first < taken.began
  }

  mutating func take(_ value: Int, by change: Int) { spare[value] -= change }

  mutating func place(_ operation: Int) {
    urgent.remove(operation)
    empties.remove(operation)
  }

  mutating func unplace(_ operation: Int) {
    urgent.restore(operation)
    empties.restore(operation)
  }
}

/// The earliest deadline of the operations that are left; removing and restoring are cheap when they go back and forth
/// near the front.
private struct Deadlines {
  private let deadlines: [Int]
  private let rank: [Int]
  private var isLeft: [Bool]
  private var front = 0

  init(_ entries: [(operation: Int, deadline: Int)], operations: Int) {
    let sorted = entries.sorted { $0.deadline < $1.deadline }
    var rank = Array(repeating: -1, count: operations)
    for (place, entry) in sorted.enumerated() { rank[entry.operation] = place }
    self.rank = rank
    deadlines = sorted.map(\.deadline)
    isLeft = Array(repeating: true, count: sorted.count)
  }

  /// `Int.max` when none is left.
  var first: Int { front < deadlines.count ? deadlines[front] : Int.max }

  mutating func remove(_ operation: Int) {
    guard rank[operation] >= 0 else { return }
    isLeft[rank[operation]] = false
    while front < isLeft.count, !isLeft[front] { front += 1 }
  }

  mutating func restore(_ operation: Int) {
    guard rank[operation] >= 0 else { return }
    isLeft[rank[operation]] = true
    front = min(front, rank[operation])
  }
}
