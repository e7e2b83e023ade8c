// The search for an order of a key's operations. Pure: it runs for as many steps as it is given, and can be continued.

/// Decides whether the operations of one key are linearizable: whether each can be given a point in time between its
/// invocation and its return so that a sequential object would give the same results.
///
/// The algorithm is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) as Lowe improved it
/// ("Testing for Linearizability", 2017): a depth-first search over the operations that may come next, with a linked list
/// that operations are lifted out of and put back into, and a memory of the configurations seen (the set of operations
/// placed, and the state). Deviations:
/// - Open operations are in a list of their own and tried last. Of several that say the same, the first invoked is tried;
///   one that would have no effect is not placed; a blind one is placed only right before one that depends on it.
/// - With shortcuts on, a machine may say that an operation can be placed without trying others, or cannot be placed.
/// - Configurations are compared whole, never by a hash alone.
struct LinearizabilitySearch<Machine: SequentialMachine> {
  enum Progress: Equatable {
    /// An order exists: it is in `order`.
    case linearizable
    /// There is none.
    case impossible
    /// The steps are used up; call again.
    case paused
    /// The memory of configurations has reached its limit.
    case outOfMemory
  }

  private struct Frame {
    var operation: Int
    var isForced: Bool
    var mark: Placed.Mark
    /// Whether the configuration before it wanted an operation that depends on the state.
    var wantedObserver: Bool
  }

  private var machine: Machine
  private var list: EntryList
  private var placed: Placed
  private var seen: ConfigurationSet
  private var frames: [Frame] = []
  private var wantsObserver = false
  private let completed: Int
  private let total: Int
  /// The open operation invoked before each open one that says the same; -1 for none.
  private let twins: [Int]
  private let shortcuts: Bool
  private var scratch: [UInt64] = []
  /// Where to go on trying; nil to start at a configuration that is new.
  private var cursor: Cursor?
  /// How many steps were taken.
  private(set) var steps = 0
  /// The best that was reached.
  private(set) var deepest = Deepest()
  private let keepsDeepest: Bool

  private enum Cursor {
    case entry(Int)
    case open(Int)
    case exhausted
  }

  /// The longest order that was found.
  struct Deepest {
    /// How many completed operations were placed.
    var count = -1
    /// Filled only when asked for: one such order, the states that such orders end in, and the operations that had to come
    /// next and could not.
    var order: [Int] = []
    var states: [String] = []
    var stuck: [Int] = []
  }

  /// `operations`: completed ones first, each group by invocation. `keepsDeepest` costs time: for short histories.
  init(
    _ operations: [Operation], machine: Machine, shortcuts: Bool = true, keepsDeepest: Bool = false,
    byteLimit: Int
  ) {
    self.machine = machine
    self.shortcuts = shortcuts
    self.keepsDeepest = keepsDeepest
    total = operations.count
    completed = operations.firstIndex { $0.isOpen } ?? operations.count
    list = EntryList(operations, completed: completed)
    placed = Placed(completed: completed, open: total - completed)
    seen = ConfigurationSet(byteLimit: byteLimit)
    twins = Self.twins(operations[completed...])
  }

  /// The order that was found, once `advance` has said that there is one.
  var order: [Int] { frames.map(\.operation) }

  private static func twins(_ open: ArraySlice<Operation>) -> [Int] {
    var last: [Saying: Int] = [:]
    return open.indices.map { number in
      let saying = Saying(function: open[number].function, argument: open[number].argument)
      return last.updateValue(number, forKey: saying) ?? -1
    }
  }

