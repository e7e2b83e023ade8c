// Promise P4 on committed events: one place for every interaction, no agent above capacity, places in line kept. A value.
import ActorCluster
import ContactCenter

package struct PlaceChecks {
  private enum Stage: Equatable {
    case waiting
    case offered(String)
    case active(String)
    case wrapUp(String)
    case closed
  }

  private struct Interaction {
    var stage: Stage
    var arrivedAt: PartitionTime
    var priority: Int
  }

  private struct Agent {
    var capacity: [Channel: Int] = [:]
    var held: [String: Channel] = [:]
  }

  package private(set) var violation: String?
  /// For the coverage table.
  package private(set) var created: UInt64 = 0
  package private(set) var requeued: UInt64 = 0
  package private(set) var completed: UInt64 = 0
  package private(set) var abandoned: UInt64 = 0
  private var queues: Set<String> = []
  private var interactions: [String: Interaction] = [:]
  private var forgotten: Set<String> = []
  private var agents: [String: Agent] = [:]

  func exists(_ id: String) -> Bool { interactions[id] != nil }

  /// It was deleted when its retention was over.
  func isForgotten(_ id: String) -> Bool { forgotten.contains(id) }

  mutating func forgotten(_ actor: ActorKey) {
    guard actor.type == "interaction", let stage = interactions[actor.id]?.stage else {
      return breach("\(actor) was deleted, which was never there")
    }
    if stage != .closed { breach("interaction \(actor.id) was deleted while it was \(stage)") }
    forgotten.insert(actor.id)
  }

  /// Whether anybody ever waited in it.
  func hasQueue(_ id: String) -> Bool { queues.contains(id) }

  /// Those that are not closed, in order of id.
  var open: [String] { interactions.filter { $0.value.stage != .closed }.keys.sorted() }

  private mutating func breach(_ text: String) { violation = violation ?? "P4: \(text)" }

  // MARK: interactions

  mutating func interaction(_ id: String, _ event: InteractionEvent) {
    if forgotten.contains(id) { return breach("interaction \(id) was deleted, and then \(event)") }
    guard let known = interactions[id] else {
      guard case .created(let created) = event else { return breach("interaction \(id) began with \(event)") }
      self.created += 1
      interactions[id] = Interaction(
        stage: .waiting, arrivedAt: created.standing.arrivedAt, priority: created.standing.priority)
      return
    }
    let (next, standing) = Self.step(known.stage, event)
    guard let next else { return breach("interaction \(id) was \(known.stage), and then \(event)") }
    if standing.arrivedAt != known.arrivedAt || standing.priority != known.priority {
      breach("interaction \(id) lost its place in line: \(standing)")
    }
    interactions[id]?.stage = next
    count(event)
  }

  private mutating func count(_ event: InteractionEvent) {
    switch event {
    case .requeued: requeued += 1
    case .closed(let event): if event.outcome == .abandoned { abandoned += 1 } else { completed += 1 }
    case .created, .offered, .answered, .ended: break
    }
  }

  /// The stage after an event, or nil if it may not follow.
  private static func step(_ stage: Stage, _ event: InteractionEvent) -> (Stage?, Standing) {
    switch event {
    case .created(let event):
      (nil, event.standing)
    case .offered(let event):
      (stage == .waiting ? .offered(event.agent) : nil, event.standing)
    case .requeued(let event):
      (stage == .offered(event.agent) ? .waiting : nil, event.standing)
    case .answered(let event):
      (stage == .offered(event.agent) ? .active(event.agent) : nil, event.standing)
    case .ended(let event):
      (stage == .active(event.agent) ? .wrapUp(event.agent) : nil, event.standing)
    case .closed(let event):
      (mayClose(stage, event) ? .closed : nil, event.standing)
    }
  }

  private static func mayClose(_ stage: Stage, _ event: InteractionClosed) -> Bool {
    switch (stage, event.outcome) {
    case (.waiting, .abandoned), (.offered, .abandoned): true
    case (.active(let agent), .completed), (.wrapUp(let agent), .completed): event.agent == agent
    default: false
    }
  }

  // MARK: agents and queues

  mutating func agent(_ id: String, _ event: AgentEvent) {
    switch event {
    case .signedIn(let event):
      agents[id, default: Agent()].capacity = event.capacity
    case .held(let event):
      var agent = agents[id] ?? Agent()
      agent.held["\(event.interaction)#\(event.place)"] = event.channel
      let count = agent.held.values.count { $0 == event.channel }
      if count > agent.capacity[event.channel, default: 0] {
        breach("agent \(id) holds \(count) \(event.channel.rawValue) interactions, above its capacity")
      }
      agents[id] = agent
    case .released(let event):
      agents[id]?.held["\(event.interaction)#\(event.place)"] = nil
    case .signedOut, .ready, .notReady, .answered:
      break
    }
  }

  mutating func queue(_ id: String, _ event: WorkQueueEvent) {
    queues.insert(id)
    guard case .enqueued(let entry) = event, let known = interactions[entry.interaction] else { return }
    if entry.arrivedAt != known.arrivedAt || entry.priority != known.priority {
      breach("interaction \(entry.interaction) lost its place in queue \(id)")
    }
  }
}
