// Checks promise P4 on snapshots of interactions, agents and queues: a pure function.

/// Every accepted interaction is in exactly one place, no agent is above capacity, nothing is answered twice.
///
/// Snapshots come from views, from states, or (counts only) from the rows of the read models.
public struct Conservation: Sendable {
  /// Where an interaction says that it is.
  public struct InteractionAt: Equatable, Sendable {
    public var id: String
    public var queue: String
    public var place: Int
    public var stage: InteractionStage
    public var agent: String?
    public var outcome: InteractionOutcome?
    public var answers: Int

    public init(
      id: String, queue: String, place: Int, stage: InteractionStage, agent: String?,
      outcome: InteractionOutcome?, answers: Int
    ) {
      self.id = id
      self.queue = queue
      self.place = place
      self.stage = stage
      self.agent = agent
      self.outcome = outcome
      self.answers = answers
    }

    public init(_ view: InteractionView) {
      self.init(
        id: view.id, queue: view.queue, place: view.place, stage: view.state, agent: view.agent,
        outcome: view.outcome, answers: view.answers)
    }

    /// Whether an agent has it, or is to answer it.
    var isHeld: Bool {
      switch stage {
      case .offered, .active, .wrapUp: true
      case .waiting, .closed: false
      }
    }
  }

  /// What an agent holds.
  public struct AgentHolding: Equatable, Sendable {
    public struct Slot: Equatable, Sendable {
      public var interaction: String
      public var place: Int
      public var channel: Channel

      public init(interaction: String, place: Int, channel: Channel) {
        self.interaction = interaction
        self.place = place
        self.channel = channel
      }
    }

    public var id: String
    public var capacity: [Channel: Int]
    public var slots: [Slot]

    public init(id: String, capacity: [Channel: Int], slots: [Slot]) {
      self.id = id
      self.capacity = capacity
      self.slots = slots
    }

    public init(_ view: AgentView) {
      self.init(
        id: view.id, capacity: view.capacity,
        slots: view.slots.map { Slot(interaction: $0.interaction, place: $0.place, channel: $0.channel) })
    }
  }

  /// What a queue has in line: its entries, or their number only.
  public struct QueueHolding: Equatable, Sendable {
    public enum Line: Equatable, Sendable {
      case entries([ReservationKey])
      case count(Int)
    }

    public var id: String
    public var line: Line

    public init(id: String, line: Line) {
      self.id = id
      self.line = line
    }

    public init(_ status: QueueStatus) {
      self.init(id: status.id, line: .count(status.waitingTotal + status.reserving))
    }
  }

  public var interactions: [InteractionAt]
  public var agents: [AgentHolding]
  public var queues: [QueueHolding]

  public init(interactions: [InteractionAt], agents: [AgentHolding], queues: [QueueHolding]) {
    self.interactions = interactions
    self.agents = agents
    self.queues = queues
  }

  /// What is wrong, in order of ids; empty if nothing is.
  /// - Parameter settled: no message is on its way: then reservations are exactly what interactions say. Else only
  ///   what holds at every moment of one consistent snapshot is checked.
  public func violations(settled: Bool) -> [ConservationViolation] {
    var found: [ConservationViolation] = []
    for interaction in interactions { found += Self.inItself(interaction) }
    for agent in agents { found += Self.aboveCapacity(agent) }
    found += slotViolations(settled: settled)
    found += lineViolations(settled: settled)
    return found.sorted { $0.description < $1.description }
  }

  private static func inItself(_ interaction: InteractionAt) -> [ConservationViolation] {
    if interaction.answers > 1 {
      return [.answeredTwice(interaction: interaction.id, answers: interaction.answers)]
    }
    let consistent =
      switch interaction.stage {
      case .waiting: interaction.agent == nil && interaction.answers == 0
      case .offered: interaction.agent != nil && interaction.answers == 0
      case .active, .wrapUp: interaction.agent != nil && interaction.answers == 1
      case .closed:
        interaction.answers == (interaction.outcome == .completed ? 1 : 0) && interaction.outcome != nil
      }
    return consistent ? [] : [.contradictory(interaction: interaction.id, stage: interaction.stage)]
  }

  private static func aboveCapacity(_ agent: AgentHolding) -> [ConservationViolation] {
    Channel.allCases.compactMap { channel in
      let held = agent.slots.reduce(0) { $1.channel == channel ? $0 + 1 : $0 }
      let capacity = agent.capacity[channel, default: 0]
      return held > capacity
        ? .aboveCapacity(agent: agent.id, channel: channel, held: held, capacity: capacity) : nil
    }
  }

