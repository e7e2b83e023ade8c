// Events as the outside sees them: made from what actors log. Pure.
public import ActorCluster

/// Something that happened, for event streams and their readers. Fields that say nothing about an event are nil.
public struct ContactCenterEvent: Codable, Equatable, Sendable {
  /// The kinds, by the names that readers filter by: never change one.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    case interactionWaiting = "interaction.waiting"
    case interactionOffered = "interaction.offered"
    case interactionActive = "interaction.active"
    case interactionWrapUp = "interaction.wrapUp"
    case interactionClosed = "interaction.closed"
    case agentChanged = "agent.changed"
    case queueChanged = "queue.changed"
  }

  public var kind: Kind
  /// When, in milliseconds of partition time since 1970.
  public var atMs: Int64
  /// What exactly happened, in a word: `created`, `requeued`, `held`, `signedIn`, …
  public var change: String
  public var interaction: String?
  public var queue: String?
  public var agent: String?
  public var channel: Channel?
  public var place: Int?
  public var priority: Int?
  public var customer: String?
  /// Of an agent that changed by itself: whether it takes work now.
  public var availability: AgentAvailability?
  public var outcome: InteractionOutcome?
  public var disposition: String?
  public var reason: String?
  public var arrivedMs: Int64?
  public var answeredMs: Int64?
  /// When the conversation ended.
  public var endedMs: Int64?

  init(_ kind: Kind, _ change: String, at time: PartitionTime) {
    self.kind = kind
    self.change = change
    atMs = time.milliseconds
  }
}

/// What an applied event of an actor looks like from outside; nil for an event of a type that is none of the domain's.
/// - Parameter time: the partition time at which it was applied.
public func publicEvent(actor: ActorKey, event: any Sendable, at time: PartitionTime) -> ContactCenterEvent? {
  switch event {
  case let event as InteractionEvent: event.published(actor.id, at: time)
  case let event as AgentEvent: event.published(actor.id, at: time)
  case let event as WorkQueueEvent: event.published(actor.id, at: time)
  default: nil
  }
}

extension InteractionEvent {
  fileprivate func published(_ id: String, at time: PartitionTime) -> ContactCenterEvent {
    var event: ContactCenterEvent
    let standing: Standing
    switch self {
    case .created(let created):
      event = ContactCenterEvent(.interactionWaiting, "created", at: time)
      event.customer = created.customer
      standing = created.standing
    case .offered(let offered):
      event = ContactCenterEvent(.interactionOffered, "offered", at: time)
      event.agent = offered.agent
      standing = offered.standing
    case .requeued(let requeued):
      event = ContactCenterEvent(.interactionWaiting, "requeued", at: time)
      event.agent = requeued.agent
      event.reason = requeued.reason.rawValue
      standing = requeued.standing
    case .answered(let answered):
      event = ContactCenterEvent(.interactionActive, "answered", at: time)
      event.agent = answered.agent
      event.answeredMs = time.milliseconds
      standing = answered.standing
    case .ended(let ended):
      event = ContactCenterEvent(.interactionWrapUp, "ended", at: time)
      event.agent = ended.agent
      event.disposition = ended.disposition
      event.answeredMs = ended.answeredAt?.milliseconds
      event.endedMs = time.milliseconds
      standing = ended.standing
    case .closed(let closed):
      event = ContactCenterEvent(.interactionClosed, "closed", at: time)
      event.agent = closed.agent
      event.outcome = closed.outcome
      event.disposition = closed.disposition
      event.reason = closed.reason
      event.answeredMs = closed.answeredAt?.milliseconds
      event.endedMs = (closed.endedAt ?? time).milliseconds
      standing = closed.standing
    }
    event.interaction = id
    event.queue = standing.queue
    event.channel = standing.channel
    event.place = standing.place
    event.priority = standing.priority
    event.arrivedMs = standing.arrivedAt.milliseconds
    return event
  }
}

extension AgentEvent {
  fileprivate func published(_ id: String, at time: PartitionTime) -> ContactCenterEvent {
    func changed(_ change: String) -> ContactCenterEvent {
      var event = ContactCenterEvent(.agentChanged, change, at: time)
      event.agent = id
      return event
    }
    var event: ContactCenterEvent
    switch self {
    case .signedIn:
      event = changed("signedIn")
    case .signedOut:
      event = changed("signedOut")
      event.availability = .signedOut
    case .ready:
      event = changed("ready")
      event.availability = .ready
    case .notReady(let notReady):
      event = changed("notReady")
      event.availability = .notReady
      event.reason = notReady.reason
    case .held(let held):
      event = changed("held")
      event.interaction = held.interaction
      event.place = held.place
      event.queue = held.queue
      event.channel = held.channel
    case .answered(let answered):
      event = changed("answered")
      event.interaction = answered.interaction
      event.place = answered.place
    case .released(let released):
      event = changed("released")
      event.interaction = released.interaction
      event.place = released.place
      event.reason = released.reason.rawValue
    }
    return event
  }
}

extension WorkQueueEvent {
  fileprivate func published(_ id: String, at time: PartitionTime) -> ContactCenterEvent {
    func changed(_ change: String, _ key: ReservationKey? = nil, agent: String? = nil) -> ContactCenterEvent {
      var event = ContactCenterEvent(.queueChanged, change, at: time)
      event.queue = id
      event.interaction = key?.interaction
      event.place = key?.place
      event.agent = agent
      return event
    }
    switch self {
    case .configured:
      return changed("configured")
    case .enqueued(let new):
      var event = changed("enqueued", ReservationKey(interaction: new.interaction, place: new.place))
      event.channel = new.channel
      event.priority = new.priority
      event.arrivedMs = new.arrivedAt.milliseconds
      return event
    case .reserving(let match):
      return changed(
        "reserving", ReservationKey(interaction: match.interaction, place: match.place), agent: match.agent)
    case .returned(let returned):
      return changed(
        "returned", ReservationKey(interaction: returned.interaction, place: returned.place),
        agent: returned.agent)
    case .left(let left):
      return changed(
        left.abandoned ? "withdrawn" : "left",
        ReservationKey(interaction: left.interaction, place: left.place))
    case .reported(let report):
      return changed("agentReported", agent: report.agent)
    }
  }
}
