// The rules of routing, each as it is said.
import ContactCenter
import NodeStore

extension NaiveRouting {
  func tie(_ id: String) -> UInt64 { XXH64.hash(id.utf8) }

  // MARK: agents

  func load(_ agent: RoutingAgent) -> ChannelLoad {
    var load = agent.load
    for waiting in entries.values where waiting.asked.contains(agent.id) { load[waiting.entry.channel] += 1 }
    return load
  }

  func hasRoom(_ agent: RoutingAgent, _ channel: Channel) -> Bool {
    agent.isReady && agent.capacity.takes(channel, beside: load(agent))
  }

  func requirement(_ waiting: Waiting) -> Requirement {
    let settings = settings(waiting.entry.queue)
    let step = settings.relaxation.last { $0.after <= waiting.placedAt - waiting.entry.arrivedAt }
    return (step?.requirement ?? settings.requirement).residual(
      customer: waiting.entry.customer, interaction: waiting.entry.attributes)
  }

  func isMember(_ agent: RoutingAgent, _ waiting: Waiting) -> Bool {
    agent.queues.contains { $0.queue == waiting.entry.queue }
      && requirement(waiting).isMet(by: agent.qualities)
  }

  func isPrivileged(_ entry: RoutingEntry) -> Bool {
    settings(entry.queue).reserve.map { entry.priority >= $0.priority } ?? true
  }

  func isReserved(_ waiting: Waiting) -> Bool {
    guard let reserve = settings(waiting.entry.queue).reserve, !isPrivileged(waiting.entry) else {
      return false
    }
    let free = agents.values.filter { isMember($0, waiting) && hasRoom($0, waiting.entry.channel) }
    return free.count <= reserve.agents
  }

  func rank(_ agent: RoutingAgent, _ queue: String) -> (Int64, Int64, UInt64) {
    let turn = turns[queue]?[agent.id] ?? RoutingTurn()
    let tie = tie(agent.id)
    func skill(_ name: String) -> Int64 { -Int64(agent.qualities.skills[name, default: 0]) }
    return switch settings(queue).strategy {
    case .longestIdle: (agent.idleSince, 0, tie)
    case .leastOccupied: (Int64(agent.occupancy), agent.idleSince, tie)
    case .fewestContacts: (Int64(agent.contacts + load(agent).total), agent.idleSince, tie)
    case .roundRobin: (turn.last, 0, tie)
    case .linear: (Int64(agent.order), 0, tie)
    case .expertFirst(let name): (skill(name), agent.idleSince, tie)
    case .expertLeastOccupied(let name): (skill(name), Int64(agent.occupancy), tie)
    case .percentAllocation: (turn.share, agent.idleSince, tie)
    // By chance: not compared here.
    case .random, .weightedRandom: (0, 0, tie)
    }
  }

  // MARK: interactions

  func credited(_ entry: RoutingEntry) -> Int64 {
    RoutingScore.creditedArrival(
      entry.arrivedAt, priority: entry.priority, credit: settings(entry.queue).priorityCredit)
  }

  func precedes(_ left: RoutingEntry, _ right: RoutingEntry) -> Bool {
    let (first, second) = (credited(left), credited(right))
    return first != second ? first < second : tie(left.interaction) < tie(right.interaction)
  }

  func urgency(_ entry: RoutingEntry, _ now: Int64) -> Int64 {
    let settings = settings(entry.queue)
    return RoutingScore.urgency(
      creditedArrival: credited(entry), now: now, target: settings.target, weight: settings.weight)
  }

  func isSameLine(_ left: Waiting, _ right: Waiting) -> Bool {
    left.entry.queue == right.entry.queue && left.entry.channel == right.entry.channel
      && left.personal == right.personal && isPrivileged(left.entry) == isPrivileged(right.entry)
      && requirement(left) == requirement(right)
  }

  private func level(_ waiting: Waiting, _ agent: RoutingAgent, _ now: Int64) -> Int {
    if waiting.personal != nil { return .min }
    let patience = settings(waiting.entry.queue).levelPatience
    if let patience, now - waiting.entry.arrivedAt >= patience { return .min + 1 }
    return agent.queues.first { $0.queue == waiting.entry.queue }?.level ?? 0
  }

  func isMoreUrgent(_ left: Waiting, _ right: Waiting, _ agent: RoutingAgent, _ now: Int64) -> Bool {
    let (first, second) = (level(left, agent, now), level(right, agent, now))
    if first != second { return first < second }
    let (more, less) = (urgency(left.entry, now), urgency(right.entry, now))
    return more != less ? more > less : precedes(left.entry, right.entry)
  }

  // MARK: exclusions

  mutating func exclude(_ agent: String, _ id: String, _ until: Int64, _ now: Int64) {
    entries[id]?.excluded.removeAll { $0.agent == agent || $0.until <= now }
    if let all = entries[id]?.excluded, all.count >= 16,
      let first = all.min(by: { ($0.until, $0.agent) < ($1.until, $1.agent) })
    {
      entries[id]?.excluded.removeAll { $0.agent == first.agent }
    }
    entries[id]?.excluded.append(RoutingExclusion(agent: agent, until: until))
    let excluding = entries.values.compactMap { waiting in
      waiting.excluded.first { $0.agent == agent }.map { (until: $0.until, id: waiting.entry.interaction) }
    }
    let others = excluding.filter { $0.id != id }
    if excluding.count > 64,
      let first = others.min(by: { $0.until != $1.until ? $0.until < $1.until : tie($0.id) < tie($1.id) })
    {
      entries[first.id]?.excluded.removeAll { $0.agent == agent }
    }
  }
}
