// What one node's state file says of the contact center, as rows of its read models. Pure.
internal import ContactCenter

/// The read models of one node. Times are milliseconds of partition time.
package struct NodeSnapshot: Equatable, Sendable {
  package struct InteractionRow: Equatable, Sendable {
    package var queue: String
    package var state: String
    package var agent: String?
    package var place: Int
    package var priority: Int
    package var arrivedMs: Int64
    package var offeredMs: Int64?
    package var answeredMs: Int64?
    package var closedMs: Int64?
    package var outcome: String?
    package var answers: Int
    package var offers: Int

    package init(
      queue: String, state: String, agent: String? = nil, place: Int = 0, priority: Int = 0,
      arrivedMs: Int64 = 0,
      offeredMs: Int64? = nil, answeredMs: Int64? = nil, closedMs: Int64? = nil, outcome: String? = nil,
      answers: Int = 0, offers: Int = 0
    ) {
      self.queue = queue
      self.state = state
      self.agent = agent
      self.place = place
      self.priority = priority
      self.arrivedMs = arrivedMs
      self.offeredMs = offeredMs
      self.answeredMs = answeredMs
      self.closedMs = closedMs
      self.outcome = outcome
      self.answers = answers
      self.offers = offers
    }
  }

  package struct AgentRow: Equatable, Sendable {
    package var state: String
    package var slots: Int
    /// Such as `chat=4 voice=1`.
    package var capacity: String

    package init(state: String, slots: Int, capacity: String) {
      self.state = state
      self.slots = slots
      self.capacity = capacity
    }
  }

  package struct QueueRow: Equatable, Sendable {
    package var waiting: Int
    package var reserving: Int

    package init(waiting: Int, reserving: Int) {
      self.waiting = waiting
      self.reserving = reserving
    }
  }

  package var node: String
  package var interactions: [String: InteractionRow]
  package var agents: [String: AgentRow]
  package var queues: [String: QueueRow]

  package init(
    node: String, interactions: [String: InteractionRow] = [:], agents: [String: AgentRow] = [:],
    queues: [String: QueueRow] = [:]
  ) {
    self.node = node
    self.interactions = interactions
    self.agents = agents
    self.queues = queues
  }

  package var answered: Int { interactions.values.count { $0.answers > 0 } }
  package var abandoned: Int {
    interactions.values.count { $0.outcome == InteractionOutcome.abandoned.rawValue }
  }
  package var waiting: Int {
    interactions.values.count { $0.outcome == nil && $0.answers == 0 }
  }

  /// Seconds from arrival to answer of every answered interaction, in partition time.
  package var waits: [Double] {
    interactions.values.compactMap { row in row.answeredMs.map { Double($0 - row.arrivedMs) / 1_000 } }
  }
}
