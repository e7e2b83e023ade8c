// Agents come, change and go; and how they stand in the lines. Pure.

extension RoutingEngine {
  /// Takes over how an agent is now. With more room it is given what waits.
  ///
  /// `RoutingAgent.load` is what it holds; what this engine asked it to take counts besides, until it is answered.
  /// Cheap unless queues, levels or qualities change.
  public mutating func set(_ profile: RoutingAgent, now: Int64) -> [RoutingMatch] {
    let number: Int
    if let known = agentNumbers[profile.id] {
      number = known
      let isMoved =
        agents[known].profile.queues != profile.queues || agents[known].profile.qualities != profile.qualities
      let isResized = agents[known].profile.capacity != profile.capacity
      agents[known].profile = profile
      if isResized { agents[known].capacity = CapacityTable(profile.capacity) }
      if isMoved { rejoin(known) }
    } else {
      number = insert(profile)
      rejoin(number)
    }
    refresh(number)
    fill(number, now: now)
    return takeMatches(now)
  }

  /// The agent is gone. What it was asked to take is back at its place, and asked of others.
  public mutating func removeAgent(_ id: String, now: Int64) -> [RoutingMatch] {
    guard let number = agentNumbers[id] else { return [] }
    quitAll(number)
    for seat in agents[number].seats { leave(seat) }
    let askedFor = agents[number].askedFor
    agentNumbers[id] = nil
    agents[number] = .vacant
    freeAgents.append(number)
    for entry in askedFor { renewCredit(entry) }
    for entry in inOrder(askedFor) {
      entries[entry].agents.removeAll { $0 == number }
      noLonger(entry, now: now)
    }
    return takeMatches(now)
  }

  mutating func insert(_ profile: RoutingAgent) -> Int {
    let number: Int
    if let free = freeAgents.popLast() {
      number = free
      agents[number] = RoutingAgentRecord(profile)
    } else {
      number = agents.count
      agents.append(RoutingAgentRecord(profile))
    }
    agentNumbers[profile.id] = number
    return number
  }

  func hasRoom(_ agent: Int, _ channel: Channel) -> Bool { agents[agent].open.contains(channel) }

  /// Whether the agent serves the queue and meets the requirement.
  func serves(_ agent: Int, _ key: LineRecord.Key) -> Bool {
    agents[agent].seats.contains { $0.queue == key.queue }
      && key.requirement.isMet(by: agents[agent].profile.qualities)
  }

  // MARK: lines

  /// Finds the agent's queues and lines anew. It has room for nothing until `refresh`.
  mutating func rejoin(_ number: Int) {
    quitAll(number)
    let (old, id) = (agents[number].seats, agents[number].profile.id)
    var seats: [RoutingAgentRecord.Seat] = []
    for membership in agents[number].profile.queues.prefix(InputLimits.queuesPerAgent) {
      let queue = self.number(ofQueue: membership.queue)
      guard !seats.contains(where: { $0.queue == queue }) else { continue }
      let known = old.first { $0.queue == queue }
      if known == nil { queues[queue].members.append(number) }
      seats.append(
        RoutingAgentRecord.Seat(
          queue: queue, level: membership.level,
          turn: known?.turn ?? RoutingTurn(last: 0, share: queues[queue].level),
          place: known?.place ?? queues[queue].members.count - 1))
    }
    agents[number].seats = seats
    for seat in old where !seats.contains(where: { $0.queue == seat.queue }) { leave(seat) }
    for seat in seats { for line in queues[seat.queue].lines { join(number, line) } }
    for line in personalLines[id] ?? [] { join(number, line) }
  }

  /// The last member of the queue takes the place of the one who leaves.
  private mutating func leave(_ seat: RoutingAgentRecord.Seat) {
    let last = queues[seat.queue].members.removeLast()
    guard seat.place < queues[seat.queue].members.count else { return }
    queues[seat.queue].members[seat.place] = last
    guard let other = agents[last].seats.firstIndex(where: { $0.queue == seat.queue }) else { return }
    agents[last].seats[other].place = seat.place
  }

  private mutating func quitAll(_ number: Int) {
    let left = agents[number].memberships
    agents[number].memberships = []
    agents[number].open = ChannelSet()
    memberships -= left.count
    for membership in left where membership.slot >= 0 {
      lines[Int(membership.line)].free.remove(membership.slot)
    }
  }

  /// The agent becomes one of the line's, if it meets its requirement.
  mutating func join(_ number: Int, _ line: Int) {
    let queue = lines[line].key.queue
    guard let seat = agents[number].seats.firstIndex(where: { $0.queue == queue }),
      lines[line].key.requirement.isMet(by: agents[number].profile.qualities)
    else { return }
    let skill = lines[line].skill.flatMap { agents[number].profile.qualities.skills[$0] } ?? 0
    var membership = RoutingAgentRecord.Membership(
      line: Int32(line), seat: Int32(seat), slot: -1, skill: Int32(clamping: skill),
      level: lines[line].key.preferred == nil ? agents[number].seats[seat].level : .min,
      channel: UInt8(lines[line].key.channel.index), order: lines[line].order)
    memberships += 1
    if agents[number].open.contains(membership.channel) {
      membership.slot = lines[line].free.insert(rank(number, membership), number)
    }
    agents[number].memberships.append(membership)
  }

