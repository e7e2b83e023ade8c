// Routing by looking at everything each time: slow, short, and what the engine must agree with.
import ContactCenter
import NodeStore

/// The same rules as `RoutingEngine`, without its lines and heaps.
struct NaiveRouting {
  struct Waiting {
    var entry: RoutingEntry
    /// Who was asked, in that order.
    var asked: [String] = []
    var excluded: [RoutingExclusion] = []
    var hasWaitedForPreferred = false
    /// When it was put in line last: what is asked changes only then.
    var placedAt: Int64 = 0
    /// Whom it waits for alone.
    var personal: String?
    /// When it is looked at again.
    var due: Int64?
    /// Not in line yet.
    var isHidden = false

    func excludes(_ agent: String, _ now: Int64) -> Bool {
      excluded.contains { $0.agent == agent && now < $0.until }
    }
  }

  var queues: [String: QueueRouting] = [:]
  /// What each holds is in its load; what it was asked is in the entries.
  var agents: [String: RoutingAgent] = [:]
  var entries: [String: Waiting] = [:]
  /// By queue and agent.
  var turns: [String: [String: RoutingTurn]] = [:]
  var given: [String: Int64] = [:]
  var levels: [String: Int64] = [:]
  var matches: [RoutingMatch] = []
  private var ringing: [String] = []

  func settings(_ queue: String) -> QueueRouting { queues[queue] ?? QueueRouting() }

  func entry(_ id: String) -> Waiting {
    entries[id] ?? Waiting(entry: RoutingEntry(interaction: id, queue: "", arrivedAt: 0))
  }

  // MARK: events

  mutating func set(_ settings: QueueRouting, of queue: String, now: Int64) -> [RoutingMatch] {
    var same = self.settings(queue)
    (same.target, same.weight) = (settings.target, settings.weight)
    queues[queue] = settings
    guard same != settings else { return take(now) }
    // One after the other, as if they came into an empty queue.
    let moved = entries.values.filter { $0.entry.queue == queue && $0.asked.isEmpty }
    for waiting in moved { entries[waiting.entry.interaction]?.isHidden = true }
    for waiting in moved.sorted(by: { precedes($0.entry, $1.entry) }) {
      place(waiting.entry.interaction, now)
    }
    return take(now)
  }

  mutating func set(_ agent: RoutingAgent, now: Int64) -> [RoutingMatch] {
    let old = Set(agents[agent.id]?.queues.map(\.queue) ?? [])
    agents[agent.id] = agent
    let new = Set(agent.queues.map(\.queue))
    for queue in old.subtracting(new) { turns[queue]?[agent.id] = nil }
    for queue in new where turns[queue]?[agent.id] == nil {
      turns[queue, default: [:]][agent.id] = RoutingTurn(last: 0, share: levels[queue, default: 0])
    }
    fill(agent.id, now)
    return take(now)
  }

  mutating func removeAgent(_ id: String, now: Int64) -> [RoutingMatch] {
    agents[id] = nil
    for queue in turns.keys { turns[queue]?[id] = nil }
    let asked = entries.values.filter { $0.asked.contains(id) }.sorted { precedes($0.entry, $1.entry) }
    for waiting in asked {
      entries[waiting.entry.interaction]?.asked.removeAll { $0 == id }
      if waiting.asked == [id] {
        entries[waiting.entry.interaction]?.isHidden = true
      } else {
        ringLater(waiting.entry.interaction, now)
      }
    }
    for waiting in asked where waiting.asked == [id] { place(waiting.entry.interaction, now) }
    return take(now)
  }

  mutating func add(_ entry: RoutingEntry, now: Int64) -> [RoutingMatch] {
    var freed: [String] = []
    if let known = entries[entry.interaction] {
      guard known.entry.place < entry.place else { return [] }
      freed = known.asked
    }
    entries[entry.interaction] = Waiting(entry: entry)
    place(entry.interaction, now)
    for agent in freed { fill(agent, now) }
    return take(now)
  }

  mutating func remove(_ interaction: String, place: Int, now: Int64) -> [RoutingMatch] {
    guard let known = entries[interaction], known.entry.place <= place else { return [] }
    entries[interaction] = nil
    for agent in known.asked { fill(agent, now) }
    return take(now)
  }

  mutating func accept(_ interaction: String, place: Int, by agent: String, now: Int64) -> [RoutingMatch] {
    guard let known = entries[interaction], known.entry.place == place, known.asked.contains(agent) else {
      return []
    }
    agents[agent]?.load[known.entry.channel] += 1
    entries[interaction] = nil
    for other in known.asked where other != agent { fill(other, now) }
    return take(now)
  }

  mutating func giveBack(
    _ interaction: String, place: Int, by agent: String, exclusion: Int64?, now: Int64
  ) -> [RoutingMatch] {
    guard let known = entries[interaction], known.entry.place == place, known.asked.contains(agent) else {
      return []
    }
    if let exclusion { exclude(agent, interaction, now + exclusion, now) }
    if known.entry.preferred == agent { entries[interaction]?.hasWaitedForPreferred = true }
    entries[interaction]?.asked.removeAll { $0 == agent }
    if known.asked == [agent] { self.place(interaction, now) } else { ringLater(interaction, now) }
    fill(agent, now)
    return take(now)
  }

  mutating func pass(to now: Int64) -> [RoutingMatch] {
    while let next = entries.values.filter({ ($0.due ?? .max) <= now }).min(by: { isSooner($0, $1) }) {
      let id = next.entry.interaction
      entries[id]?.due = nil
      if !next.asked.isEmpty {
        ring(id, now)
      } else {
        if next.personal != nil, next.entry.arrivedAt + settings(next.entry.queue).patienceForPreferred <= now
        {
          entries[id]?.hasWaitedForPreferred = true
        }
        place(id, now)
      }
    }
    return take(now)
  }

