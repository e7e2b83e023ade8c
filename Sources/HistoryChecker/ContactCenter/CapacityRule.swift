// No agent is above capacity at any moment (promise P4). Pure.

/// Counts what agents certainly have: from the acknowledgment of `accept` until the first invocation that may have ended
/// it. Capacity is the highest that any `sign-in` of the agent asked for; agents that never signed in are not checked.
struct CapacityRule {
  private struct Holding {
    var accept: Operation
    var agent: JSONValue
    /// Null if it was not told.
    var channel: JSONValue
    /// The positions between which the agent certainly has it.
    var from: Int
    var until: Int
  }

  /// What an agent may have at once: in all, and of each channel. Its sign-ins may be of both kinds, and any of them may
  /// be the one in force: then the larger number counts.
  private struct Capacity {
    var total: Int64 = 0
    var channels: [JSONValue: Int64] = [:]

    var all: Int64 {
      let sum = channels.values.reduce(into: Int64(0)) { sum, one in
        let (next, overflow) = sum.addingReportingOverflow(one)
        sum = overflow ? .max : next
      }
      return max(total, sum)
    }

    func of(_ channel: JSONValue) -> Int64 { max(total, channels[channel] ?? 0) }
  }

  private let holdings: [Holding]
  private var capacities: [JSONValue: Capacity] = [:]

  init(_ operations: [Operation]) throws(HistoryError) {
    var channels: [JSONValue: JSONValue] = [:]
    var ends: [JSONValue: [Operation]] = [:]
    for operation in operations {
      switch ContactCenterFunction(rawValue: operation.function) {
      case .signIn: try Self.add(operation, to: &capacities[operation.key, default: Capacity()])
      case .create:
        let channel = try Self.channel(of: operation)
        if channel != .null { channels[operation.key] = channel }
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
        accept: accept, agent: agent, channel: channels[accept.key] ?? .null, from: end.position,
        until: first ?? Int.max)
    }
  }

  private static func channel(of create: Operation) throws(HistoryError) -> JSONValue {
    let channel = create.argument["channel"] ?? .null
    switch (create.argument, channel) {
    case (.null, _), (.object, .null), (.object, .string): return channel
    default:
      throw HistoryError(
        line: create.invoked.line,
        problem: .argument(function: "create", wanted: "null, or an object whose \"channel\" is a text"))
    }
  }

  private static func add(_ signIn: Operation, to capacity: inout Capacity) throws(HistoryError) {
    let wrong = HistoryError(
      line: signIn.invoked.line,
      problem: .argument(
        function: "sign-in", wanted: "an object with a \"capacity\": an integer, or one for each channel"))
    switch signIn.argument["capacity"] {
    case .integer(let all): capacity.total = max(capacity.total, all)
    case .object(let members):
      for member in members {
        guard let number = member.value.number else { throw wrong }
        let channel = JSONValue.string(member.name)
        capacity.channels[channel] = max(capacity.channels[channel] ?? 0, number)
      }
    default: throw wrong
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
    guard let capacity = capacities[agent] else { return nil }
    var present: [Holding] = []
    for holding in holdings.sorted(by: { $0.from < $1.from }) {
      present.removeAll { $0.until <= holding.from }
      present.append(holding)
      let same = present.filter { $0.channel == holding.channel }
      // Of a channel that was not told, only the number of all can be judged.
      let isChannelFull = holding.channel != .null && same.count > capacity.of(holding.channel)
      guard isChannelFull || present.count > capacity.all else { continue }
      // A plain number is said of all channels.
      let isOfChannel = isChannelFull && !capacity.channels.isEmpty
      let (held, words) = isOfChannel ? (same, " \(holding.channel.text ?? "")") : (present, "")
      let limit = isOfChannel ? capacity.of(holding.channel) : capacity.all
      return Violation(
        rule: .aboveCapacity, key: agent,
        explanation: [
          "agent \(agent) has \(held.count)\(words) interactions after line \(holding.accept.completed?.line ?? 0), above its capacity of \(limit)",
          "they are \(held.map(\.accept.key.description).joined(separator: ", "))",
        ], part: HistoryPart(held.map(\.accept), culprits: [holding.accept]))
    }
    return nil
  }
}
