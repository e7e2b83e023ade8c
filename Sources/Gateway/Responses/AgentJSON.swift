// Agents as the API shows them: times are milliseconds in fields named …Ms.
internal import ActorCluster
package import ContactCenter

package struct AgentJSON: Codable, Equatable, Sendable {
  package struct Slot: Codable, Equatable, Sendable {
    package var interaction: String
    package var place: Int
    package var channel: Channel
    package var queue: String
    package var phase: SlotPhase
    package var heldMs: Int64
  }

  package var id: String
  package var state: AgentAvailability
  package var reason: String?
  package var queues: [String]
  package var skills: [String]
  package var capacity: [Channel: Int]
  package var slots: [Slot]
  package var misses: Int
  package var version: UInt64
  package var idleSinceMs: Int64

  init(_ view: AgentView) {
    id = view.id
    state = view.state
    reason = view.reason
    queues = view.queues
    skills = view.skills
    capacity = view.capacity
    slots = view.slots.map {
      Slot(
        interaction: $0.interaction, place: $0.place, channel: $0.channel, queue: $0.queue, phase: $0.phase,
        heldMs: $0.heldAt.milliseconds)
    }
    misses = view.misses
    version = view.version
    idleSinceMs = view.idleSince.milliseconds
  }
}

/// `GET /v1/agents`
package struct AgentList: Codable, Sendable {
  package var agents: [AgentRow]
}
