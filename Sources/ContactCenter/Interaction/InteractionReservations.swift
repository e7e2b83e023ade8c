// What happens to an interaction by itself: reservations that reach it, and its timers. Pure.
internal import ActorCluster
internal import PlantedBugs

extension InteractionState {
  /// An agent holds a slot for this interaction. If it waits at that place, this makes it an offer, and the queue may
  /// forget it; else the slot is void and the agent hears so. This is where a race between an agent and a customer
  /// who gives up, or between two queues' views of an agent, is decided.
  func reserved(_ message: Reserved, _ context: DecisionContext) throws -> Decision<InteractionEvent, Done> {
    guard let record, isOpen(record.stage), record.standing.place == message.place,
      record.standing.queue == message.queue
    else {
      return Decision(messages: [
        try DurableMessage(
          to: .agent(message.agent), method: MessageName.release,
          argument: Release(interaction: id, place: message.place, reason: .void))
      ])
    }
    return Decision(
      [.offered(InteractionOffered(standing: record.standing, agent: message.agent))],
      messages: [
        try DurableMessage(
          to: .workQueue(message.queue), method: MessageName.left,
          argument: Departure(interaction: id, place: message.place))
      ],
      timers: [
        try expiry(
          TimerName.offer, at: context.now.advanced(byMilliseconds: record.offerTimeoutMs),
          MessageName.offerExpired, message.place)
      ])
  }

  /// Whether an agent may still take it.
  private func isOpen(_ stage: InteractionRecord.Stage) -> Bool {
    switch stage {
    case .waiting: true
    case .offered: isPlanted(.offerToTwo)
    case .active, .wrapUp, .closed: false
    }
  }

  /// Redirect on no answer: back to its place in line.
  func offerExpired(_ expiry: Expiry, _ context: DecisionContext) throws -> Decision<InteractionEvent, Done> {
    guard let record, case .offered(let agent) = record.stage, record.standing.place == expiry.place else {
      return Decision()
    }
    let (event, messages) = try requeue(record, from: agent, reason: .missed)
    return Decision([event], messages: messages)
  }

  /// The time for after-call work is over.
  func wrapUpExpired(_ expiry: Expiry, _ context: DecisionContext) throws -> Decision<InteractionEvent, Done>
  {
    guard let record, case .wrapUp(let agent) = record.stage, record.standing.place == expiry.place else {
      return Decision()
    }
    return Decision(
      [.closed(closing(record, .completed))], messages: [try release(agent, record, .finished)])
  }
}

// What decisions about an interaction are made of.
extension InteractionState {
  func existing() throws(ContactCenterRefusal) -> InteractionRecord {
    guard let record else { throw .unknownInteraction(id) }
    return record
  }

  /// Back in line: the agent's slot is released, and the queue gets an entry under the next place number, with the
  /// old priority and time of arrival.
  func requeue(
    _ record: InteractionRecord, from agent: String, reason: ReleaseReason
  ) throws -> (InteractionEvent, [DurableMessage]) {
    var standing = record.standing
    standing.place += 1
    if isPlanted(.losePlaceInLine) {
      standing.arrivedAt = standing.arrivedAt.advanced(byMilliseconds: 1)
    }
    return (
      .requeued(InteractionRequeued(standing: standing, agent: agent, reason: reason)),
      [try release(agent, record, reason), try enqueue(standing)]
    )
  }

  func enqueue(_ standing: Standing) throws -> DurableMessage {
    try DurableMessage(
      to: .workQueue(standing.queue), method: MessageName.enqueue,
      argument: Enqueue(
        interaction: id, place: standing.place, channel: standing.channel, priority: standing.priority,
        arrivedAt: standing.arrivedAt))
  }

  /// A timer for the present place: when it is due at another, it is void.
  func expiry(_ name: String, at time: PartitionTime, _ method: String, _ place: Int) throws -> TimerChange {
    try .set(name: name, at: time, method: method, argument: Expiry(place: place))
  }

  func release(_ agent: String, _ record: InteractionRecord, _ reason: ReleaseReason) throws -> DurableMessage
  {
    try DurableMessage(
      to: .agent(agent), method: MessageName.release,
      argument: Release(interaction: id, place: record.standing.place, reason: reason))
  }

  /// The event that closes an interaction as it is.
  func closing(
    _ record: InteractionRecord, _ outcome: InteractionOutcome, reason: String? = nil
  ) -> InteractionClosed {
    InteractionClosed(
      standing: record.standing, outcome: outcome, agent: outcome == .completed ? record.agent : nil,
      disposition: record.disposition, reason: reason, answeredAt: record.answeredAt, endedAt: record.endedAt)
  }

  func view(_ query: ViewInteraction, _ context: DecisionContext) throws -> InteractionView {
    view(of: try existing())
  }

  func view(of record: InteractionRecord) -> InteractionView {
    InteractionView(
      id: id, channel: record.standing.channel, queue: record.standing.queue, state: record.stageName,
      agent: record.agent, place: record.standing.place, priority: record.standing.priority,
      customer: record.customer, attributes: record.attributes, disposition: record.disposition,
      arrivedAt: record.standing.arrivedAt, offeredAt: record.offeredAt, answeredAt: record.answeredAt,
      endedAt: record.endedAt, closedAt: record.closedAt, outcome: record.outcome, answers: record.answers,
      offers: record.offers)
  }
}
