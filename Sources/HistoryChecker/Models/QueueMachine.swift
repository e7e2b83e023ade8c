// A first-in, first-out queue as a sequential object for the search. Pure.

/// What an operation says of a queue. Values are numbers of a `ValueTable`.
enum QueueStep: Equatable {
  case enqueue(Int)
  case dequeue(Int)
  /// A dequeue that found nothing.
  case empty
  case openDequeue

  static func parse(_ operation: Operation, _ table: inout ValueTable) throws(HistoryError) -> QueueStep? {
    switch operation.function {
    case "enqueue":
      guard operation.argument != .null else {
        throw HistoryError(
          line: operation.invoked.line, problem: .argument(function: "enqueue", wanted: "anything but null"))
      }
      return .enqueue(table.number(of: operation.argument))
    default:
      guard let result = operation.result else { return .openDequeue }
      return result == .null ? .empty : .dequeue(table.number(of: result))
    }
  }
}

/// A queue. A state is known by the node that its contents have in a tree of all contents met, so that states are
/// compared and undone in constant time.
struct QueueMachine: SequentialMachine {
  private struct Child: Hashable {
    var parent: UInt32
    var value: UInt32
  }

  private struct Past {
    var node: UInt32
    var base: Int
  }

  private let steps: [QueueStep]
  private let table: ValueTable
  private var guide: QueueGuide
  /// Everything enqueued so far, in order; the queue holds those from `head`.
  private var line: [Int] = []
  private var head = 0
  /// The contents since the queue was last empty, and the head then.
  private var node: UInt32 = 0
  private var base = 0
  private var children: [Child: UInt32] = [:]
  private var past: [Past] = []

  init(steps: [QueueStep], operations: [Operation], table: ValueTable) {
    self.steps = steps
    self.table = table
    guide = QueueGuide(steps: steps, operations: operations, values: table.values.count)
  }

  /// A dictionary's storage is a third larger than its capacity, and while it grows there is the old one beside it.
  var bytes: Int { children.capacity * (MemoryLayout<Child>.stride + MemoryLayout<UInt32>.stride) * 2 }

  var isEmpty: Bool { head == line.count }
  var stateCode: UInt64 { isEmpty ? 0 : UInt64(node) << 32 | UInt64(head - base) }

  var stateText: String {
    if isEmpty { return "an empty queue" }
    let shown = line[head...].prefix(12).map { table.values[$0].description }.joined(separator: ", ")
    return "queue \(shown)" + (line.count - head > 12 ? ", … (\(line.count - head) in all)" : "")
  }

  mutating func apply(_ operation: Int) -> Bool {
    let before = Past(node: node, base: base)
    switch steps[operation] {
    case .enqueue(let value):
      if isEmpty { (node, base) = (0, head) }
      let child = Child(parent: node, value: UInt32(value))
      if let known = children[child] {
        node = known
      } else {
        node = UInt32(children.count + 1)
        children[child] = node
      }
      line.append(value)
    case .dequeue(let value):
      guard !isEmpty, line[head] == value else { return false }
      head += 1
    case .empty:
      guard isEmpty else { return false }
    case .openDequeue:
      guard !isEmpty else { return false }
      guide.take(line[head], by: 1)
      head += 1
    }
    guide.place(operation)
    past.append(before)
    return true
  }

  mutating func undo(_ operation: Int) {
    guide.unplace(operation)
    switch steps[operation] {
    case .enqueue: line.removeLast()
    case .dequeue: head -= 1
    case .empty: break
    case .openDequeue:
      head -= 1
      guide.take(line[head], by: -1)
    }
    if let before = past.popLast() { (node, base) = (before.node, before.base) }
  }

  /// Finding it empty; or taking the only one of a value, as nobody else can and enqueuing is not disturbed by it.
  func isSafe(_ operation: Int) -> Bool {
    switch steps[operation] {
    case .empty: isEmpty
    case .dequeue(let value): !isEmpty && line[head] == value && guide.isUnique(value)
    case .enqueue, .openDequeue: false
    }
  }

  func isHopeless(_ operation: Int) -> Bool {
    switch steps[operation] {
    case .enqueue: guide.isTooEarly(operation)
    case .openDequeue: isEmpty || !guide.isSpare(line[head])
    case .dequeue, .empty: false
    }
  }
}
