// A random history of a small center: drives the engine and the naive rules with the same events.
import ContactCenter

struct RandomRouting {
  private var random: SplitMix64
  private var engine: RoutingEngine
  private var naive = NaiveRouting()
  private var now: Int64 = 1_000_000
  private var created = 0
  private(set) var given = 0
  /// The first thing that was wrong.
  private(set) var problem: String?
  /// Who was asked what and has not answered: kept by this history alone.
  private var offers: [RoutingMatch] = []
  /// What each agent holds.
  private var held: [(agent: String, channel: Channel)] = []

  private static let queues = ["q0", "q1", "q2"]
  private static let agents = (0..<6).map { "a\($0)" }
  private static let skills = ["billing", "cards"]
  private static let channels: [Channel] = [.voice, .chat, .email]

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    // Few lines are kept, so that some are let go of and made again.
    engine = RoutingEngine(seed: seed, keptMemberships: seed % 2 == 0 ? 10 : 1_000)
  }

  mutating func step() {
    now += Int64(random.below(3_000))
    compare(engine.pass(to: now), naive.pass(to: now), "time passes")
    if random.chance(3) { engine = RoutingEngine(engine.rows, keptMemberships: 10) }
    switch random.below(20) {
    case 0: configure()
    case 1...5: setAgent()
    case 6: removeAgent()
    case 7...13: arrive()
    case 14, 15: leave()
    default: answer()
    }
    checkIdleness()
  }

  // MARK: checks

  private mutating func compare(_ ours: [RoutingMatch], _ theirs: [RoutingMatch], _ what: String) {
    guard problem == nil else { return }
    if ours != theirs { problem = "\(what): the engine says \(ours), the rules say \(theirs)" }
    for match in ours {
      given += 1
      guard let agent = naive.agents[match.agent] else { continue }
      var load = agent.load
      for offer in offers where offer.agent == match.agent { load[offer.channel] += 1 }
      if !agent.isReady || !agent.capacity.takes(match.channel, beside: load) {
        problem = "\(what): \(match) is above the capacity of \(agent) beside \(load)"
      }
      offers.append(match)
    }
    let waiting = naive.entries.values.filter { $0.asked.isEmpty }.count
    let asked = Set(offers.map(\.interaction)).count
    if engine.waiting != waiting || engine.given != asked {
      problem =
        "\(what): \(engine.waiting) wait and \(engine.given) are offered, not \(waiting) and \(asked)"
    }
  }

  /// No interaction waits while an agent may take it.
  private mutating func checkIdleness() {
    for waiting in naive.entries.values where waiting.asked.isEmpty && waiting.personal == nil {
      guard problem == nil, let agent = naive.firstAgent(waiting, now) else { continue }
      problem = "\(waiting) waits, and \(agent) may take it"
    }
  }

  // MARK: events

  private mutating func requirement() -> Requirement {
    let texts = [
      "true", "billing >= 5", "billing", "cards || language == \"es\"",
      "customer.vip && billing >= 8 || !customer.vip", "cards >= customer.level",
    ]
    return (try? Requirement(random.pick(texts))) ?? .none
  }

  private mutating func configure() {
    let queue = random.pick(Self.queues)
    var settings = random.chance(30) ? naive.settings(queue) : QueueRouting()
    settings.target = random.pick([10_000, 20_000, 60_000])
    settings.weight = random.pick([500, 1_000, 3_000])
    if random.chance(80) {
      settings.strategy = random.pick([
        .longestIdle, .leastOccupied, .fewestContacts, .roundRobin, .linear, .expertFirst(skill: "billing"),
        .expertLeastOccupied(skill: "cards"), .percentAllocation,
      ])
      settings.requirement = requirement()
      if random.chance(50) {
        settings.relaxation = [
          RelaxationStep(after: 5_000, requirement: requirement()),
          RelaxationStep(after: 15_000, requirement: .none),
        ]
      }
      settings.priorityCredit = random.pick([0, 30_000, RoutingScore.strictCredit])
      if random.chance(30) { settings.reserve = AgentReserve(agents: random.below(3), priority: 5) }
      settings.patienceForPreferred = random.pick([0, 4_000, 20_000])
      settings.levelPatience = random.pick([nil, 10_000])
      settings.ring = random.pick([nil, nil, RingPlan(agents: 3), RingPlan(agents: 2, every: 2_000)])
    }
    compare(
      engine.set(settings, of: queue, now: now), naive.set(settings, of: queue, now: now),
      "configure \(queue): \(settings)")
  }

  private mutating func setAgent() {
    let id = random.pick(Self.agents)
    var agent = naive.agents[id] ?? RoutingAgent(id: id, queues: [])
    if agent.queues.isEmpty || random.chance(20) { reshape(&agent) }
    // Something that it held is done.
    if let done = held.lastIndex(where: { $0.agent == id }), random.chance(70) {
      agent.load[held.remove(at: done).channel] -= 1
      agent.contacts += 1
      agent.idleSince = now
    }
    agent.isReady = random.chance(85)
    if random.chance(30) { agent.occupancy = random.below(1_000) }
    compare(engine.set(agent, now: now), naive.set(agent, now: now), "set \(agent)")
  }

  private mutating func reshape(_ agent: inout RoutingAgent) {
    agent.queues = Self.queues.filter { _ in random.chance(60) }.map {
      RoutingAgent.Membership(queue: $0, level: 1 + random.below(2))
    }
    agent.qualities.skills = Dictionary(
      uniqueKeysWithValues: Self.skills.filter { _ in random.chance(70) }.map { ($0, 1 + random.below(10)) })
    agent.qualities.attributes = random.chance(50) ? ["language": .text("es")] : [:]
    agent.capacity = random.pick([
      .oneCall,
      CapacityModel(
        .shares([
          .voice: .init(cost: 100, spare: 50), .chat: .init(cost: 25, spare: 25),
          .email: .init(cost: 25, spare: 100),
        ]), interruptible: [.email: [.voice]]),
      CapacityModel(.numbers([.chat: 3, .email: 2, .voice: 1], total: 4), interruptible: [.email: [.voice]]),
    ])
    agent.order = random.below(4)
    agent.weight = 1 + random.below(5)
  }

  private mutating func removeAgent() {
    let id = random.pick(Self.agents)
    offers.removeAll { $0.agent == id }
    held.removeAll { $0.agent == id }
    compare(engine.removeAgent(id, now: now), naive.removeAgent(id, now: now), "remove \(id)")
  }

  private mutating func arrive() {
    created += 1
    // Sometimes one that is there comes again under another place number.
    let isMoved = random.chance(5)
    let entry = RoutingEntry(
      interaction: "i\(isMoved ? random.below(created) : created)", place: isMoved ? random.below(3) : 0,
      queue: random.pick(Self.queues), channel: random.pick(Self.channels),
      priority: random.chance(70) ? 0 : random.below(10), arrivedAt: now - Int64(random.below(2_000)),
      customer: ["vip": .flag(random.chance(50)), "level": AttributeValue(Double(random.below(10)))],
      preferred: random.chance(30) ? random.pick(Self.agents) : nil)
    if let known = naive.entries[entry.interaction], known.entry.place < entry.place {
      offers.removeAll { $0.interaction == entry.interaction }
    }
    compare(engine.add(entry, now: now), naive.add(entry, now: now), "add \(entry)")
  }

  /// Somebody gives up.
  private mutating func leave() {
    guard !naive.entries.isEmpty else { return }
    let interaction = random.pick(naive.entries.keys.sorted())
    offers.removeAll { $0.interaction == interaction }
    compare(
      engine.remove(interaction, place: .max, now: now), naive.remove(interaction, place: .max, now: now),
      "\(interaction) leaves")
  }

  /// An agent accepts or gives back.
  private mutating func answer() {
    guard !offers.isEmpty else { return }
    let offer = random.pick(offers)
    let (interaction, agent) = (offer.interaction, offer.agent)
    if random.chance(50) {
      offers.removeAll { $0.interaction == interaction }
      held.append((agent, offer.channel))
      compare(
        engine.accept(interaction, place: offer.place, by: agent, now: now),
        naive.accept(interaction, place: offer.place, by: agent, now: now),
        "\(agent) accepts \(interaction)")
      return
    }
    let exclusion: Int64? = random.chance(70) ? 8_000 : nil
    offers.removeAll { $0 == offer }
    compare(
      engine.giveBack(interaction, place: offer.place, by: agent, exclusion: exclusion, now: now),
      naive.giveBack(interaction, place: offer.place, by: agent, exclusion: exclusion, now: now),
      "\(agent) gives \(interaction) back")
  }
}