  private func slotViolations(settled: Bool) -> [ConservationViolation] {
    var holders: [ReservationKey: [String]] = [:]
    for agent in agents {
      for slot in agent.slots {
        holders[ReservationKey(interaction: slot.interaction, place: slot.place), default: []].append(
          agent.id)
      }
    }
    var found = holders.filter { $0.value.count > 1 }.map {
      ConservationViolation.heldTwice(interaction: $0.key.interaction, agents: $0.value.sorted())
    }
    for interaction in interactions where interaction.isHeld {
      let key = ReservationKey(interaction: interaction.id, place: interaction.place)
      if let agent = interaction.agent, holders[key]?.contains(agent) == true {
        holders[key] = nil
      } else {
        found.append(.notHeld(interaction: interaction.id, agent: interaction.agent))
      }
    }
    guard settled else { return found }
    return found
      + holders.map {
        .orphanedSlot(interaction: $0.key.interaction, agent: $0.value.sorted().joined(separator: ", "))
      }
  }

  private func lineViolations(settled: Bool) -> [ConservationViolation] {
    var found: [ConservationViolation] = []
    var lines: [ReservationKey: [String]] = [:]
    for queue in queues {
      switch queue.line {
      case .entries(let entries):
        for entry in entries { lines[entry, default: []].append(queue.id) }
      case .count(let count):
        let waiting = interactions.reduce(0) { $1.stage == .waiting && $1.queue == queue.id ? $0 + 1 : $0 }
        if settled, count != waiting {
          found.append(.lineCount(queue: queue.id, entries: count, waiting: waiting))
        }
      }
    }
    found += lines.filter { $0.value.count > 1 }.map {
      .inTwoLines(interaction: $0.key.interaction, queues: $0.value.sorted())
    }
    guard settled else { return found }
    let counted = Set(queues.compactMap { if case .count = $0.line { $0.id } else { nil } })
    for interaction in interactions
    where interaction.stage == .waiting && !counted.contains(interaction.queue) {
      let key = ReservationKey(interaction: interaction.id, place: interaction.place)
      if lines[key]?.contains(interaction.queue) == true {
        lines[key] = nil
      } else {
        found.append(.notInLine(interaction: interaction.id, queue: interaction.queue))
      }
    }
    return found
      + lines.map {
        .orphanedEntry(interaction: $0.key.interaction, queue: $0.value.sorted().joined(separator: ", "))
      }
  }
}

/// A breach of promise P4.
public enum ConservationViolation: Equatable, Sendable, CustomStringConvertible {
  case answeredTwice(interaction: String, answers: Int)
  /// The interaction's own fields do not go together.
  case contradictory(interaction: String, stage: InteractionStage)
  case aboveCapacity(agent: String, channel: Channel, held: Int, capacity: Int)
  /// Two agents hold the same place of one interaction.
  case heldTwice(interaction: String, agents: [String])
  /// The interaction says that an agent has it, and the agent does not know.
  case notHeld(interaction: String, agent: String?)
  /// An agent holds what no interaction confirms.
  case orphanedSlot(interaction: String, agent: String)
  case inTwoLines(interaction: String, queues: [String])
  /// The interaction says that it waits, and its queue does not know.
  case notInLine(interaction: String, queue: String)
  /// A queue has in line what no interaction confirms.
  case orphanedEntry(interaction: String, queue: String)
  case lineCount(queue: String, entries: Int, waiting: Int)

  public var description: String {
    switch self {
    case .answeredTwice(let id, let answers): "interaction \(id) was answered \(answers) times"
    case .contradictory(let id, let stage):
      "interaction \(id) is \(stage.rawValue), which its other fields deny"
    case .aboveCapacity(let agent, let channel, let held, let capacity):
      "agent \(agent) holds \(held) \(channel.rawValue) interactions, above its capacity of \(capacity)"
    case .heldTwice(let id, let agents): "interaction \(id) is held by several agents: \(agents)"
    case .notHeld(let id, let agent): "interaction \(id) is with agent \(agent ?? "-"), who does not hold it"
    case .orphanedSlot(let id, let agent): "agent \(agent) holds interaction \(id), which does not confirm it"
    case .inTwoLines(let id, let queues): "interaction \(id) is in several lines: \(queues)"
    case .notInLine(let id, let queue): "interaction \(id) waits in queue \(queue), which does not have it"
    case .orphanedEntry(let id, let queue): "queue \(queue) has interaction \(id), which does not wait there"
    case .lineCount(let queue, let entries, let waiting):
      "queue \(queue) has \(entries) entries, and \(waiting) interactions say that they wait in it"
    }
  }
}
