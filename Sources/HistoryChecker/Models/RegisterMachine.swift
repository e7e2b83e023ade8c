// A register as a sequential object for the search. Pure.

/// One value that can be read, written, swapped and added to; never written, it is null.
///
/// Its shortcuts count, for each value, the unplaced operations that have seen it (demand) and those that could bring it
/// about (supply). A value that is demanded and that nothing can bring about again must not be overwritten.
struct RegisterMachine: SequentialMachine {
  private let steps: [RegisterStep]
  private let completed: Int
  /// How many values there were when the search began: the totals of open additions come on top.
  private let given: Int
  private var table: ValueTable
  private var value = 0
  private var past: [Int] = []
  private var demand: [Int]
  private var supply: [Int]
  /// Open swaps from each value.
  private var hopes: [Int]
  private var mismatches = 0
  private var begins = 0
  private var openAdds = 0

  init(steps: [RegisterStep], completed: Int, table: ValueTable) {
    self.steps = steps
    self.completed = completed
    self.table = table
    given = table.values.count
    demand = Array(repeating: 0, count: table.values.count)
    supply = demand
    hopes = demand
    for step in steps { count(step, by: 1) }
  }

  var stateCode: UInt64 { UInt64(value) }
  var stateText: String { "value \(table.values[value])" }
  var bytes: Int { (table.values.count - given) * ValueTable.bytesPerValue }

  mutating func apply(_ operation: Int) -> Bool {
    let before = value
    switch steps[operation] {
    case .read(let seen):
      guard seen == value else { return false }
    case .write(let new):
      guard operation < completed || new != value else { return false }
      value = new
    case .swap(let from, let to):
      guard from == value else { return false }
      value = to
    case .begin(let to, let zero):
      guard value == 0 || value == zero else { return false }
      value = to
    case .mismatch(let from):
      guard from != value else { return false }
    case .openSwap(let from, let to):
      guard from == value, from != to else { return false }
      value = to
    case .openAdd(let delta):
      guard let total = total(adding: delta), total != table.values[value] else { return false }
      value = table.number(of: total)
      grow()
    case .impossible:
      return false
    }
    past.append(before)
    count(steps[operation], by: -1)
    return true
  }

  mutating func undo(_ operation: Int) {
    count(steps[operation], by: 1)
    if let before = past.popLast() { value = before }
  }

  /// Null counts as 0; nil if the value is no integer, or the total none of 64 bits.
  private func total(adding delta: Int64) -> JSONValue? {
    guard let present = value == 0 ? 0 : table.values[value].number else { return nil }
    let (total, overflow) = present.addingReportingOverflow(delta)
    return overflow ? nil : .integer(total)
  }

  private mutating func grow() {
    while demand.count < table.values.count {
      demand.append(0)
      supply.append(0)
      hopes.append(0)
    }
  }

  private mutating func count(_ step: RegisterStep, by change: Int) {
    switch step {
    case .read(let seen): demand[seen] += change
    case .write(let new): supply[new] += change
    case .swap(let from, let to):
      demand[from] += change
      supply[to] += change
    case .begin(let to, _):
      begins += change
      supply[to] += change
    case .mismatch: mismatches += change
    case .openSwap(let from, let to):
      hopes[from] += change
      supply[to] += change
    case .openAdd: openAdds += change
    case .impossible: break
    }
  }

  func isBlind(_ operation: Int) -> Bool {
    if case .write = steps[operation] { true } else { false }
  }

  /// A look that agrees with the state; or a write when neither the present value nor the new one is of use to anyone.
  func isSafe(_ operation: Int) -> Bool {
    switch steps[operation] {
    case .read(let seen): return seen == value
    case .mismatch(let from): return from != value
    case .swap(let from, let to): return from == to && from == value
    case .write(let new):
      return mismatches == 0 && begins == 0 && openAdds == 0 && demand[new] == 0 && hopes[new] == 0
        && demand[value] == 0 && hopes[value] == 0
    default: return false
    }
  }

  func isHopeless(_ operation: Int) -> Bool {
    guard openAdds == 0, supply[value] == 0 else { return false }
    switch steps[operation] {
    case .write(let new): return new != value && demand[value] > 0
    case .swap(let from, let to): return from == value && to != value && demand[value] > 1
    case .begin(let to, _): return to != value && demand[value] > 0
    case .openSwap(let from, let to): return from == value && to != value && demand[value] > 0
    default: return false
    }
  }
}
