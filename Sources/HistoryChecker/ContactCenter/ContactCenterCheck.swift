// Checks the history of a contact center: runs every rule, and puts their findings together. Pure but for the budget.

/// Conservation and exactly-once over the life of interactions, from what clients were told and what was seen at the end.
///
/// - The commands of one interaction must have an order (`InteractionMachine`): two agents cannot both have it, it is closed
///   once, and what is seen of it agrees.
/// - Every acknowledged interaction is there at the end, in one place (`PlaceRules`); none is there that nobody created.
/// - No agent certainly has more than its capacity at any moment (`CapacityRule`).
/// - One command has one acknowledgment (`CommandRule`).
/// - A durable message has its effect once, in order (`DeliveryRule`).
struct ContactCenterCheck {
  /// At most this many violations are reported.
  private static let violationLimit = 20

  private let history: History
  /// The operations with the attempts of one command put together.
  private let operations: [Operation]

  init(_ history: History) throws(HistoryError) {
    self.history = history
    for operation in history.operations { try Self.requireKey(of: operation) }
    operations = Commands.merged(history.operations)
  }

  /// An operation that says nothing of whom it is about would be looked at by no rule. Only a `create` without an answer
  /// may leave it out.
  private static func requireKey(of operation: Operation) throws(HistoryError) {
    guard let function = ContactCenterFunction(rawValue: operation.function) else { return }
    let wanted: String
    switch function {
    case .create:
      guard operation.key == .null, let end = operation.completed else { return }
      throw HistoryError(line: end.line, problem: .field("key", wanted: "the interaction that was created"))
    case .signIn, .stateOfAgent:
      guard operation.key.text == nil else { return }
      wanted = "the agent, a text"
    case .deliver:
      guard operation.key == .null else { return }
      wanted = "the pair of sender and receiver"
    case .accept, .decline, .complete, .finishWrapUp, .abandon, .requeue, .view, .final:
      guard operation.key == .null else { return }
      wanted = "the interaction"
    }
    throw HistoryError(line: operation.invoked.line, problem: .field("key", wanted: wanted))
  }

  func run(into report: inout CheckReport, _ budget: inout Budget) throws(HistoryError) {
    var violations = CommandRule.violations(history.operations)
    let places = try PlaceRules(operations)
    violations += places.violations()
    violations += try CapacityRule(operations).violations()
    violations += try DeliveryRule.violations(operations)
    if !places.hasFinals {
      report.notes.append("no \"final\" was observed: whether anything was lost at the end was not checked")
    }
    var shortfalls: [Shortfall] = []
    for life in lives() {
      report.keys += 1
      let search = try KeySearch(life.operations, model: .contactCenter, start: life.start)
      let outcome = search.run(&budget)
      switch outcome.answer {
      case .linearizable: report.keysDecided += 1
      case .impossible:
        report.keysDecided += 1
        guard violations.count < Self.violationLimit else { continue }
        violations.append(
          try Explanation(model: .contactCenter, start: life.start).violation(of: life.operations, &budget))
      case .unknown(let limit):
        shortfalls.append(
          Shortfall(
            key: life.operations.first?.key ?? .null, limit: limit, placed: outcome.placed,
            of: search.completed))
      }
    }
    if !violations.isEmpty {
      report.verdict = .violated(Array(violations.prefix(Self.violationLimit)))
    } else if !shortfalls.isEmpty {
      report.verdict = .unknown(shortfalls)
    }
  }

  private struct Life {
    var operations: [Operation]
    var start: InteractionMachine.Life
  }

  /// The operations of each interaction. One whose creation is not in the history begins with no agent: its `create` may be
  /// one of unknown outcome, whose interaction was never told, and it may not have been there when someone looked.
  /// What is not there at the end is the subject of `PlaceRules`.
  private func lives() -> [Life] {
    let own = operations.filter {
      ContactCenterFunction(rawValue: $0.function)?.isOfInteraction == true && $0.key != .null
        && !($0.has(.final) && $0.result == .null)
    }
    return History(operations: own, failed: 0).byKey().map { operations in
      if operations.contains(where: { $0.has(.create) }) {
        return Life(operations: operations, start: .unborn)
      }
      return Life(operations: operations.filter { !($0.has(.view) && $0.result == .null) }, start: .open)
    }
  }
}
