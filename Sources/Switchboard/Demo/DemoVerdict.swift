// Compares the driver's ledger with the files of the stopped nodes: promises P1, P3 and P4 for one day. Pure.
internal import ContactCenter

/// Whether a day was conserved, and what was not. Everything acknowledged must be in every node's files, once, where the ledger
/// knows it to be; the files must agree with each other row by row; and each must be conserved in itself.
package struct DemoVerdict: Equatable, Sendable {
  /// In order of what they say.
  package let violations: [DemoViolation]
  package var isConserved: Bool { violations.isEmpty }

  package var lost: Int {
    var ids: Set<String> = []
    for case .lost(let id, _) in violations { ids.insert(id) }
    return ids.count
  }

  package var answeredTwice: Int {
    var ids: Set<String> = []
    for violation in violations {
      switch violation {
      case .answeredTwice(let id, _), .acceptedTwice(let id, _): ids.insert(id)
      default: break
      }
    }
    return ids.count
  }

  package var agentsAboveCapacity: Int {
    var agents: Set<String> = []
    for case .aboveCapacity(let agent, _, _) in violations { agents.insert(agent) }
    return agents.count
  }

  /// - Parameters:
  ///   - capacity: calls that an agent may have at a time.
  ///   - nodes: what the stopped nodes' files hold.
  ///   - also: what was found wrong while the day ran.
  package init(ledger: Ledger, capacity: Int, nodes: [NodeSnapshot], also found: [DemoViolation] = []) {
    var violations = Set(found)
    for node in nodes {
      violations.formUnion(Self.ledger(ledger, against: node))
      violations.formUnion(Self.conservation(of: node))
    }
    for node in nodes.dropFirst() {
      violations.formUnion(Self.difference(of: nodes[0], and: node))
    }
    for (agent, calls) in ledger.mostHeld where calls > capacity {
      violations.insert(.aboveCapacity(agent: agent, calls: calls, capacity: capacity))
    }
    for (id, entry) in ledger.entries where entry.answers.count > 1 {
      violations.insert(.acceptedTwice(interaction: id, agents: entry.answers.map(\.agent).sorted()))
    }
    violations.formUnion(ledger.givenUp.map { .unanswered($0) })
    self.violations = violations.sorted { $0.description < $1.description }
  }

  private static func ledger(_ ledger: Ledger, against node: NodeSnapshot) -> Set<DemoViolation> {
    var violations: Set<DemoViolation> = []
    for (id, entry) in ledger.entries {
      guard let row = node.interactions[id] else {
        violations.insert(.lost(interaction: id, node: node.node))
        continue
      }
      if row.answers > 1 { violations.insert(.answeredTwice(interaction: id, answers: row.answers)) }
      for answer in entry.answers where row.answers == 0 || row.agent != answer.agent {
        violations.insert(.answerLost(interaction: id, agent: answer.agent))
      }
      let isCompleted = row.state == "closed" && row.outcome == InteractionOutcome.completed.rawValue
      if entry.answers.contains(where: \.isClosed), !isCompleted {
        violations.insert(.completionLost(interaction: id, says: row.outcome ?? row.state))
      }
      if entry.isAbandoned, row.outcome != InteractionOutcome.abandoned.rawValue {
        violations.insert(.abandonmentLost(interaction: id, says: row.outcome ?? row.state))
      }
    }
    // A call whose acknowledgment never came may be there or not, but only once.
    let unknown = node.interactions.keys.filter { ledger.entries[$0]?.call == nil }.sorted()
    if unknown.count > ledger.unacknowledged.count {
      violations.insert(
        .createdTwice(surplus: unknown.count - ledger.unacknowledged.count, unknown: Array(unknown.prefix(3)))
      )
    }
    return violations
  }

  private static func conservation(of node: NodeSnapshot) -> Set<DemoViolation> {
    var violations: Set<DemoViolation> = []
    let arrived = node.interactions.count
    if arrived > 0, node.answered == 0 { violations.insert(.nobodyAnswered(arrived: arrived)) }
    if arrived != node.answered + node.abandoned + node.waiting {
      violations.insert(
        .notOnePlace(
          arrived: arrived, answered: node.answered, abandoned: node.abandoned, waiting: node.waiting))
    }
    var held: [String: [Conservation.AgentHolding.Slot]] = [:]
    var interactions: [Conservation.InteractionAt] = []
    for (id, row) in node.interactions.sorted(by: { $0.key < $1.key }) {
      guard let stage = InteractionStage(rawValue: row.state) else {
        violations.insert(
          .notConserved("\(node.node): interaction \(id) is in the unknown state \(row.state)"))
        continue
      }
      interactions.append(
        Conservation.InteractionAt(
          id: id, queue: row.queue, place: row.place, stage: stage, agent: row.agent,
          outcome: row.outcome.flatMap { InteractionOutcome(rawValue: $0) }, answers: row.answers))
      if let agent = row.agent, stage != .closed, stage != .waiting {
        held[agent, default: []].append(.init(interaction: id, place: row.place, channel: .voice))
      }
    }
    for (agent, row) in node.agents {
      let count = held[agent]?.count ?? 0
      if row.slots != count { violations.insert(.slotsDisagree(agent: agent, slots: row.slots, held: count)) }
      let capacity = capacity(row.capacity)
      if row.slots > capacity {
        violations.insert(.aboveCapacity(agent: agent, calls: row.slots, capacity: capacity))
      }
    }
    let check = Conservation(
      interactions: interactions,
      agents: held.sorted { $0.key < $1.key }.map { agent, slots in
        Conservation.AgentHolding(
          id: agent, capacity: [.voice: capacity(node.agents[agent]?.capacity ?? "")], slots: slots)
      },
      queues: node.queues.sorted { $0.key < $1.key }.map { id, row in
        Conservation.QueueHolding(id: id, line: .count(row.waiting + row.reserving))
      })
    violations.formUnion(check.violations(settled: true).map { .notConserved("\(node.node): \($0)") })
    return violations
  }

  private static func difference(of node: NodeSnapshot, and other: NodeSnapshot) -> Set<DemoViolation> {
    let ids = Set(node.interactions.keys).union(other.interactions.keys)
    return Set(
      ids.filter { node.interactions[$0] != other.interactions[$0] }.map {
        .filesDisagree(interaction: $0, node: node.node, other: other.node)
      })
  }

  /// The sum over the channels of `chat=4 voice=1`.
  private static func capacity(_ text: String) -> Int {
    text.split(separator: " ").reduce(0) { sum, part in
      sum + (part.split(separator: "=").last.flatMap { Int($0) } ?? 0)
    }
  }
}
