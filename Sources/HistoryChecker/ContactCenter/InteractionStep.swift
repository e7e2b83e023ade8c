// What an operation says of an interaction's life. Pure.

/// Agents are numbers of a `ValueTable`; 0 is "not said".
enum InteractionStep: Equatable {
  case create
  case accept(Int)
  case decline(Int)
  case complete(Int)
  case finishWrapUp(Int)
  case abandon
  case requeue(Int)
  case see(SeenInteraction.State, agent: Int)
  case seeNothing

  static func parse(_ operation: Operation, _ table: inout ValueTable) throws(HistoryError)
    -> InteractionStep?
  {
    guard let function = ContactCenterFunction(rawValue: operation.function) else { return nil }
    var agent = 0
    if function.needsAgent {
      guard let name = operation.argument["agent"], name.text != nil else {
        throw HistoryError(
          line: operation.invoked.line,
          problem: .argument(function: operation.function, wanted: "an object that names the \"agent\""))
      }
      agent = table.number(of: name)
    }
    switch function {
    case .create: return .create
    case .accept: return .accept(agent)
    case .decline: return .decline(agent)
    case .complete: return .complete(agent)
    case .finishWrapUp: return .finishWrapUp(agent)
    case .abandon: return .abandon
    case .requeue: return .requeue(agent)
    case .view, .final:
      guard let result = operation.result else { return nil }
      if result == .null { return .seeNothing }
      guard let seen = SeenInteraction(result) else {
        throw HistoryError(
          line: (operation.completed ?? operation.invoked).line,
          problem: .result(function: operation.function, wanted: SeenInteraction.wanted))
      }
      let named = seen.agents?.count == 1 ? seen.agents?.first : nil
      return .see(seen.state, agent: named.map { table.number(of: $0) } ?? 0)
    case .signIn, .stateOfAgent, .deliver: return nil
    }
  }
}
