// What people may do to an agent: the decisions on its commands. Pure.
internal import ActorCluster

extension AgentState {
  /// Signs in, or changes queues, skills and capacity.
  func signIn(_ command: SignIn, _ context: DecisionContext) throws -> Decision<AgentEvent, AgentView> {
    try Check.name(id, "agent")
    try command.validate()
    for channel in Channel.allCases {
      let held = record.held(channel)
      guard held <= command.capacity[channel, default: 0] else {
        throw ContactCenterRefusal.capacityInUse(channel: channel, held: held)
      }
    }
    let event = AgentEvent.signedIn(
      AgentSignedIn(
        queues: Set(command.queues).sorted(), skills: Set(command.skills).sorted(),
        capacity: command.capacity.filter { $0.value > 0 }, missesBeforeNotReady: command.missesBeforeNotReady
      ))
    return try replying([event], at: context.now)
  }

  func signOut(_ command: SignOut, _ context: DecisionContext) throws -> Decision<AgentEvent, AgentView> {
    try checkSignedIn()
    return try replying([.signedOut], at: context.now)
  }

  func setReady(_ command: SetReady, _ context: DecisionContext) throws -> Decision<AgentEvent, AgentView> {
    try checkSignedIn()
    return try replying(record.availability == .ready ? [] : [.ready], at: context.now)
  }

  func setNotReady(_ command: SetNotReady, _ context: DecisionContext) throws -> Decision<
    AgentEvent, AgentView
  > {
    try checkSignedIn()
    try Check.text(command.reason, "reason")
    return try replying([.notReady(AgentNotReady(reason: command.reason))], at: context.now)
  }

  func view(_ query: ViewAgent, _ context: DecisionContext) throws -> AgentView { view }

  package var view: AgentView {
    AgentView(
      id: id, state: record.availability, reason: record.reason, queues: record.queues, skills: record.skills,
      capacity: record.capacity,
      slots: record.slots.map {
        AgentSlotView(
          interaction: $0.interaction, place: $0.place, channel: $0.channel, queue: $0.queue, phase: $0.phase,
          heldAt: $0.heldAt)
      },
      misses: record.misses, version: record.version, idleSince: record.idleSince)
  }

  private func checkSignedIn() throws(ContactCenterRefusal) {
    guard record.availability != .signedOut else { throw .notSignedIn(id) }
  }

  /// A decision whose reply is the view that its events lead to.
  private func replying(
    _ events: [AgentEvent], at now: PartitionTime
  ) throws -> Decision<AgentEvent, AgentView> {
    let outcome = try announcing(events, at: now)
    return Decision(events, messages: outcome.messages, reply: outcome.after.view)
  }
}
