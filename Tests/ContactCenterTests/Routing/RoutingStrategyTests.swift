// Who of several agents gets an interaction, and which interaction an agent gets: worked cases.
import ContactCenter
import Testing

@Suite struct RoutingStrategyTests {
  /// Agents in a queue of that strategy, then interactions one after the other: who gets them.
  private func given(
    _ strategy: AgentStrategy, _ agents: [RoutingAgent], interactions: Int = 1, seed: UInt64 = 0
  ) -> [String] {
    var engine = RoutingEngine(seed: seed)
    var settings = QueueRouting()
    settings.strategy = strategy
    _ = engine.set(settings, of: "q", now: 0)
    for agent in agents { _ = engine.set(agent, now: 0) }
    return (0..<interactions).flatMap { number in
      engine.add(
        RoutingEntry(interaction: "i\(number)", queue: "q", arrivedAt: 100), now: 100 + Int64(number)
      )
      .map(\.agent)
    }
  }

  private func agent(
    _ id: String, idleSince: Int64 = 0, skill: Int? = nil, occupancy: Int = 0, contacts: Int = 0,
    order: Int = 0,
    weight: Int = 1, calls: Int = 1
  ) -> RoutingAgent {
    RoutingAgent(
      id: id, queues: [.init(queue: "q")], qualities: AgentQualities(skills: skill.map { ["s": $0] } ?? [:]),
      capacity: CapacityModel(.numbers([.voice: calls], total: nil)), idleSince: idleSince,
      occupancy: occupancy,
      contacts: contacts, order: order, weight: weight)
  }

  /// Levels of the worked case are 1 for the best; ours are 10 for the best. Idle for 5, 10 and 30 s at 40 s.
  private var workedCase: [RoutingAgent] {
    [
      agent("A", idleSince: 35, skill: 10, occupancy: 900),
      agent("B", idleSince: 30, skill: 10, occupancy: 950),
      agent("C", idleSince: 10, skill: 9, occupancy: 640),
    ]
  }

  @Test("Levels A 1, B 1, C 2 at 90, 95 and 64 %: expert first with least occupied picks A, uniform picks C")
  func leastOccupied() {
    #expect(given(.expertLeastOccupied(skill: "s"), workedCase) == ["A"])
    #expect(given(.leastOccupied, workedCase) == ["C"])
  }

  @Test("Idle for 5, 10 and 30 s: expert first with most idle picks B, uniform picks C")
  func mostIdle() {
    #expect(given(.expertFirst(skill: "s"), workedCase) == ["B"])
    #expect(given(.longestIdle, workedCase) == ["C"])
  }

  @Test("Percent allocation picks the agent furthest below its share")
  func percentAllocation() {
    let agents = [
      agent("half", weight: 50, calls: 100), agent("third", weight: 30, calls: 100),
      agent("rest", weight: 20, calls: 100),
    ]
    let all = given(.percentAllocation, agents, interactions: 100)
    #expect(all.filter { $0 == "half" }.count == 50)
    #expect(all.filter { $0 == "third" }.count == 30)
    #expect(all.filter { $0 == "rest" }.count == 20)
  }

  @Test("Round robin goes around, linear begins at the front, fewest contacts evens out")
  func simple() {
    let three = [
      agent("a", contacts: 4, order: 3, calls: 2), agent("b", contacts: 2, order: 1, calls: 2),
      agent("c", contacts: 9, order: 2, calls: 2),
    ]
    let around = given(.roundRobin, three, interactions: 6)
    #expect(Set(around.prefix(3)) == ["a", "b", "c"] && around.prefix(3) == around.suffix(3))
    #expect(given(.linear, three, interactions: 6) == ["b", "b", "c", "c", "a", "a"])
    #expect(given(.fewestContacts, three) == ["b"])
  }

