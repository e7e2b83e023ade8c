// What must be true in a world: promise P4 after each step, the queue's invariant, and that nothing is stuck.
import ActorCluster
import ContactCenter

extension World {
  /// After each step: what holds at every moment.
  func check() throws {
    try fail(unless: conservation(open).violations(settled: false), "after a step")
    for queue in queues.values {
      for entry in queue.state.entries.values {
        let arrival = arrivals[entry.interaction]
        guard entry.arrivedAt == arrival?.arrivedAt, entry.priority == arrival?.priority else {
          throw WorldFailure(
            description: "\(entry) lost its place in line, which was \(String(describing: arrival))")
        }
      }
    }
  }

  /// When no message is on its way: reservations are exactly what interactions say, and nothing waits while an agent
  /// who could take it is free.
  func checkSettled() throws {
    let violations = conservation(interactions.keys.sorted()).violations(settled: true)
    try fail(unless: violations, "when settled")
    for queue in queues.values {
      for entry in queue.state.entries.values {
        guard entry.reservingFor == nil else {
          throw WorldFailure(description: "entry \(entry.interaction) is reserving for ever")
        }
        for agent in agents.values where canTake(agent.state.record, entry, of: queue.state) {
          throw WorldFailure(
            description:
              "\(entry.interaction) waits in \(queue.key) while \(agent.key) is free: \(agent.state.record)")
        }
      }
    }
  }

  /// Every state is what its rows say.
  func checkRows() throws {
    for actor in interactions.values where try actor.rebuilt() != actor.state {
      throw WorldFailure(
        description: "\(actor.key): rows give \(try actor.rebuilt()), live is \(actor.state)")
    }
    for actor in agents.values where try actor.rebuilt() != actor.state {
      throw WorldFailure(
        description: "\(actor.key): rows give \(try actor.rebuilt()), live is \(actor.state)")
    }
    for actor in queues.values where try actor.rebuilt() != actor.state {
      throw WorldFailure(
        description: "\(actor.key): rows give \(try actor.rebuilt()), live is \(actor.state)")
    }
  }

  /// After a decision of a queue: each offer went to the first in line, a new entry's to the agent idle longest, and
  /// no entry waits while the queue knows of an agent who can take it.
  func checkQueue(_ before: WorkQueueState, _ actor: LiveActor<WorkQueueState>) throws {
    for (index, event) in actor.lastEvents.enumerated() {
      guard case .reserving(let match) = event else { continue }
      let previous = index == 0 ? before : actor.steps[index - 1]
      guard let entry = previous.entries[match.interaction] else {
        throw WorldFailure(description: "\(actor.key) matched \(match.interaction), which it does not have")
      }
      for other in previous.entries.values
      where other.reservingFor == nil && other.channel == entry.channel && other.precedes(entry) {
        throw WorldFailure(description: "\(actor.key) offered \(entry) before \(other)")
      }
      guard let agent = previous.agents[match.agent], available(agent, entry, in: previous) else {
        throw WorldFailure(description: "\(actor.key) asks \(match.agent), who cannot take \(entry)")
      }
      guard case .enqueued = actor.lastEvents[0] else { continue }
      for (id, other) in previous.agents where available(other, entry, in: previous) {
        if (other.idleKey, id) < (agent.idleKey, match.agent) {
          throw WorldFailure(description: "\(actor.key) asks \(match.agent) before \(id), idle longer")
        }
      }
    }
    let state = actor.state
    for entry in state.entries.values where entry.reservingFor == nil {
      for (id, agent) in state.agents where available(agent, entry, in: state) {
        throw WorldFailure(
          description: "\(actor.key) lets \(entry) wait although it knows that \(id) is free")
      }
    }
  }

  private func available(_ agent: QueueAgent, _ entry: QueueEntry, in queue: WorkQueueState) -> Bool {
    let hasSkill = queue.settings.requiredSkill.map(agent.skills.contains) ?? true
    return agent.signedIn && hasSkill && agent.open(entry.channel) > 0
  }

  private func canTake(_ agent: AgentRecord, _ entry: QueueEntry, of queue: WorkQueueState) -> Bool {
    let hasSkill = queue.settings.requiredSkill.map(agent.skills.contains) ?? true
    return agent.availability == .ready && agent.queues.contains(queue.id) && hasSkill
      && agent.capacity[entry.channel, default: 0] > agent.held(entry.channel)
  }

  /// The world as the checker wants it.
  func conservation(_ ids: [String]) -> Conservation {
    Conservation(
      interactions: ids.compactMap { id in
        guard let record = interactions[id]?.state.record else { return nil }
        return Conservation.InteractionAt(
          id: id, queue: record.standing.queue, place: record.standing.place, stage: record.stageName,
          agent: record.agent, outcome: record.outcome, answers: record.answers)
      },
      agents: agents.values.map { Conservation.AgentHolding($0.state.view) },
      queues: queues.values.map { queue in
        Conservation.QueueHolding(
          id: queue.key.id,
          line: .entries(
            queue.state.entries.values.map { ReservationKey(interaction: $0.interaction, place: $0.place) }))
      })
  }

  private func fail(unless violations: [ConservationViolation], _ moment: String) throws {
    guard violations.isEmpty else {
      throw WorldFailure(description: "\(moment): " + violations.map(\.description).joined(separator: "; "))
    }
  }
}
