// What a reader wants of the event stream: a pure value.
package import ContactCenter

/// All fields given must match.
package struct EventFilter: Equatable, Sendable {
  package var interaction: String?
  package var agent: String?
  package var queue: String?

  package init(interaction: String? = nil, agent: String? = nil, queue: String? = nil) {
    self.interaction = interaction
    self.agent = agent
    self.queue = queue
  }

  /// Whether it is for everything: then also for what belongs to no interaction, agent or queue, as alarms do.
  package var takesAll: Bool { self == EventFilter() }

  package func matches(_ event: ContactCenterEvent) -> Bool {
    (interaction == nil || interaction == event.interaction) && (agent == nil || agent == event.agent)
      && (queue == nil || queue == event.queue)
  }
}
