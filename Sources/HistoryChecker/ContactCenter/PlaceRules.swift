// Where interactions are at the end (promise P4). Pure.

/// Compares what was acknowledged with what is seen when nothing moves any more.
struct PlaceRules {
  private let operations: [Operation]
  /// The last completed `final` of each interaction, in the order of the first.
  private var finals: [(key: JSONValue, operation: Operation, seen: SeenInteraction?)] = []
  private var finalPlaces: [JSONValue: Int] = [:]
  /// The last completed `state-of-agent` of each agent, in the order of the first.
  private var agents: [JSONValue] = []
  private var slots: [JSONValue: (operation: Operation, held: [JSONValue])] = [:]

  var hasFinals: Bool { !finals.isEmpty }

  init(_ operations: [Operation]) throws(HistoryError) {
    self.operations = operations
    for operation in operations where operation.has(.final) {
      guard let result = operation.result, let end = operation.completed else { continue }
      let seen = SeenInteraction(result)
      guard seen != nil || result == .null else {
        throw HistoryError(
          line: end.line, problem: .result(function: "final", wanted: SeenInteraction.wanted))
      }
      if let place = finalPlaces[operation.key] {
        finals[place] = (operation.key, operation, seen)
      } else {
        finalPlaces[operation.key] = finals.count
        finals.append((operation.key, operation, seen))
      }
    }
    for operation in operations where operation.has(.stateOfAgent) {
      guard let result = operation.result, let end = operation.completed else { continue }
      guard let held = result["slots"]?.elements, held.allSatisfy({ $0.text != nil || $0.number != nil })
      else {
        throw HistoryError(
          line: end.line,
          problem: .result(
            function: "state-of-agent", wanted: "an object with \"slots\": a list of interactions"))
      }
      if slots.updateValue((operation, held), forKey: operation.key) == nil { agents.append(operation.key) }
    }
  }

  func violations() -> [Violation] {
    lost() + fromNowhere() + notInOnePlace() + slotsDenied()
  }

  /// Acknowledged and not there. One that was looked for without any answer is not known to be lost.
  private func lost() -> [Violation] {
    guard hasFinals else { return [] }
    let asked = Set(operations.filter { $0.has(.final) && $0.isOpen }.map(\.key))
    return operations.compactMap { create in
      guard create.has(.create), !create.isOpen else { return nil }
      let final = finalPlaces[create.key].map { finals[$0] }
      guard final.map({ $0.seen == nil }) ?? !asked.contains(create.key) else { return nil }
      return Violation(
        rule: .lost, key: create.key,
        explanation: [
          "interaction \(create.key) was acknowledged in line \(create.completed?.line ?? 0), and is not there at the end"
        ],
        part: HistoryPart([create] + (final.map { [$0.operation] } ?? []), culprits: [create]))
    }
  }

  /// There, and no `create` can have made it: those of unknown outcome whose interaction was not told may each have made one.
  private func fromNowhere() -> [Violation] {
    let creates = operations.filter { $0.has(.create) }
    guard !creates.isEmpty else { return [] }
    let known = Set(creates.map(\.key))
    let unexplained = finals.filter { $0.seen != nil && !known.contains($0.key) }
    let anonymous = creates.count { $0.key == .null && $0.isOpen }
    guard unexplained.count > anonymous else { return [] }
    return unexplained.dropFirst(anonymous).map { final in
      Violation(
        rule: .fromNowhere, key: final.key,
        explanation: [
          "interaction \(final.key) is there at the end, and nobody created it",
          "\(anonymous) create commands of unknown outcome explain at most as many interactions; \(unexplained.count) need one",
        ], part: HistoryPart([final.operation], culprits: [final.operation]))
    }
  }

  private func notInOnePlace() -> [Violation] {
    finals.compactMap { final in
      guard let seen = final.seen, let wrong = Self.contradiction(seen) else { return nil }
      return Violation(
        rule: .notInOnePlace, key: final.key,
        explanation: ["interaction \(final.key) is \(seen.state.rawValue) at the end, and \(wrong)"],
        part: HistoryPart([final.operation], culprits: [final.operation]))
    }
  }

  private static func contradiction(_ seen: SeenInteraction) -> String? {
    let agents = seen.agents
    let queues = seen.queues
    switch seen.state {
    case .waiting:
      if let agents, !agents.isEmpty { return "with agents \(agents)" }
      if let queues, queues.count != 1 { return "in \(queues.count) queues: \(queues)" }
    case .offered, .held, .active, .wrapUp:
      if let agents, agents.count != 1 { return "with \(agents.count) agents: \(agents)" }
      if seen.state != .offered, let queues, !queues.isEmpty { return "in line: \(queues)" }
    case .callback, .selfService:
      if let agents, !agents.isEmpty { return "with agents \(agents)" }
      if let queues, !queues.isEmpty { return "in line: \(queues)" }
    case .closed:
      if let queues, !queues.isEmpty { return "in line: \(queues)" }
    }
    return nil
  }

  /// Agents and interactions name each other. Only agents and interactions that were both seen are compared.
  private func slotsDenied() -> [Violation] {
    var violations: [Violation] = []
    func add(_ key: JSONValue, _ words: String, _ operations: [Operation]) {
      violations.append(
        Violation(
          rule: .slotDenied, key: key, explanation: [words],
          part: HistoryPart(operations, culprits: operations)))
    }
    for agent in agents {
      guard let slot = slots[agent] else { continue }
      for interaction in slot.held {
        guard let place = finalPlaces[interaction], let seen = finals[place].seen, let holders = seen.agents
        else { continue }
        let isWithAgent = [.offered, .held, .active, .wrapUp].contains(seen.state)
        if !isWithAgent || !holders.contains(agent) {
          add(
            interaction,
            "agent \(agent) holds interaction \(interaction) at the end, which is \(seen.state.rawValue) with \(holders)",
            [slot.operation, finals[place].operation])
        }
      }
    }
    for final in finals {
      guard let seen = final.seen, [.offered, .held, .active, .wrapUp].contains(seen.state),
        let holder = seen.agents?.first, let slot = slots[holder], !slot.held.contains(final.key)
      else { continue }
      add(
        final.key,
        "interaction \(final.key) is \(seen.state.rawValue) with agent \(holder) at the end, who does not hold it",
        [final.operation, slot.operation])
    }
    return violations
  }
}
