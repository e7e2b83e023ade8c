// An agent with room takes what is most urgent; and what becomes of a match. Pure.

extension RoutingEngine {
  /// Gives the agent what waits for it, as long as it has room.
  mutating func fill(_ agent: Int, now: Int64) {
    while let entry = mostUrgent(for: agent, now: now) { give(entry, to: agent, now: now) }
    useReserves(of: agent, now: now)
  }

  /// Agents who got room are given what waits, in the order in which they got it.
  mutating func fillFreed(now: Int64) {
    guard !freed.isEmpty else { return }
    let all = freed
    freed = []
    for agent in all { fill(agent, now: now) }
  }

  /// With one more free, another agent may be free of the reserve for those whom this one may not take. They are few: each of them
  /// excludes this agent.
  private mutating func useReserves(of agent: Int, now: Int64) {
    let open = agents[agent].open
    guard !open.isEmpty else { return }
    var left: [Int] = []
    for membership in agents[agent].memberships where open.contains(membership.channel) {
      let line = Int(membership.line)
      guard !lines[line].waiting.isEmpty, !lines[line].key.isPrivileged, !isReserved(line) else { continue }
      left += lines[line].waiting.values
    }
    guard !left.isEmpty else { return }
    for entry in inOrder(left) {
      guard case .waiting(let line, _) = entries[entry].state,
        let other = firstAgent(of: line, for: entry, now: now)
      else { continue }
      give(entry, to: other, now: now)
    }
  }

  /// The most urgent interaction that the agent may take, of the first ones of its lines: those that wait for it alone before
  /// others, then by its levels.
  private mutating func mostUrgent(for number: Int, now: Int64) -> Int? {
    let open = agents[number].open
    guard !open.isEmpty else { return nil }
    let excluding = excluding.isEmpty ? [] : excluding[agents[number].profile.id] ?? []
    var best: (level: Int, urgency: Int64, position: LinePlace, entry: Int)?
    for index in agents[number].memberships.indices {
      let membership = agents[number].memberships[index]
      let line = Int(membership.line)
      guard open.contains(membership.channel), let head = lines[line].waiting.first, !isReserved(line) else {
        continue
      }
      var first = head
      if !excluding.isEmpty {
        let found = lines[line].waiting.first { entry in
          !excluding.contains { $0.entry == entry && now < $0.until }
        }
        guard let found else { continue }
        first = found
      }
      let entry = Int(first.value)
      let queue = lines[line].key.queue
      let level = level(of: entry, membership, queue, now)
      if let best, level > best.level { continue }
      let urgency = urgency(first.key, queue, now)
      if let best, level == best.level {
        guard urgency >= best.urgency else { continue }
        if urgency == best.urgency, best.position < first.key { continue }
      }
      best = (level, urgency, first.key, entry)
    }
    return best?.entry
  }

  /// Levels hold until somebody has waited too long behind others.
  private func level(
    of entry: Int, _ membership: RoutingAgentRecord.Membership, _ queue: Int, _ now: Int64
  ) -> Int {
    guard membership.level != .min, let patience = queues[queue].settings.levelPatience,
      now &- entries[entry].entry.arrivedAt >= patience
    else { return membership.level }
    return .min + 1
  }

  private func urgency(_ place: LinePlace, _ queue: Int, _ now: Int64) -> Int64 {
    RoutingScore.urgency(
      creditedArrival: place.creditedArrival, now: now, target: queues[queue].settings.target,
      weight: queues[queue].settings.weight, serviceFactor: queues[queue].serviceFactor)
  }

  // MARK: asked

  /// The agent is to be asked: it has less room from here on.
  mutating func give(_ number: Int, to agent: Int, now: Int64) {
    leave(number)
    let (queue, channel) = (entries[number].queue, entries[number].entry.channel)
    if entries[number].state != .given {
      entries[number].state = .given
      given += 1
    }
    entries[number].agents.append(agent)
    queues[queue].given += 1
    if let seat = agents[agent].seats.firstIndex(where: { $0.queue == queue }) {
      queues[queue].level = max(queues[queue].level, agents[agent].seats[seat].turn.share)
      agents[agent].seats[seat].turn.last = queues[queue].given
      agents[agent].seats[seat].turn.share += 1_000_000 / Int64(agents[agent].weight)
    }
    agents[agent].asked[channel] += 1
    agents[agent].askedFor.append(number)
    agents[agent].profile.idleSince = max(agents[agent].profile.idleSince, now)
    refresh(agent)
    matches.append(
      RoutingMatch(
        interaction: entries[number].entry.interaction, place: entries[number].entry.place,
        queue: queues[queue].id, channel: channel, agent: agents[agent].profile.id,
        urgency: urgency(entries[number].position, queue, now)))
    remind(number, at: nil)
    guard let ring = queues[queue].settings.ring, entries[number].agents.count == 1 else { return }
    if ring.every == 0 { ringing.append(number) } else { ringLater(number, now: now) }
  }

  /// The agent need not answer any more: it has room again.
  mutating func release(_ agent: Int, _ number: Int) {
    unask(agent, number, entries[number].entry.channel)
    refresh(agent)
    freed.append(agent)
  }

  mutating func unask(_ agent: Int, _ number: Int, _ channel: Channel) {
    entries[number].agents.removeAll { $0 == agent }
    agents[agent].asked[channel] -= 1
    agents[agent].askedFor.removeAll { $0 == number }
  }

  // MARK: ringing several

  /// Asks one more agent, or all at once, and comes back until there are enough.
  mutating func ring(_ number: Int, now: Int64) {
    guard entries[number].state == .given, let ring = queues[entries[number].queue].settings.ring else {
      return
    }
    renewCredit(number)
    let line = line(key(of: number).key)
    while entries[number].agents.count < ring.agents {
      let agent = firstAgent(of: line, for: number, now: now)
      if let agent { give(number, to: agent, now: now) }
      guard agent != nil, ring.every == 0 else { return ringLater(number, now: now) }
    }
  }

  mutating func ringLater(_ number: Int, now: Int64) {
    guard let ring = queues[entries[number].queue].settings.ring, entries[number].agents.count < ring.agents
    else { return }
    remind(number, at: now &+ (ring.every > 0 ? ring.every : RingPlan.pause))
  }
}
