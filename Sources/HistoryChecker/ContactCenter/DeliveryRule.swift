// A durable message has its effect once, in order for each pair (promise P3). Pure.

/// Looks at the numbers that each pair's receiver has seen. The first number may be any; after it, none is missing.
enum DeliveryRule {
  static func violations(_ operations: [Operation]) throws(HistoryError) -> [Violation] {
    let deliveries = operations.filter { $0.has(.deliver) }
    var violations: [Violation] = []
    for pair in History(operations: deliveries, failed: 0).byKey() {
      var numbered: [(number: Int64, operation: Operation)] = []
      for operation in pair { numbered.append((try number(of: operation), operation)) }
      violations += check(numbered)
    }
    return violations
  }

  private static func number(of operation: Operation) throws(HistoryError) -> Int64 {
    if let number = operation.argument.number ?? operation.result?.number { return number }
    throw HistoryError(
      line: operation.invoked.line, problem: .argument(function: "deliver", wanted: "the message's number"))
  }

  private static func check(_ pair: [(number: Int64, operation: Operation)]) -> [Violation] {
    var violations: [Violation] = []
    func add(_ rule: Violation.Rule, _ words: String, _ operations: [Operation]) {
      violations.append(
        Violation(
          rule: rule, key: pair.first?.operation.key ?? .null, explanation: [words],
          part: HistoryPart(operations, culprits: operations.suffix(1))))
    }
    let known = pair.filter { !$0.operation.isOpen }
    var firsts: [Int64: Operation] = [:]
    for one in known {
      if let first = firsts[one.number] {
        add(
          .deliveredTwice,
          "message \(one.number) of \(one.operation.key) had its effect in line \(first.completed?.line ?? 0) and again in line \(one.operation.completed?.line ?? 0)",
          [first, one.operation])
      } else {
        firsts[one.number] = one.operation
      }
    }
    // In the order of their ends: the highest that had ended before each began.
    let ended = known.sorted {
      ($0.operation.completed?.position ?? 0) < ($1.operation.completed?.position ?? 0)
    }
    var next = 0
    var highest: (number: Int64, operation: Operation)?
    for one in known {
      while next < ended.count, ended[next].operation.precedes(one.operation) {
        if ended[next].number > highest?.number ?? Int64.min { highest = ended[next] }
        next += 1
      }
      if let highest, one.number < highest.number {
        add(
          .deliveredOutOfOrder,
          "message \(one.number) of \(one.operation.key) came after message \(highest.number)",
          [highest.operation, one.operation])
      }
    }
    // A number of unknown outcome may have been there.
    let sorted = Set(pair.map(\.number)).sorted()
    let last = known.map(\.number).max() ?? Int64.min
    let first = known.map(\.number).min() ?? Int64.max
    for (before, after) in zip(sorted, sorted.dropFirst())
    where before >= first && after <= last && isGap(before, after) {
      guard let follower = pair.first(where: { $0.number == after })?.operation else { continue }
      add(
        .deliveryMissing,
        "message \(before + 1) of \(follower.key) is missing between \(before) and \(after)",
        [follower])
    }
    return violations
  }

  /// Numbers may lie further apart than a number can say.
  private static func isGap(_ before: Int64, _ after: Int64) -> Bool {
    let (distance, overflow) = after.subtractingReportingOverflow(before)
    return overflow || distance > 1
  }
}