  /// Goes on for at most `limit` steps; each tries one operation.
  mutating func advance(limit: Int) -> Progress {
    var left = limit
    defer { steps += limit - left }
    while left > 0 {
      guard let position = cursor else {
        if placed.count == completed { return .linearizable }
        noteDepth()
        if shortcuts, let operation = safeOperation() {
          left -= 1
          switch place(operation, forced: true) {
          case .full: return .outOfMemory
          case .inserted: continue
          case .known: cursor = .exhausted
          }
        } else {
          cursor = .entry(list.first)
        }
        continue
      }
      left -= 1
      switch position {
      case .entry(let entry):
        guard let operation = list.invoked(at: entry) else {
          cursor = completed < total ? .open(completed) : .exhausted
          continue
        }
        cursor = .entry(list.next(after: entry))
        if place(operation, forced: false) == .full { return .outOfMemory }
      case .open(let operation):
        cursor = operation + 1 < total ? .open(operation + 1) : .exhausted
        guard isOpenCandidate(operation) else { continue }
        if place(operation, forced: false) == .full { return .outOfMemory }
      case .exhausted:
        guard stepBack() else { return .impossible }
      }
    }
    return .paused
  }

  /// The return that all that is placed next must come before.
  private var firstReturn: Int {
    var entry = list.first
    while list.invoked(at: entry) != nil { entry = list.next(after: entry) }
    return entry
  }

  private func safeOperation() -> Int? {
    var entry = list.first
    while let operation = list.invoked(at: entry) {
      if !(wantsObserver && machine.isBlind(operation)), machine.isSafe(operation) { return operation }
      entry = list.next(after: entry)
    }
    return nil
  }

  private func isOpenCandidate(_ operation: Int) -> Bool {
    let twin = twins[operation - completed]
    return !placed.contains(operation) && (twin < 0 || placed.contains(twin))
      && list.isOpened(operation, before: firstReturn)
  }

  /// Places the operation if its result allows it and the configuration is new; `.known` if not.
  private mutating func place(_ operation: Int, forced: Bool) -> ConfigurationSet.Insertion {
    let isBlind = machine.isBlind(operation)
    guard !(wantsObserver && isBlind) else { return .known }
    if shortcuts, !forced, machine.isHopeless(operation) { return .known }
    guard machine.apply(operation) else { return .known }
    let frame = Frame(
      operation: operation, isForced: forced, mark: placed.insert(operation), wantedObserver: wantsObserver)
    wantsObserver = isBlind && operation >= completed
    scratch.removeAll(keepingCapacity: true)
    scratch.append(machine.stateCode)
    scratch.append(wantsObserver ? 1 : 0)
    placed.describe(into: &scratch)
    let insertion = seen.insert(scratch, besides: machine.bytes)
    guard insertion == .inserted else {
      machine.undo(operation)
      placed.remove(operation, to: frame.mark)
      wantsObserver = frame.wantedObserver
      return insertion
    }
    if operation < completed { list.lift(operation) }
    frames.append(frame)
    cursor = nil
    return .inserted
  }

  /// Takes back what has no alternative, and the last that has; false if there is none.
  private mutating func stepBack() -> Bool {
    guard let frame = frames.popLast() else { return false }
    let operation = frame.operation
    machine.undo(operation)
    placed.remove(operation, to: frame.mark)
    wantsObserver = frame.wantedObserver
    if operation < completed { list.unlift(operation) }
    if frame.isForced {
      cursor = .exhausted
    } else if operation < completed {
      cursor = .entry(list.next(after: list.call(of: operation)))
    } else {
      cursor = operation + 1 < total ? .open(operation + 1) : .exhausted
    }
    return true
  }

  private mutating func noteDepth() {
    if placed.count > deepest.count {
      deepest.count = placed.count
      guard keepsDeepest else { return }
      deepest.order = order
      deepest.states = [machine.stateText]
      deepest.stuck = [list.returned(at: firstReturn)]
    } else if keepsDeepest, placed.count == deepest.count {
      let state = machine.stateText
      if !deepest.states.contains(state), deepest.states.count < 8 { deepest.states.append(state) }
      let stuck = list.returned(at: firstReturn)
      if !deepest.stuck.contains(stuck) { deepest.stuck.append(stuck) }
    }
  }
}

/// What an open operation says: two that say the same can take each other's place.
private struct Saying: Hashable {
  var function: String
  var argument: JSONValue
}
