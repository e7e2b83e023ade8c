// How an agent takes and gives up interactions, and what it tells its queues. Pure.
internal import ActorCluster

extension AgentState {
  /// A queue asks for a slot. The agent alone knows whether it has one: it holds it and tells the interaction, or
  /// refuses and tells the queue how it stands.
  func reserve(_ message: Reserve, _ context: DecisionContext) throws -> Decision<AgentEvent, Done> {
    guard record.queues.contains(message.queue), record.free[message.channel, default: 0] > 0 else {
      let refused = ReservationRefused(
        interaction: message.interaction, place: message.place,
        report: standing(in: message.queue).report(of: self, settled: nil))
      return Decision(messages: [
        try DurableMessage(
          to: .workQueue(message.queue), method: MessageName.reservationRefused, argument: refused)
      ])
    }
    let held = AgentEvent.held(
      AgentHeld(
        interaction: message.interaction, place: message.place, queue: message.queue, channel: message.channel
      ))
    let reserved = try DurableMessage(
      to: .interaction(message.interaction), method: MessageName.reserved,
      argument: Reserved(agent: id, queue: message.queue, place: message.place))
    let settled = ReservationKey(interaction: message.interaction, place: message.place)
    let outcome = try announcing([held], at: context.now, settling: settled, of: message.queue)
    return Decision([held], messages: [reserved] + outcome.messages)
  }

  /// The agent has answered an interaction.
  func answered(_ message: SlotAnswered, _ context: DecisionContext) throws -> Decision<AgentEvent, Done> {
    guard record.slot(message.interaction, message.place) != nil else { return Decision() }
    return Decision([.answered(AgentAnswered(interaction: message.interaction, place: message.place))])
  }

  /// An interaction gives its slot back. Missed offers in a row end the agent's being ready (RONA).
  func release(_ message: Release, _ context: DecisionContext) throws -> Decision<AgentEvent, Done> {
    guard record.slot(message.interaction, message.place) != nil else { return Decision() }
    var events = [
      AgentEvent.released(
        AgentReleased(interaction: message.interaction, place: message.place, reason: message.reason))
    ]
    if message.reason == .missed, record.availability == .ready,
      record.misses + 1 >= record.missesBeforeNotReady
    {
      events.append(.notReady(AgentNotReady(reason: Self.missedOffers)))
    }
    return Decision(events, messages: try announcing(events, at: context.now).messages)
  }

  /// The reason of not being ready after missed offers.
  package static let missedOffers = "rona"
}

/// How an agent stands in one of its queues: what the queue needs to know.
struct AgentStanding: Equatable {
  var signedIn = false
  var skills: [String] = []
  var free: [Channel: Int] = [:]
  var idleSince = PartitionTime(milliseconds: 0)

  func report(of agent: AgentState, settled: ReservationKey?) -> AgentReport {
    AgentReport(
      agent: agent.id, version: agent.record.version, signedIn: signedIn, skills: skills, free: free,
      idleSince: idleSince, settled: settled)
  }
}

// What an agent tells its queues.
extension AgentState {
  func standing(in queue: String) -> AgentStanding {
    guard record.queues.contains(queue) else { return AgentStanding() }
    let free = record.free
    return AgentStanding(
      signedIn: true, skills: record.skills, free: free,
      idleSince: free.isEmpty ? PartitionTime(milliseconds: 0) : record.idleSince)
  }

  /// The state after these events, and the messages that tell every queue for which something changed; and the queue
  /// whose reservation this settles, in any case.
  func announcing(
    _ events: [AgentEvent], at now: PartitionTime, settling key: ReservationKey? = nil,
    of asking: String? = nil
  ) throws -> (after: AgentState, messages: [DurableMessage]) {
    var after = self
    for event in events { after.fold(event, at: now) }
    var messages: [DurableMessage] = []
    for queue in Set(record.queues).union(after.record.queues).sorted() {
      let standing = after.standing(in: queue)
      guard queue == asking || standing != self.standing(in: queue) else { continue }
      messages.append(
        try DurableMessage(
          to: .workQueue(queue), method: MessageName.agentChanged,
          argument: standing.report(of: after, settled: queue == asking ? key : nil)))
    }
    return (after, messages)
  }
}