  @Test("Random gives everybody about as much, weighted random in proportion; the same seed gives the same")
  func random() {
    let agents = (0..<4).map { agent("a\($0)", weight: $0 + 1, calls: 100) }
    var counts: [String: Int] = [:]
    var weighted: [String: Int] = [:]
    for seed in 0..<40 as Range<UInt64> {
      for id in given(.random, agents, interactions: 50, seed: seed) { counts[id, default: 0] += 1 }
      for id in given(.weightedRandom, agents, interactions: 50, seed: seed) { weighted[id, default: 0] += 1 }
    }
    for number in 0..<4 {
      // 2,000 draws: the standard deviation is about 20.
      #expect(abs(counts["a\(number)", default: 0] - 500) < 100)
      #expect(abs(weighted["a\(number)", default: 0] - 200 * (number + 1)) < 110)
    }
    #expect(
      given(.random, agents, interactions: 50, seed: 7) == given(.random, agents, interactions: 50, seed: 7))
    // Who was drawn is drawn next as often as anybody else, also after a thousand draws.
    let many = given(.random, (0..<4).map { agent("a\($0)", calls: 2_000) }, interactions: 2_000).suffix(
      1_000)
    let repeated = zip(many, many.dropFirst()).filter { $0.0 == $0.1 }.count
    #expect((190..<310).contains(repeated), "250 of 1,000 follow themselves by chance, not \(repeated)")
  }

  @Test("An agent who is new is not given all until it has as much as others have had for days")
  func newcomer() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.strategy = .percentAllocation
    _ = engine.set(settings, of: "q", now: 0)
    for id in ["a", "b"] { _ = engine.set(agent(id, calls: 100), now: 0) }
    func arrive(_ range: Range<Int>) -> [String] {
      range.flatMap { engine.add(RoutingEntry(interaction: "i\($0)", queue: "q", arrivedAt: 0), now: 0) }
        .map(\.agent)
    }
    _ = arrive(0..<60)
    _ = engine.set(agent("new", calls: 100), now: 0)
    #expect((10...11).contains(arrive(60..<90).filter { $0 == "new" }.count))
  }

  @Test("Ring all: everybody free is asked at once, the first who accepts gets it, the others are free again")
  func ringAll() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.strategy = .linear
    settings.ring = RingPlan(agents: 3)
    _ = engine.set(settings, of: "q", now: 0)
    for (order, id) in ["a", "b", "c", "d"].enumerated() { _ = engine.set(agent(id, order: order), now: 0) }
    let rings = engine.add(RoutingEntry(interaction: "i", queue: "q", arrivedAt: 0), now: 0)
    #expect(rings.map(\.agent) == ["a", "b", "c"])
    #expect(engine.given == 1)
    // One declines: another one rings a second later.
    #expect(engine.giveBack("i", place: 0, by: "b", exclusion: 60_000, now: 1).isEmpty)
    #expect(engine.pass(to: 1_001).map(\.agent) == ["d"])
    let accepted = engine.accept("i", place: 0, by: "c", now: 1_002)
    #expect(accepted.isEmpty && engine.given == 0 && engine.waiting == 0)
    // a, b and d are free, c holds a call.
    let next = engine.add(RoutingEntry(interaction: "j", queue: "q", arrivedAt: 1_003), now: 1_003)
    #expect(next.map(\.agent) == ["a", "b", "d"])
  }

  @Test("Ring progressively: one more agent each time the time is over, but nobody whom somebody waits for")
  func ringProgressively() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.strategy = .linear
    settings.ring = RingPlan(agents: 3, every: 5_000)
    _ = engine.set(settings, of: "q", now: 0)
    for (order, id) in ["a", "b"].enumerated() { _ = engine.set(agent(id, order: order), now: 0) }
    #expect(
      engine.add(RoutingEntry(interaction: "i", queue: "q", arrivedAt: 0), now: 0).map(\.agent) == ["a"])
    #expect(engine.nextDue == 5_000)
    #expect(engine.pass(to: 5_000).map(\.agent) == ["b"])
    #expect(engine.add(RoutingEntry(interaction: "j", queue: "q", arrivedAt: 6_000), now: 6_000).isEmpty)
    // c takes who waits; i rings no further.
    #expect(engine.set(agent("c", order: 2), now: 7_000).map(\.interaction) == ["j"])
    #expect(engine.pass(to: 10_000).isEmpty)
    #expect(engine.accept("i", place: 0, by: "a", now: 11_000).isEmpty)
  }

  @Test(
    "A free agent takes the most urgent head of its queues: the one nearest to or furthest past its target")
  func urgency() {
    var engine = RoutingEngine()
    for (queue, target) in [("slow", 60_000), ("fast", 10_000)] as [(String, Int64)] {
      var settings = QueueRouting()
      settings.target = target
      _ = engine.set(settings, of: queue, now: 0)
    }
    _ = engine.add(RoutingEntry(interaction: "s", queue: "slow", arrivedAt: 0), now: 0)
    _ = engine.add(RoutingEntry(interaction: "f1", queue: "fast", arrivedAt: 20_000), now: 20_000)
    _ = engine.add(RoutingEntry(interaction: "f2", queue: "fast", arrivedAt: 28_000), now: 28_000)
    let agent = RoutingAgent(
      id: "ann", queues: [.init(queue: "slow"), .init(queue: "fast")],
      capacity: CapacityModel(.numbers([.voice: 3], total: nil)))
    // At 30 s: s is at 50 % of its target, f1 at 100 %, f2 at 20 %.
    #expect(engine.set(agent, now: 30_000).map(\.interaction) == ["f1", "s", "f2"])
  }

  @Test("Queues of the first level come first, however long others wait")
  func levels() {
    var engine = RoutingEngine()
    _ = engine.add(RoutingEntry(interaction: "second", queue: "b", arrivedAt: 0), now: 0)
    _ = engine.add(RoutingEntry(interaction: "first", queue: "a", arrivedAt: 90_000), now: 90_000)
    let agent = RoutingAgent(id: "ann", queues: [.init(queue: "b", level: 2), .init(queue: "a", level: 1)])
    #expect(engine.set(agent, now: 100_000).map(\.interaction) == ["first"])
  }

  @Test("Nobody waits for ever behind queues of a smaller level: patience ends it")
  func levelPatience() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.levelPatience = 60_000
    _ = engine.set(settings, of: "b", now: 0)
    var ann = RoutingAgent(
      id: "ann", queues: [.init(queue: "b", level: 2), .init(queue: "a", level: 1)],
      load: ChannelLoad([.voice: 1]))
    _ = engine.set(ann, now: 0)
    _ = engine.add(RoutingEntry(interaction: "second", queue: "b", arrivedAt: 0), now: 0)
    var order: [String] = []
    // A call of the first level arrives every ten seconds, and ann takes one every ten seconds.
    for round in 1...9 as ClosedRange<Int64> {
      let now = round * 10_000
      _ = engine.add(RoutingEntry(interaction: "first \(round)", queue: "a", arrivedAt: now), now: now)
      ann.load = ChannelLoad()
      for match in engine.set(ann, now: now) {
        order.append(match.interaction)
        _ = engine.accept(match.interaction, place: 0, by: "ann", now: now)
      }
    }
    #expect(order.firstIndex(of: "second") == 5)
  }

  @Test("A queue that missed its service level is more urgent than one that kept it")
  func serviceFactor() {
    func first(_ factor: Int64) -> [String] {
      var engine = RoutingEngine()
      engine.set(serviceFactor: factor, of: "missed")
      _ = engine.add(RoutingEntry(interaction: "kept", queue: "kept", arrivedAt: 0), now: 0)
      _ = engine.add(RoutingEntry(interaction: "missed", queue: "missed", arrivedAt: 5_000), now: 5_000)
      let ann = RoutingAgent(id: "ann", queues: [.init(queue: "kept"), .init(queue: "missed")])
      return engine.set(ann, now: 10_000).map(\.interaction)
    }
    #expect(first(1_000) == ["kept"])
    #expect(first(3_000) == ["missed"])
  }

  @Test(
    "The bank's priority 2 is worth 1.5 minutes of waiting; strict priorities are worth more than any wait")
  func priorities() {
    func order(_ credit: Int64) -> [String] {
      var engine = RoutingEngine()
      var settings = QueueRouting()
      settings.priorityCredit = credit
      _ = engine.set(settings, of: "q", now: 0)
      for (id, priority, arrived) in [("early", 0, 0), ("high", 2, 80_000), ("late high", 2, 100_000)]
        as [(String, Int, Int64)]
      {
        _ = engine.add(
          RoutingEntry(interaction: id, queue: "q", priority: priority, arrivedAt: arrived), now: arrived)
      }
      return engine.set(agent("ann", calls: 3), now: 200_000).map(\.interaction)
    }
    #expect(order(45_000) == ["high", "early", "late high"])
    #expect(order(RoutingScore.strictCredit) == ["high", "late high", "early"])
    #expect(order(0) == ["early", "high", "late high"])
  }

  @Test("What is asked is relaxed in steps, and the place in line stays")
  func relaxation() throws {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.requirement = try Requirement("s >= 8")
    settings.relaxation = [
      RelaxationStep(after: 10_000, requirement: try Requirement("s >= 5")),
      RelaxationStep(after: 20_000, requirement: .none),
    ]
    _ = engine.set(settings, of: "q", now: 0)
    _ = engine.set(agent("medium", skill: 6, calls: 2), now: 0)
    #expect(engine.add(RoutingEntry(interaction: "i", queue: "q", arrivedAt: 0), now: 0).isEmpty)
    #expect(engine.nextDue == 10_000)
    #expect(engine.pass(to: 9_999).isEmpty)
    #expect(engine.pass(to: 10_000).map(\.agent) == ["medium"])
    // Back at its place, and relaxed further: before one that came later and asks for less from the start.
    _ = engine.set(agent("medium", skill: 6, calls: 0), now: 10_000)
    #expect(engine.giveBack("i", place: 0, by: "medium", exclusion: 60_000, now: 11_000).isEmpty)
    #expect(engine.pass(to: 20_000).isEmpty)
    #expect(engine.add(RoutingEntry(interaction: "j", queue: "q", arrivedAt: 1_000), now: 21_500).isEmpty)
    #expect(engine.set(agent("novice", calls: 2), now: 22_000).map(\.interaction) == ["i", "j"])
  }

  @Test("The preferred agent has the time of patience, then anybody")
  func preferred() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.patienceForPreferred = 30_000
    _ = engine.set(settings, of: "q", now: 0)
    _ = engine.set(agent("other", calls: 9), now: 0)
    var known = agent("known", calls: 0)
    _ = engine.set(known, now: 0)
    for (arrivedAt, id) in ["a", "b"].enumerated() {
      let entry = RoutingEntry(interaction: id, queue: "q", arrivedAt: Int64(arrivedAt), preferred: "known")
      #expect(engine.add(entry, now: 1).isEmpty)
    }
    // Nobody waits for somebody who is not there.
    #expect(
      engine.add(RoutingEntry(interaction: "c", queue: "q", arrivedAt: 0, preferred: "nobody"), now: 0).map(
        \.agent)
        == ["other"])
    known.capacity = .oneCall
    #expect(engine.set(known, now: 10_000).map(\.interaction) == ["a"])
    #expect(engine.pass(to: 30_000).isEmpty)
    #expect(engine.pass(to: 30_001).map(\.agent) == ["other"])
  }

  @Test("One more free agent frees another one of the reserve for whom it may not take itself")
  func reserveOfAnother() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.strategy = .linear
    settings.reserve = AgentReserve(agents: 1, priority: 5)
    _ = engine.set(settings, of: "q", now: 0)
    for (order, id) in ["b", "a"].enumerated() { _ = engine.set(agent(id, order: order), now: 0) }
    #expect(
      engine.add(RoutingEntry(interaction: "i", queue: "q", arrivedAt: 1), now: 1).map(\.agent) == ["b"])
    var away = agent("b", order: 0)
    away.isReady = false
    _ = engine.set(away, now: 2)
    // Only a is left, who is reserved.
    #expect(engine.giveBack("i", place: 0, by: "b", exclusion: 60_000, now: 3).isEmpty)
    #expect(engine.set(agent("b", order: 0), now: 4).map(\.agent) == ["a"])
  }

  @Test("Agents are reserved for what is important")
  func reserve() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.reserve = AgentReserve(agents: 1, priority: 5)
    _ = engine.set(settings, of: "q", now: 0)
    for id in ["a", "b"] { _ = engine.set(agent(id), now: 0) }
    #expect(engine.add(RoutingEntry(interaction: "one", queue: "q", arrivedAt: 1), now: 1).count == 1)
    #expect(engine.add(RoutingEntry(interaction: "two", queue: "q", arrivedAt: 2), now: 2).isEmpty)
    #expect(
      engine.add(RoutingEntry(interaction: "vip", queue: "q", priority: 5, arrivedAt: 3), now: 3).count == 1)
    // One more than the reserve: the one who waited is served.
    _ = engine.set(agent("c"), now: 4)
    #expect(engine.set(agent("d"), now: 5).map(\.interaction) == ["two"])
  }
}
