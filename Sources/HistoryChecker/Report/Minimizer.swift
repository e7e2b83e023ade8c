// Makes a history that is not linearizable smaller, in ways that prove something. Pure but for the budget.

/// Finds a small part of one key's history that is not linearizable by itself.
///
/// Every step is sound: what is dropped could not have explained the rest, because any order of the larger history would
/// give an order of the smaller one.
/// 1. The shortest prefix in time: what had not ended by then becomes open, what had not begun is dropped.
/// 2. Mere looks (reads, failed swaps, dequeues that found nothing) one by one or in groups.
/// 3. All operations that mention a value, together; for registers with those of the values that swaps tie to it, and
///    only when no failed `cas` is left, as that depends on what the value is not, and no open `add`, as that may lead anywhere. For queues the value is taken out of the
///    line and the others keep their order.
/// 4. Open operations that mention no value of what is left: they were part of every search so far and explained nothing.
struct Minimizer {
  let model: Model
  let start: InteractionMachine.Life

  /// Smaller or the same; each candidate is searched with what is left of the budget.
  func minimize(_ operations: [Operation], _ budget: inout Budget) -> [Operation] {
    var part = shortestPrefix(operations, &budget)
    part = reduce(part, units: looks(part), &budget)
    if model != .contactCenter {
      part = reduce(part, units: clusters(part), &budget)
      part = reduce(part, units: looks(part), &budget)
      part = reduce(part, units: strangers(part), &budget)
    }
    return part
  }

  func isViolating(_ operations: [Operation], _ budget: inout Budget) -> Bool {
    guard let search = try? KeySearch(operations, model: model, start: start) else { return false }
    if case .impossible = search.run(&budget).answer { return true }
    return false
  }

  /// Violations stay when a history grows, so the end of the shortest can be found by halving.
  private func shortestPrefix(_ operations: [Operation], _ budget: inout Budget) -> [Operation] {
    let ends = operations.compactMap { $0.completed?.position }.sorted()
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if isViolating(Self.prefix(operations, until: ends[middle]), &budget) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    let shortest = ends.isEmpty ? operations : Self.prefix(operations, until: ends[min(low, ends.count - 1)])
    return isViolating(shortest, &budget) ? shortest : operations
  }

  private static func prefix(_ operations: [Operation], until position: Int) -> [Operation] {
    operations.compactMap { operation in
      guard operation.invoked.position <= position else { return nil }
      guard let completed = operation.completed, completed.position > position else { return operation }
      var open = operation
      open.completed = nil
      open.result = nil
      return open
    }
  }

  /// Drops units, in halves and then smaller groups, as long as what is left is a violation (delta debugging).
  private func reduce(
    _ operations: [Operation], units: [[Int]], _ budget: inout Budget
  ) -> [Operation] {
    var kept = units
    var dropped: Set<Int> = []
    var size = max(1, kept.count / 2)
    while !kept.isEmpty {
      var at = 0
      var next: [[Int]] = []
      while at < kept.count {
        let group = kept[at..<min(at + size, kept.count)]
        at += size
        let candidate = dropped.union(group.joined())
        let rest = operations.indices.filter { !candidate.contains($0) }.map { operations[$0] }
        if isViolating(rest, &budget) {
          dropped = candidate
        } else {
          next.append(contentsOf: group)
        }
      }
      kept = next
      if size == 1 { break }
      size = max(1, size / 2)
    }
    return operations.indices.filter { !dropped.contains($0) }.map { operations[$0] }
  }

  /// Operations whose result is that of a mere look; open ones among them say nothing at all.
  private func looks(_ operations: [Operation]) -> [[Int]] {
    operations.indices.filter { number in
      let operation = operations[number]
      switch operation.function {
      case "read", "view", "final", "decline": return true
      case "cas": return operation.result == .bool(false)
      case "dequeue": return operation.result == .null
      default: return false
      }
    }.map { [$0] }
  }

  /// Open operations that mention nothing that a completed one mentions.
  private func strangers(_ operations: [Operation]) -> [[Int]] {
    var known: Set<JSONValue> = []
    for operation in operations where !operation.isOpen { known.formUnion(mentioned(operation)) }
    return operations.indices.filter { number in
      operations[number].isOpen && known.isDisjoint(with: mentioned(operations[number]))
    }.map { [$0] }
  }

  /// Groups of operations that can be dropped together: by the values that they mention.
  func clusters(_ operations: [Operation]) -> [[Int]] {
    if model != .queue, operations.contains(where: { $0.function == "cas" && $0.result == .bool(false) }) {
      return []
    }
    // An `add` whose total nobody knows may bring any value about, or take any away.
    if operations.contains(where: { $0.function == "add" && $0.isOpen }) { return [] }
    var table = ValueTable()
    var parent: [Int] = []
    func root(_ value: Int) -> Int {
      var value = value
      while parent[value] != value { value = parent[value] }
      return value
    }
    var firsts: [Int?] = []
    for operation in operations {
      let values = mentioned(operation).map { table.number(of: $0) }
      while parent.count < table.values.count { parent.append(parent.count) }
      for value in values.dropFirst() { parent[root(value)] = root(values[0]) }
      firsts.append(values.first)
    }
    var groups: [[Int]] = Array(repeating: [], count: table.values.count)
    for (number, first) in firsts.enumerated() { if let first { groups[root(first)].append(number) } }
    return groups.filter { !$0.isEmpty }
  }

  /// The values that an operation brings about or depends on. Counters tie all their totals together.
  private func mentioned(_ operation: Operation) -> [JSONValue] {
    switch operation.function {
    case "read": operation.result.map { [$0] } ?? []
    case "write", "enqueue": [operation.argument]
    case "delete": [.null]
    case "dequeue": operation.result.map { $0 == .null ? [] : [$0] } ?? []
    case "cas": operation.argument.elements ?? []
    case "add": sums(operation)
    default: []
    }
  }

  private func sums(_ operation: Operation) -> [JSONValue] {
    guard let total = operation.result?.number, let delta = operation.argument.number else { return [.null] }
    let before = total.subtractingReportingOverflow(delta)
    return [.integer(total)]
      + (before.overflow ? [] : before.partialValue == 0 ? [0, nil] : [.integer(before.partialValue)])
  }
}
