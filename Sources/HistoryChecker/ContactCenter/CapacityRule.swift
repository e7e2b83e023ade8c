// No agent is above capacity at any moment (promise P4). Pure.

/// Counts what agents certainly have: from the acknowledgment of `accept` until the first invocation that may have ended
/// it. Capacity is the highest that any `sign-in` of the agent asked for; agents that never signed in are not checked.
struct CapacityRule {
  private struct Holding {
    var accept: Operation
    var agent: JSONValue
    var channel: String
    /// The positions between which the agent certainly has it.
    var from: Int
    var until: Int
  }

  private let holdings: [Holding]
  /// By agent and channel; agents whose sign-in gives one number have it under "".
  private var capacity: [JSONValue: [String: Int64]] = [:]

  init(_ operations: [Operation]) throws(HistoryError) {
    var channels: [JSONValue: String] = [:]
    var ends: [JSONValue: [Operation]] = [:]
    for operation in operations {
      switch ContactCenterFunction(rawValue: operation.function) {
      case .signIn: try Self.add(operation, to: &capacity)
      case .create: if let channel = operation.argument["channel"]?.text { channels[operation.key] = channel }
      case .complete, .finishWrapUp, .requeue, .abandon: ends[operation.key, default: []].append(operation)
      default: break
      }
    }
    holdings = operations.compactMap { accept in
      guard accept.has(.accept), let end = accept.completed, let agent = accept.argument["agent"] else {
        return nil
      }
      let first = ends[accept.key, default: []].filter { !$0.precedes(accept) }.map(\.invoked.position).min()
      return Holding(
        accept: accept, agent: agent, channel: channels[accept.key] ?? "", from: end.position,
        until: first ?? Int.max)
    }
  }

  private static func add(
    _ signIn: Operation, to capacity: inout [JSONValue: [String: Int64]]
  ) throws(HistoryError) {
    func raise(_ channel: String, _ value: Int64) {
      capacity[signIn.key, default: [:]][channel] = max(capacity[signIn.key]?[channel] ?? 0, value)
    }
    switch signIn.argument["capacity"] {
    case .integer(let all): raise("", all)
    case .object(let members):
      for member in members { raise(member.name, member.value.number ?? 0) }
      if members.isEmpty { capacity[signIn.key, default: [:]] = capacity[signIn.key] ?? [:] }
    default:
      throw HistoryError(
        line: signIn.invoked.line,
        problem: .argument(
          function: "sign-in", wanted: "an object with a \"capacity\": a number, or one for each channel"))
    }
  }

  func violations() -> [Violation] {
    var byAgent: [JSONValue: [Holding]] = [:]
    var agents: [JSONValue] = []
    for holding in holdings where holding.until > holding.from {
      if byAgent[holding.agent] == nil { agents.append(holding.agent) }
      byAgent[holding.agent, default: []].append(holding)
    }
    return agents.compactMap { firstViolation(of: $0, byAgent[$0] ?? []) }
  }

  /// The first moment at which the agent has too much.
  private func firstViolation(of agent: JSONValue, _ holdings: [Holding]) -> Violation? {
    guard let capacity = capacity[agent] else { return nil }
    var present: [Holding] = []
    for holding in holdings.sorted(by: { $0.from < $1.from }) {
      present.removeAll { $0.until <= holding.from }
      present.append(holding)
      let channel = capacity[""] != nil ? "" : holding.channel
      // A channel that was not told cannot be compared with a capacity for each channel.
      guard !channel.isEmpty || capacity[""] != nil else { continue }
      let same = present.filter { channel.isEmpty || $0.channel == channel }
      let limit = capacity[channel] ?? 0
      guard same.count > limit else { continue }
      return Violation(
        rule: .aboveCapacity, key: agent,
        explanation: [
          "agent \(agent) has \(same.count)\(channel.isEmpty ? "" : " \(channel)") interactions after line \(holding.accept.completed?.line ?? 0), above its capacity of \(limit)",
          "they are \(same.map(\.accept.key.description).joined(separator: ", "))",
        ], part: HistoryPart(same.map(\.accept), culprits: [holding.accept]))
    }
    return nil
  }
}