  /// The line goes away.
  mutating func quit(_ number: Int, _ line: Int) {
    guard let index = agents[number].memberships.firstIndex(where: { $0.line == line }) else { return }
    agents[number].memberships.remove(at: index)
    memberships -= 1
  }

  // MARK: room

  /// Finds out what the agent has room for now, and tells its lines.
  mutating func refresh(_ number: Int) {
    let open = agents[number].openChannels
    agents[number].open = open
    for index in agents[number].memberships.indices {
      let membership = agents[number].memberships[index]
      let line = Int(membership.line)
      if open.contains(membership.channel) {
        let rank = rank(number, membership)
        if membership.slot >= 0 {
          lines[line].free.update(membership.slot, rank)
        } else {
          agents[number].memberships[index].slot = lines[line].free.insert(rank, number)
        }
      } else if membership.slot >= 0 {
        lines[line].free.remove(membership.slot)
        agents[number].memberships[index].slot = -1
      }
    }
  }

  /// The agent's rank in a line by the queue's strategy.
  private mutating func rank(_ number: Int, _ membership: RoutingAgentRecord.Membership) -> AgentRank {
    switch membership.order {
    case .random, .weightedRandom: draw(number, membership)
    default: agents[number].rank(membership)
    }
  }

  /// When the agent would be drawn next: each is drawn again and again at random, as often as it has weight, and the next drawn
  /// of the free ones is taken. How long that takes has no memory, so that a new draw may stand for an old one at any time.
  private mutating func draw(_ number: Int, _ membership: RoutingAgentRecord.Membership) -> AgentRank {
    let line = Int(membership.line)
    lines[line].draws += 1
    var random = RoutingRandom(seed: seed ^ agents[number].tie, counter: lines[line].draws)
    let weight = membership.order == .weightedRandom ? agents[number].weight : 1
    return AgentRank(
      first: lines[line].clock + random.exponential() / Int64(weight), second: 0, tie: agents[number].tie)
  }

  // MARK: choice

  /// The agent of the line who is to take the interaction; nil when none may.
  mutating func firstAgent(of line: Int, for number: Int, now: Int64) -> Int? {
    guard let first = lines[line].free.first, !isReserved(line) else { return nil }
    if entries[number].excluded.isEmpty, entries[number].agents.isEmpty {
      advance(line, to: first.key)
      return Int(first.value)
    }
    let (asked, excluded) = (entries[number].agents, entries[number].excluded.filter { now < $0.until })
    let found = lines[line].free.first { agent in
      !asked.contains(agent) && !excluded.contains { $0.agent == agents[agent].profile.id }
    }
    guard let found else { return nil }
    if found.value == first.value { advance(line, to: first.key) }
    return Int(found.value)
  }

  /// Whether the line may not have the free agents that there are.
  func isReserved(_ line: Int) -> Bool {
    guard !lines[line].key.isPrivileged, lines[line].key.preferred == nil,
      let reserve = queues[lines[line].key.queue].settings.reserve
    else { return false }
    return lines[line].free.count <= reserve.agents
  }

  private mutating func advance(_ line: Int, to drawn: AgentRank) {
    switch lines[line].order {
    case .random, .weightedRandom: lines[line].clock = drawn.first
    default: break
    }
  }
}

extension RoutingAgentRecord {
  /// 1 to 100.
  var weight: Int { max(1, min(100, profile.weight)) }

  fileprivate var openChannels: ChannelSet {
    profile.isReady ? capacity.open(beside: profile.load, asked) : ChannelSet()
  }

  fileprivate func rank(_ membership: Membership) -> AgentRank {
    let turn = seats[Int(membership.seat)].turn
    let (first, second): (Int64, Int64) =
      switch membership.order {
      case .longestIdle: (profile.idleSince, 0)
      case .leastOccupied: (Int64(profile.occupancy), profile.idleSince)
      // What it has in hand will be a contact: else all that comes at once would be given to one agent.
      case .fewestContacts:
        (Int64(profile.contacts) &+ Int64(profile.load.total + asked.total), profile.idleSince)
      case .linear: (Int64(profile.order), 0)
      case .roundRobin: (turn.last, 0)
      case .percentAllocation: (turn.share, profile.idleSince)
      case .expertFirst: (-Int64(membership.skill), profile.idleSince)
      case .expertLeastOccupied: (-Int64(membership.skill), Int64(profile.occupancy))
      case .random, .weightedRandom: (0, 0)
      }
    return AgentRank(first: first, second: second, tie: tie)
  }
}
