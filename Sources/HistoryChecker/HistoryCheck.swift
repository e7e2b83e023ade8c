// The entry: a history, a model and limits in, a report out. Reads a clock only through `elapsed`.

/// Checks a recorded history against a model.
///
/// The answer "ok" means that everything was searched. Where a limit stops the search, the answer is "unknown", unless a
/// violation was found elsewhere. The same history, model and limits on steps and memory give the same answer; a limit on
/// time depends on the machine.
public struct HistoryCheck {
  public var model: Model
  public var limits: CheckLimits
  /// The time since the check began.
  private let elapsed: () -> Duration
  /// Off only to compare with the plain search.
  package var usesShortcuts = true

  /// - Parameter elapsed: a clock that never goes back, for the limit on time.
  public init(model: Model, limits: CheckLimits = CheckLimits(), elapsed: @escaping () -> Duration) {
    self.model = model
    self.limits = limits
    self.elapsed = elapsed
  }

  /// With the system's monotonic clock.
  public init(model: Model, limits: CheckLimits = CheckLimits()) {
    let start = ContinuousClock.now
    self.init(model: model, limits: limits) { ContinuousClock.now - start }
  }

  /// Checks these events, which count as lines from 1.
  public static func run(
    records: some Sequence<HistoryRecord>, model: Model, limits: CheckLimits = CheckLimits()
  ) throws(HistoryError) -> CheckReport {
    try HistoryCheck(model: model, limits: limits).run(try History(records: records))
  }

  /// - Throws: if the history has functions or values that the model does not know.
  public func run(_ history: History) throws(HistoryError) -> CheckReport {
    let functions = Set(model.functions)
    for operation in history.operations where !functions.contains(operation.function) {
      throw HistoryError(
        line: operation.invoked.line, problem: .unknownFunction(operation.function, model: model))
    }
    var budget = Budget(limits, elapsed: elapsed)
    var report = CheckReport(
      model: model, verdict: .ok, operations: history.operations.count, open: history.open,
      failed: history.failed, keys: 0, keysDecided: 0, steps: 0)
    if history.operations.isEmpty { report.notes.append("no operations: nothing was checked") }
    if model == .contactCenter {
      try ContactCenterCheck(history).run(into: &report, &budget)
    } else {
      try checkKeys(history, into: &report, &budget)
    }
    report.steps = budget.steps
    return report
  }

  /// Small keys first, so that a hard one does not hide what is wrong with others; stops at the first violation.
  private func checkKeys(
    _ history: History, into report: inout CheckReport, _ budget: inout Budget
  ) throws(HistoryError) {
    var searches: [(operations: [Operation], search: KeySearch)] = []
    for operations in history.byKey() {
      searches.append((operations, try KeySearch(operations, model: model)))
    }
    searches.sort { $0.operations.count < $1.operations.count }
    report.keys = searches.count
    var shortfalls: [Shortfall] = []
    for (operations, search) in searches {
      let key = operations.first?.key ?? .null
      if let violation = try suspicion(in: operations, &budget) {
        report.keysDecided += 1
        report.verdict = .violated([violation])
        return
      }
      let outcome = search.run(&budget, shortcuts: usesShortcuts)
      switch outcome.answer {
      case .linearizable:
        report.keysDecided += 1
      case .impossible:
        report.keysDecided += 1
        let violation = try Explanation(model: model).violation(of: operations, &budget)
        report.verdict = .violated([violation])
        return
      case .unknown(let limit):
        shortfalls.append(
          Shortfall(key: key, limit: limit, placed: outcome.placed, of: search.completed))
      }
    }
    if !shortfalls.isEmpty { report.verdict = .unknown(shortfalls) }
  }

  /// A violation that shows in a small part of a history, without a search of the whole.
  private func suspicion(
    in operations: [Operation], _ budget: inout Budget
  ) throws(HistoryError) -> Violation? {
    guard usesShortcuts else { return nil }
    let minimizer = Minimizer(model: model, start: .unborn)
    let parts =
      model == .queue
      ? Suspects(queue: operations).parts
      : Zones.parts(operations, groups: minimizer.clusters(operations))
    for part in parts where minimizer.isViolating(part, &budget) {
      return try Explanation(model: model).violation(of: part, total: operations.count, &budget)
    }
    return nil
  }
}
