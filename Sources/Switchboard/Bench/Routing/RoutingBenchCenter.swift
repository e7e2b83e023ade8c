// A contact center for the routing benchmark: its agents, queues and customers, and one offer after the other. Pure but for the clock.
internal import ContactCenter
internal import Posix

/// Agents with skills, one queue per skill, and so many customers who wait all the time.
///
/// An agent belongs to the queues that ask one of its skills. With nobody waiting half of the agents are free, and each offer is that
/// of an arrival to an agent; else all are busy, and each offer is that of an agent who gets free to the customer who is next, after
/// which another customer arrives in the same queue.
struct RoutingBenchCenter {
  let size: RoutingBenchSize
  private(set) var engine = RoutingEngine()
  /// Nanoseconds of each event that led to an offer.
  private(set) var times: [UInt64] = []
  /// Seconds of processor time of the slowest first interaction of a queue: it looks at each of its agents.
  private(set) var slowestFirst = 0.0

  private var random: RoutingBenchRandom
  private var profiles: [RoutingAgent] = []
  private var numbers: [String: Int] = [:]
  /// Agents with a call, by number.
  private var busy: [Int] = []
  private var created = 0
  /// Milliseconds of the center.
  private var now: Int64 = 1_000_000

  init(_ size: RoutingBenchSize) throws {
    self.size = size
    random = RoutingBenchRandom(state: UInt64(size.agents &+ 31 &* size.queues &+ 977 &* size.skills))
    for queue in 0..<size.queues {
      var settings = QueueRouting()
      settings.requirement = try Requirement("s\(queue) >= 3")
      settings.target = [10_000, 20_000, 60_000][queue % 3]
      settings.strategy = [.longestIdle, .expertFirst(skill: "s\(queue)"), .leastOccupied][queue % 3]
      _ = engine.set(settings, of: "q\(queue)", now: now)
    }
    for agent in 0..<size.agents { try hire(agent) }
    for queue in 0..<size.queues {
      let start = ProcessorTime.ofThread()
      try expect(arrive("q\(queue)").isEmpty)
      slowestFirst = max(slowestFirst, ProcessorTime.ofThread() - start)
      _ = engine.remove("interaction-\(created)", place: 0, now: now)
    }
    for number in 0..<size.waiting { try expect(arrive("q\(number % size.queues)").isEmpty) }
    // With customers waiting everybody stays busy; else every second agent becomes free.
    guard size.waiting == 0 else { return }
    for number in stride(from: 0, to: size.agents, by: 2) { try expect(end(number / 2).isEmpty) }
  }

  private mutating func hire(_ number: Int) throws {
    // Agents next to each other share skills: those of one site.
    let first = number % size.queues
    let own = (0..<min(size.skills, size.queues)).map { (first + $0) % size.queues }
    var skills = Dictionary(uniqueKeysWithValues: own.map { ("s\($0)", 3 + random.below(8)) })
    for other in own.count..<max(own.count, size.skills) { skills["other\(other)"] = 5 }
    let profile = RoutingAgent(
      id: "agent-\(number)", queues: own.map { RoutingAgent.Membership(queue: "q\($0)") },
      qualities: AgentQualities(skills: skills), idleSince: now - Int64(random.below(600_000)),
      occupancy: random.below(1_000))
    profiles.append(profile)
    numbers[profile.id] = number
    profiles[number].load[.voice] = 1
    busy.append(number)
    try expect(engine.set(profiles[number], now: now).isEmpty)
  }

  private mutating func arrive(_ queue: String) -> [RoutingMatch] {
    created += 1
    return engine.add(
      RoutingEntry(interaction: "interaction-\(created)", queue: queue, arrivedAt: now), now: now)
  }

  /// An agent ends its call.
  private mutating func end(_ index: Int) -> [RoutingMatch] {
    let number = busy[index]
    busy.swapAt(index, busy.count - 1)
    busy.removeLast()
    profiles[number].load[.voice] = 0
    profiles[number].idleSince = now
    profiles[number].occupancy = random.below(1_000)
    return engine.set(profiles[number], now: now)
  }

  /// One offer, taken at once. Time of the center passes as calls of three minutes ask.
  mutating func offer() throws {
    if random.below(max(1, size.agents / 180)) == 0 { now += 1 }
    let matches: [RoutingMatch]
    let index = random.below(busy.count)
    if size.waiting > 0 {
      let start = ContinuousClock.now
      matches = end(index)
      note(start)
    } else {
      // A queue with somebody free: one of the agent whose call ends.
      let own = profiles[busy[index]].queues
      let queue = own[random.below(own.count)].queue
      try expect(end(index).isEmpty)
      let start = ContinuousClock.now
      matches = arrive(queue)
      note(start)
    }
    guard let match = matches.first, matches.count == 1, let number = numbers[match.agent] else {
      throw BenchFailure("an event led to \(matches.count) offers instead of one")
    }
    try expect(engine.accept(match.interaction, place: match.place, by: match.agent, now: now).isEmpty)
    profiles[number].load[.voice] = 1
    busy.append(number)
    if size.waiting > 0 { try expect(arrive(match.queue).isEmpty) }
  }

  private mutating func note(_ start: ContinuousClock.Instant) {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    times.append(UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
  }

  private func expect(_ holds: Bool) throws {
    guard holds else { throw BenchFailure("an event led to an offer that should not") }
  }
}

/// One row of the table.
struct RoutingBenchSize: Sendable {
  var agents: Int
  var queues: Int
  var skills: Int
  var waiting: Int
}

/// The same center each time.
struct RoutingBenchRandom {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
