// What people and programs may do to an interaction: the decisions on its commands. Pure.
internal import ActorCluster

extension InteractionState {
  /// Creates it, and puts it in line.
  func create(_ command: CreateInteraction, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    guard record == nil else { throw ContactCenterRefusal.alreadyExists(id) }
    try Check.name(id, "interaction")
    try command.validate()
    let created = InteractionCreated(
      standing: Standing(
        channel: command.channel, queue: command.queue, priority: command.priority, place: 1,
        arrivedAt: context.now),
      customer: command.customer, attributes: command.attributes, offerTimeoutMs: command.offerTimeoutMs,
      wrapUpMs: command.wrapUpMs)
    return Decision(
      [.created(created)], messages: [try enqueue(created.standing)],
      reply: view(of: InteractionRecord(created)))
  }

  /// The agent answers the offer.
  func accept(_ command: Accept, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    let record = try existing()
    switch record.stage {
    case .offered(let agent) where agent == command.agent:
      let event = InteractionEvent.answered(InteractionAnswered(standing: record.standing, agent: agent))
      return try replying(
        [event], at: context.now,
        messages: [
          try DurableMessage(
            to: .agent(agent), method: MessageName.answered,
            argument: SlotAnswered(interaction: id, place: record.standing.place))
        ],
        timers: [.cancel(name: TimerName.offer)])
    case .active(let agent), .wrapUp(let agent):
      throw ContactCenterRefusal.alreadyAnswered(by: agent)
    case .closed(let outcome, _):
      throw ContactCenterRefusal.closed(outcome)
    case .waiting, .offered:
      throw ContactCenterRefusal.notOffered(to: command.agent, state: record.stageName, holder: record.agent)
    }
  }

  /// The agent sends the offer back.
  func decline(_ command: Decline, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    let record = try existing()
    switch record.stage {
    case .offered(let agent) where agent == command.agent:
      let (event, messages) = try requeue(record, from: agent, reason: .declined)
      return try replying(
        [event], at: context.now, messages: messages, timers: [.cancel(name: TimerName.offer)])
    case .active(let agent), .wrapUp(let agent):
      throw ContactCenterRefusal.alreadyAnswered(by: agent)
    case .closed(let outcome, _):
      throw ContactCenterRefusal.closed(outcome)
    case .waiting, .offered:
      throw ContactCenterRefusal.notOffered(to: command.agent, state: record.stageName, holder: record.agent)
    }
  }

  /// The conversation is over: wrap-up begins, or the interaction closes if it has none.
  func complete(_ command: Complete, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    let record = try existing()
    try Check.text(command.disposition, "disposition")
    guard case .active(let agent) = record.stage, agent == command.agent else {
      throw notHeld(record, by: command.agent)
    }
    guard record.wrapUpMs > 0 else {
      var completed = record
      completed.disposition = command.disposition
      return try replying(
        [.closed(closing(completed, .completed))], at: context.now,
        messages: [try release(agent, record, .finished)])
    }
    let event = InteractionEvent.ended(
      InteractionEnded(
        standing: record.standing, agent: agent, disposition: command.disposition,
        answeredAt: record.answeredAt))
    return try replying(
      [event], at: context.now,
      timers: [
        try expiry(
          TimerName.wrapUp, at: context.now.advanced(byMilliseconds: record.wrapUpMs),
          MessageName.wrapUpExpired, record.standing.place)
      ])
  }

  /// The agent is done with the after-call work.
  func finishWrapUp(_ command: FinishWrapUp, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    let record = try existing()
    guard case .wrapUp(let agent) = record.stage, agent == command.agent else {
      throw notHeld(record, by: command.agent)
    }
    return try replying(
      [.closed(closing(record, .completed))], at: context.now,
      messages: [try release(agent, record, .finished)], timers: [.cancel(name: TimerName.wrapUp)])
  }

  /// The customer gave up before an agent answered.
  func abandon(_ command: Abandon, _ context: DecisionContext) throws -> Decision<
    InteractionEvent, InteractionView
  > {
    let record = try existing()
    try Check.text(command.reason, "reason")
    let closed = InteractionEvent.closed(closing(record, .abandoned, reason: command.reason))
    switch record.stage {
    case .waiting:
      let withdraw = try DurableMessage(
        to: .workQueue(record.standing.queue), method: MessageName.withdraw,
        argument: Departure(interaction: id, place: record.standing.place))
      return try replying([closed], at: context.now, messages: [withdraw])
    case .offered(let agent):
      return try replying(
        [closed], at: context.now, messages: [try release(agent, record, .abandoned)],
        timers: [.cancel(name: TimerName.offer)])
    case .active, .wrapUp:
      throw ContactCenterRefusal.notWaiting(state: record.stageName)
    case .closed(let outcome, _):
      throw ContactCenterRefusal.closed(outcome)
    }
  }

  private func notHeld(_ record: InteractionRecord, by agent: String) -> ContactCenterRefusal {
    if let outcome = record.outcome { return .closed(outcome) }
    return .notHeld(by: agent, state: record.stageName, holder: record.agent)
  }

  /// A decision whose reply is the view that its events lead to.
  private func replying(
    _ events: [InteractionEvent], at now: PartitionTime, messages: [DurableMessage] = [],
    timers: [TimerChange] = []
  ) throws -> Decision<InteractionEvent, InteractionView> {
    var after = self
    for event in events { after.fold(event, at: now) }
    return Decision(events, messages: messages, timers: timers, reply: after.view(of: try after.existing()))
  }
}