  private func isSooner(_ left: Waiting, _ right: Waiting) -> Bool {
    let (first, second) = (left.due ?? .max, right.due ?? .max)
    return first != second ? first < second : tie(left.entry.interaction) < tie(right.entry.interaction)
  }

  private mutating func take(_ now: Int64) -> [RoutingMatch] {
    for id in ringing { ring(id, now) }
    defer { (matches, ringing) = ([], []) }
    return matches
  }

  // MARK: placing

  private mutating func place(_ id: String, _ now: Int64) {
    entries[id]?.isHidden = false
    entries[id]?.placedAt = now
    entries[id]?.personal = nil
    let waiting = entry(id)
    let entry = waiting.entry
    let settings = settings(entry.queue)
    var next = settings.relaxation.first { $0.after > now - entry.arrivedAt }.map {
      entry.arrivedAt + $0.after
    }
    for exclusion in waiting.excluded where exclusion.until > now {
      next = min(next ?? .max, exclusion.until)
    }
    if let preferred = entry.preferred, !waiting.hasWaitedForPreferred {
      let agent = agents[preferred].flatMap { isMember($0, waiting) ? $0 : nil }
      if let agent, hasRoom(agent, entry.channel), !waiting.excludes(preferred, now) {
        return give(id, preferred, now)
      }
      let patience = entry.arrivedAt + settings.patienceForPreferred
      if patience > now, agent != nil {
        entries[id]?.personal = preferred
        entries[id]?.due = min(next ?? .max, patience)
        return
      }
      entries[id]?.hasWaitedForPreferred = true
    }
    entries[id]?.due = next
    if let agent = firstAgent(self.entry(id), now) { give(id, agent, now) }
  }

  private mutating func give(_ id: String, _ agent: String, _ now: Int64) {
    let waiting = entry(id)
    let queue = waiting.entry.queue
    entries[id]?.asked.append(agent)
    entries[id]?.personal = nil
    entries[id]?.due = nil
    given[queue, default: 0] += 1
    if var turn = turns[queue]?[agent] {
      levels[queue] = max(levels[queue, default: 0], turn.share)
      turn.last = given[queue, default: 0]
      turn.share += 1_000_000 / Int64(agents[agent]?.weight ?? 1)
      turns[queue]?[agent] = turn
    }
    if let idle = agents[agent]?.idleSince { agents[agent]?.idleSince = max(idle, now) }
    matches.append(
      RoutingMatch(
        interaction: id, place: waiting.entry.place, queue: queue, channel: waiting.entry.channel,
        agent: agent,
        urgency: urgency(waiting.entry, now)))
    if let plan = settings(queue).ring, waiting.asked.isEmpty {
      if plan.every == 0 { ringing.append(id) } else { ringLater(id, now) }
    }
  }

  private mutating func ring(_ id: String, _ now: Int64) {
    guard let plan = settings(entry(id).entry.queue).ring, !entry(id).asked.isEmpty else { return }
    while entry(id).asked.count < plan.agents {
      let agent = firstAgent(entry(id), now)
      if let agent { give(id, agent, now) }
      guard agent != nil, plan.every == 0 else { return ringLater(id, now) }
    }
  }

  private mutating func ringLater(_ id: String, _ now: Int64) {
    guard let plan = settings(entry(id).entry.queue).ring, entry(id).asked.count < plan.agents else { return }
    entries[id]?.due = now + (plan.every > 0 ? plan.every : 1_000)
  }

  mutating func fill(_ id: String, _ now: Int64) {
    while let agent = agents[id], let best = mostUrgent(agent, now) { give(best, id, now) }
    // One more is free: what was reserved may go to others.
    while let agent = agents[id], let next = reserved(agent, now) { give(next.entry, next.agent, now) }
  }

  private func mostUrgent(_ agent: RoutingAgent, _ now: Int64) -> String? {
    let open = entries.values.filter { waiting in
      waiting.asked.isEmpty && !waiting.isHidden && waiting.personal.map { $0 == agent.id } ?? true
        && hasRoom(agent, waiting.entry.channel) && isMember(agent, waiting)
        && !waiting.excludes(agent.id, now) && (waiting.personal != nil || !isReserved(waiting))
    }
    // Only the first of each line counts, as levels go by its wait.
    let firsts = open.filter { one in
      !open.contains { isSameLine($0, one) && precedes($0.entry, one.entry) }
    }
    return firsts.min { isMoreUrgent($0, $1, agent, now) }?.entry.interaction
  }

  private func reserved(_ agent: RoutingAgent, _ now: Int64) -> (entry: String, agent: String)? {
    entries.values.filter { waiting in
      waiting.asked.isEmpty && !waiting.isHidden && waiting.personal == nil && isMember(agent, waiting)
        && hasRoom(agent, waiting.entry.channel)
    }.sorted { precedes($0.entry, $1.entry) }.lazy.compactMap { waiting in
      firstAgent(waiting, now).map { (waiting.entry.interaction, $0) }
    }.first
  }

  func firstAgent(_ waiting: Waiting, _ now: Int64) -> String? {
    guard !isReserved(waiting) else { return nil }
    return agents.values.filter { agent in
      isMember(agent, waiting) && hasRoom(agent, waiting.entry.channel) && !waiting.excludes(agent.id, now)
        && !waiting.asked.contains(agent.id)
    }.min { rank($0, waiting.entry.queue) < rank($1, waiting.entry.queue) }?.id
  }
}
