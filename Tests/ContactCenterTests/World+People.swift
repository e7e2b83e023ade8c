// What people do in a world: customers come and give up, agents answer, miss and go; often wrongly.
import ActorCluster
import ContactCenter

extension World {
  static let channels: [Channel] = [.voice, .chat, .email]

  /// One step of the world: a message, a timer, time, or a person.
  mutating func step(arrivals: Bool) throws {
    switch random.below(100) {
    case ..<55:
      try deliverOne()
    case ..<62:
      now += Int64(random.below(400))
      try fireOne()
    case ..<64:
      now += Int64(random.below(3_000))
      try fireOne()
    case ..<72 where arrivals:
      try arrive()
    case ..<84:
      try actOnInteraction()
    case ..<99:
      try actOnAgent()
    default:
      try actOnQueue()
    }
  }

  private mutating func arrive() throws {
    let count = interactions.count
    // Now and then an id that exists: refused, and nothing changes.
    let id = count > 0 && random.chance(5) ? "i\(random.below(count))" : "i\(count)"
    let created = try command(
      .interaction(id), "create",
      CreateInteraction(
        channel: random.pick(Self.channels), queue: random.pick(queues.keys.sorted()),
        priority: random.chance(70) ? 0 : random.below(10), offerTimeoutMs: 1_000,
        wrapUpMs: random.chance(50) ? 0 : 1_000))
    if created != (id == "i\(count)") {
      throw WorldFailure(description: "creating \(id) twice was not refused")
    }
  }

  private mutating func actOnInteraction() throws {
    guard !interactions.isEmpty else { return }
    let id = open.isEmpty || random.chance(5) ? "i\(random.below(interactions.count))" : random.pick(open)
    let anyone = random.pick(agents.keys.sorted())
    let agent = random.chance(85) ? interactions[id]?.state.record?.agent ?? anyone : anyone
    let before = interactions[id]?.state
    let key = ActorKey.interaction(id)
    let done =
      switch random.below(10) {
      case ..<4: try command(key, "accept", Accept(agent: agent))
      case ..<5: try command(key, "decline", Decline(agent: agent))
      case ..<7: try command(key, "complete", Complete(agent: agent, disposition: "done"))
      case ..<9: try command(key, "finishWrapUp", FinishWrapUp(agent: agent))
      default: try command(key, "abandon", Abandon(reason: "tired"))
      }
    if !done, interactions[id]?.state != before { throw WorldFailure(description: "a refusal changed \(id)") }
  }

  private mutating func actOnAgent() throws {
    let id = random.pick(agents.keys.sorted())
    let key = ActorKey.agent(id)
    switch random.below(10) {
    case ..<2: try signIn(id)
    case ..<3: _ = try command(key, "signOut", SignOut())
    case ..<4: _ = try command(key, "setNotReady", SetNotReady(reason: "break"))
    default: _ = try command(key, "setReady", SetReady())
    }
  }

  mutating func signIn(_ id: String) throws {
    let all = queues.keys.sorted()
    var capacity: [Channel: Int] = [:]
    for channel in Self.channels where random.chance(70) { capacity[channel] = random.below(3) }
    _ = try command(
      .agent(id), "signIn",
      SignIn(
        queues: all.filter { _ in random.chance(60) } + [random.pick(all)],
        skills: random.chance(50) ? ["gold"] : [], capacity: capacity,
        missesBeforeNotReady: 1 + random.below(3)))
  }

  private mutating func actOnQueue() throws {
    let queue = random.pick(queues.keys.sorted())
    _ = try command(
      .workQueue(queue), "configure",
      QueueSettings(requiredSkill: random.chance(40) ? "gold" : nil, limit: 100))
  }

  /// Everybody helps until every interaction is closed.
  mutating func finish() throws {
    try settle()
    for queue in queues.keys.sorted() {
      _ = try command(.workQueue(queue), "configure", QueueSettings())
    }
    for agent in agents.keys.sorted() {
      // Capacity stays above what is held.
      _ = try command(
        .agent(agent), "signIn",
        SignIn(
          queues: queues.keys.sorted(), capacity: [.voice: 3, .chat: 3, .email: 3], missesBeforeNotReady: 9))
      _ = try command(.agent(agent), "setReady", SetReady())
    }
    var rounds = 0
    while !open.isEmpty {
      rounds += 1
      guard rounds < 1_000 else { throw WorldFailure(description: "never finished: \(open)") }
      try settle()
      try checkSettled()
      for id in open {
        guard let record = interactions[id]?.state.record, let agent = record.agent else { continue }
        let key = ActorKey.interaction(id)
        let done =
          switch record.stageName {
          case .offered: try command(key, "accept", Accept(agent: agent))
          case .active: try command(key, "complete", Complete(agent: agent))
          case .wrapUp: try command(key, "finishWrapUp", FinishWrapUp(agent: agent))
          case .waiting, .closed: true
          }
        if !done { throw WorldFailure(description: "\(id) refuses its agent \(agent): \(record)") }
      }
    }
    try settle()
    try checkSettled()
  }
}
