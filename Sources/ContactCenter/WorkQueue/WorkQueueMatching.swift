// How a queue matches interactions with agents: the decisions on what interactions and agents say. Pure.
internal import ActorCluster
internal import PlantedBugs

extension WorkQueueState {
  /// An interaction gets in line, or back in line under a higher place number.
  func enqueue(_ message: Enqueue, _ context: DecisionContext) throws -> Decision<WorkQueueEvent, Done> {
    if let known = entries[message.interaction], known.place >= message.place { return Decision() }
    var decision = Decision<WorkQueueEvent, Done>([.enqueued(QueueEnqueued(message))])
    if let agent = idle.first(message.channel) {
      let key = ReservationKey(interaction: message.interaction, place: message.place)
      try decision.match(key, message.channel, with: agent, queue: id)
      if isPlanted(.offerToTwo), let other = idle.first(message.channel, except: agent) {
        try decision.match(key, message.channel, with: other, queue: id)
      }
    }
    return decision
  }

  /// The interaction went to an agent.
  func left(_ message: Departure, _ context: DecisionContext) throws -> Decision<WorkQueueEvent, Done> {
    departure(message, abandoned: false)
  }

  /// The interaction ended in line. If an agent was asked to take it, the agent learns from the interaction that the
  /// reservation is void.
  func withdraw(_ message: Departure, _ context: DecisionContext) throws -> Decision<WorkQueueEvent, Done> {
    departure(message, abandoned: true)
  }

  private func departure(_ message: Departure, abandoned: Bool) -> Decision<WorkQueueEvent, Done> {
    guard let entry = entries[message.interaction], entry.place <= message.place else { return Decision() }
    return Decision([.left(QueueLeft(message, abandoned: abandoned))])
  }

  /// An agent says how it stands: it takes from the line what it has open slots for.
  func agentChanged(_ report: AgentReport, _ context: DecisionContext) throws -> Decision<
    WorkQueueEvent, Done
  > {
    guard !isStale(report) else { return Decision() }
    var agent = agents[report.agent] ?? QueueAgent()
    agent.fold(report)
    var decision = Decision<WorkQueueEvent, Done>([.reported(report)])
    for (entry, channel) in takes(of: agent) {
      try decision.match(entry, channel, with: report.agent, queue: id)
    }
    return decision
  }

  /// An agent could not take an interaction: it is back at its place, unless it left meanwhile; and the agent says how
  /// it stands. The next in line of agents gets it.
  func reservationRefused(
    _ message: ReservationRefused, _ context: DecisionContext
  ) throws -> Decision<WorkQueueEvent, Done> {
    let report = message.report
    let key = ReservationKey(interaction: message.interaction, place: message.place)
    var decision = Decision<WorkQueueEvent, Done>()
    var agent = agents[report.agent] ?? QueueAgent()
    if !isStale(report) {
      agent.fold(report)
      decision.events.append(.reported(report))
    }
    agent.outstanding.removeAll { $0.key == key }
    decision.events.append(
      .returned(QueueReturned(interaction: message.interaction, place: message.place, agent: report.agent)))

    var back = entries[message.interaction]
    if back?.place != message.place || back?.reservingFor != report.agent { back = nil }
    for (entry, channel) in takes(of: agent, returning: back) {
      try decision.match(entry, channel, with: report.agent, queue: id)
      if entry == key { back = nil }
    }
    if let back, let next = idle.first(back.channel, except: report.agent) {
      try decision.match(key, back.channel, with: next, queue: id)
    }
    return decision
  }

  /// What an agent takes from the line.
  /// - Parameter returning: an entry that is not in the line, but is back at its place in it.
  private func takes(of agent: QueueAgent, returning back: QueueEntry? = nil) -> [(ReservationKey, Channel)] {
    guard IdleAgents.isEligible(agent, requiredSkill: settings.requiredSkill) else { return [] }
    var takes: [(ReservationKey, Channel)] = []
    for channel in Channel.allCases {
      let open = agent.open(channel)
      guard open > 0 else { continue }
      var next = line.next(open, of: channel).compactMap { entries[$0] }
      if let back, back.channel == channel {
        next.insert(back, at: next.firstIndex { back.precedes($0) } ?? next.count)
      }
      takes += next.prefix(open).map {
        (ReservationKey(interaction: $0.interaction, place: $0.place), channel)
      }
    }
    return takes
  }

  /// Reports of one agent come in order; this guards against any that would not.
  private func isStale(_ report: AgentReport) -> Bool {
    guard let known = agents[report.agent] else { return false }
    return report.version < known.version
  }
}

extension QueueEntry {
  /// The order in which entries of a channel are served.
  package func precedes(_ other: QueueEntry) -> Bool {
    priority == other.priority ? position < other.position : priority > other.priority
  }
}

extension Decision where Event == WorkQueueEvent {
  /// Asks the agent to hold a slot for the entry.
  mutating func match(
    _ entry: ReservationKey, _ channel: Channel, with agent: String, queue: String
  ) throws {
    events.append(
      .reserving(QueueReserving(interaction: entry.interaction, place: entry.place, agent: agent)))
    messages.append(
      try DurableMessage(
        to: .agent(agent), method: MessageName.reserve,
        argument: Reserve(
          interaction: entry.interaction, place: entry.place, queue: queue, channel: channel)))
  }
}
