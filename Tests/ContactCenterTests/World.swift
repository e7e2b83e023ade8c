// A small world of actors: messages in order for each pair of actors and otherwise in any order, timers late at will.
import ActorCluster
import CBOR
import ContactCenter

/// What went wrong in a world, with the seed that replays it.
struct WorldFailure: Error, CustomStringConvertible {
  let description: String
}

/// Runs the real decisions of all actors, and checks promise P4 after every step.
struct World: Sendable {
  struct Timer: Sendable {
    var at: Int64
    var method: String
    var argument: [UInt8]
  }

  struct Path: Hashable, Comparable, Sendable {
    var from: ActorKey
    var to: ActorKey
    static func < (lhs: Path, rhs: Path) -> Bool {
      lhs.from == rhs.from ? lhs.to < rhs.to : lhs.from < rhs.from
    }
  }

  var random: SplitMix64
  var now: Int64 = 1_000_000
  var interactions: [String: LiveActor<InteractionState>] = [:]
  var agents: [String: LiveActor<AgentState>] = [:]
  var queues: [String: LiveActor<WorkQueueState>] = [:]
  /// Ids of interactions that are not closed, in order of creation.
  var open: [String] = []
  /// What each interaction was created with.
  private(set) var arrivals: [String: Standing] = [:]
  private(set) var mail: [Path: [DurableMessage]] = [:]
  /// The keys of `mail`, sorted.
  private var paths: [Path] = []
  private(set) var timers: [ActorKey: [String: Timer]] = [:]
  /// How often each kind of event happened, by its public name: so that a test knows what it has seen.
  private(set) var tally: [String: Int] = [:]

  init(seed: UInt64, agents: [String], queues: [String]) {
    random = SplitMix64(seed: seed)
    for id in agents { self.agents[id] = LiveActor(agent: id) }
    for id in queues { self.queues[id] = LiveActor(queue: id) }
  }

  var isSettled: Bool { paths.isEmpty }

  /// Partition times of actors differ by a few milliseconds.
  func time(of key: ActorKey) -> Int64 { now + Int64(key.id.utf8.reduce(0) { $0 &+ Int($1) } % 7) }

  // MARK: What may happen

  /// A command from outside. Refusals are answers; any other error is a failure.
  mutating func command(_ key: ActorKey, _ method: String, _ argument: some Encodable & Sendable) throws
    -> Bool
  {
    do {
      try run(key, method, try CBOREncoder().encode(argument))
      return true
    } catch is ContactCenterRefusal {
      return false
    }
  }

  /// Delivers the next message of a path that chance picks.
  mutating func deliverOne() throws {
    guard !paths.isEmpty else { return }
    let index = random.below(paths.count)
    let path = paths[index]
    guard var messages = mail[path] else { return }
    let message = messages.removeFirst()
    mail[path] = messages.isEmpty ? nil : messages
    if messages.isEmpty { paths.remove(at: index) }
    try run(message.to, message.method, message.argument)
  }

  mutating func settle() throws {
    while !isSettled { try deliverOne() }
  }

  /// Fires a timer that is due, of those that chance picks.
  mutating func fireOne() throws {
    let due = timers.keys.sorted().flatMap { key in
      (timers[key] ?? [:]).filter { $0.value.at <= time(of: key) }.keys.sorted().map { (key, $0) }
    }
    guard !due.isEmpty else { return }
    let (key, name) = random.pick(due)
    guard let timer = timers[key]?.removeValue(forKey: name) else { return }
    if timers[key]?.isEmpty == true { timers[key] = nil }
    try run(key, timer.method, timer.argument)
  }

  /// The time of the first timer.
  var nextTimer: Int64? { timers.values.flatMap { $0.values.map(\.at) }.min() }

  // MARK: How it happens

  private mutating func run(_ key: ActorKey, _ method: String, _ argument: [UInt8]) throws {
    let effects: Effects
    let at = time(of: key)
    switch key.type {
    case Interaction.actorType:
      var actor = interactions[key.id] ?? LiveActor(interaction: key.id)
      effects = try actor.call(method, encoded: argument, at: at).1
      interactions[key.id] = actor
      count(actor.lastEvents, of: key)
      track(actor.state)
    case Agent.actorType:
      var actor = agents[key.id] ?? LiveActor(agent: key.id)
      effects = try actor.call(method, encoded: argument, at: at).1
      agents[key.id] = actor
      count(actor.lastEvents, of: key)
    default:
      var actor = queues[key.id] ?? LiveActor(queue: key.id)
      let before = actor.state
      effects = try actor.call(method, encoded: argument, at: at).1
      queues[key.id] = actor
      count(actor.lastEvents, of: key)
      try checkQueue(before, actor)
    }
    for message in effects.messages { post(message, from: key) }
    for change in effects.timers {
      switch change {
      case .put(let name, let at, let method, let argument):
        timers[key, default: [:]][name] = Timer(at: at.milliseconds, method: method, argument: argument)
      case .cancel(let name):
        timers[key]?[name] = nil
        if timers[key]?.isEmpty == true { timers[key] = nil }
      }
    }
    try check()
  }

  private mutating func count(_ events: [some Sendable], of key: ActorKey) {
    for applied in events {
      guard let event = publicEvent(actor: key, event: applied, at: PartitionTime(milliseconds: now)) else {
        continue
      }
      let detail = key.type == Agent.actorType && event.reason != nil ? "." + (event.reason ?? "") : ""
      tally["\(key.type).\(event.change)\(detail)", default: 0] += 1
    }
  }

  private mutating func track(_ state: InteractionState) {
    let isOpen = state.record.map { $0.stageName != .closed } ?? false
    if arrivals[state.id] == nil { arrivals[state.id] = state.record?.standing }
    let known = open.firstIndex(of: state.id)
    if isOpen, known == nil { open.append(state.id) }
    if !isOpen, let known { open.remove(at: known) }
  }

  private mutating func post(_ message: DurableMessage, from: ActorKey) {
    let path = Path(from: from, to: message.to)
    if mail[path] == nil {
      let index = paths.firstIndex { path < $0 } ?? paths.count
      paths.insert(path, at: index)
    }
    mail[path, default: []].append(message)
  }
}
