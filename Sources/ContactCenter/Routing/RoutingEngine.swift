// Routing of a whole center as a value: interactions and agents in, matches out. Pure.

/// Matches waiting interactions with agents, over any number of queues.
///
/// Interactions of a queue and channel that are left with the same requirement share a *line*; each line knows the free agents who
/// meet it. After every event: no interaction waits while an agent of its line has room, unless it excludes that agent or the queue
/// reserves it. So an event only looks at the first of what it touches:
///
/// - an interaction that arrives takes the first free agent of its line, in the order of the queue's strategy;
/// - an agent who gets room looks at the first interaction of each of its lines, and takes the most urgent.
///
/// Neither grows with the number waiting; with the number of agents only by the logarithm of a heap. An agent costs what its own
/// lines are, at most `InputLimits.queuesPerAgent` queues. What is expensive: the first interaction with a new requirement (every
/// agent of the queue is asked once), a profile with other queues or qualities (that agent's lines are found anew), and settings
/// that put a queue's interactions in line anew.
///
/// An agent is never asked above its capacity: what it was asked and has not answered counts as much as what it holds. Whoever
/// holds the engine tells it of every answer: `accept`, `giveBack` or `remove`.
///
/// What is matched follows from settings, agents and interactions; `RoutingRows` carry all of it. Only the draws of the random
/// strategies begin anew with an engine that is made from rows.
public struct RoutingEngine: Sendable {
  var queues: [QueueRecord] = []
  var queueNumbers: [String: Int] = [:]
  /// Numbers that are free have vacant records, here and below.
  var lines: [LineRecord] = []
  var lineNumbers: [LineRecord.Key: Int] = [:]
  var freeLines: [Int] = []
  /// By name of the preferred agent: lines that wait for it alone.
  var personalLines: [String: [Int]] = [:]
  var agents: [RoutingAgentRecord] = []
  var agentNumbers: [String: Int] = [:]
  var freeAgents: [Int] = []
  var entries: [EntryRecord] = []
  var entryNumbers: [String: Int] = [:]
  var freeEntries: [Int] = []
  /// By agent: the interactions that exclude it, the one whose exclusion ends first at the front.
  var excluding: [String: [ExcludingEntry]] = [:]
  var due = SlotHeap<RoutingDue>()
  /// What is known of the situation: weather, news, anything set from outside.
  public internal(set) var situation: Attributes = [:]
  /// Of random strategies.
  let seed: UInt64
  var matches: [RoutingMatch] = []
  /// Agents who got room while something else was under way.
  var freed: [Int] = []
  /// Interactions of which all agents are to ring at once.
  var ringing: [Int] = []
  /// Places of agents in lines.
  var memberships = 0
  let keptMemberships: Int

  /// - Parameters:
  ///   - seed: of the random strategies.
  ///   - keptMemberships: lines that nobody waits in are kept for those to come while agents have no more places in lines than
  ///     that: about 100 bytes each.
  public init(seed: UInt64 = 0, keptMemberships: Int = 4_000_000) {
    self.seed = seed
    self.keptMemberships = keptMemberships
  }

  // MARK: what can be seen

  public var waiting: Int { entryNumbers.count - given }
  /// Interactions that agents were asked to take and have not answered yet.
  public internal(set) var given = 0

  /// Interactions of the queue that wait. Costs as much as it has lines.
  public func waiting(in queue: String) -> Int {
    guard let number = queueNumbers[queue] else { return 0 }
    let all = [queues[number].lines, queues[number].personalLines].joined()
    return all.reduce(0) { $0 + lines[$1].waiting.count }
  }

  /// When `pass` has something to do next, in milliseconds.
  public var nextDue: Int64? { due.first?.key.time }

  // MARK: queues

  /// Makes a queue, or changes how it is routed. What waits in it is put in line anew, unless only its target or weight changed.
  public mutating func set(_ settings: QueueRouting, of queue: String, now: Int64) -> [RoutingMatch] {
    let number = number(ofQueue: queue)
    var same = queues[number].settings
    (same.target, same.weight) = (settings.target, settings.weight)
    queues[number].use(settings)
    if same != settings { replaceLines(of: number, now: now) }
    return takeMatches(now)
  }

  /// A queue that missed its service level lately is more urgent beside others, one that kept it less: see `RoutingScore`.
  ///
  /// - Parameter factor: in thousandths; 1,000 leaves it as it is.
  public mutating func set(serviceFactor factor: Int64, of queue: String) {
    queues[number(ofQueue: queue)].serviceFactor = max(1, min(1_000_000, factor))
  }

  /// Changes what is known of the situation. Only queues whose requirement asks for it are put in line anew.
  public mutating func set(situation: Attributes, now: Int64) -> [RoutingMatch] {
    guard situation != self.situation else { return [] }
    self.situation = situation
    for number in queues.indices where queues[number].settings.asksForSituation {
      replaceLines(of: number, now: now)
    }
    return takeMatches(now)
  }

  mutating func number(ofQueue id: String) -> Int {
    if let number = queueNumbers[id] { return number }
    queues.append(QueueRecord(id: id))
    queueNumbers[id] = queues.count - 1
    return queues.count - 1
  }

  // MARK: time

  /// Lets time pass: steps of relaxation, patience for preferred agents, exclusions that end, one more agent to ring.
  ///
  /// - Parameter limit: so many at most, so that nobody else is kept waiting. `nextDue` says when more is due; call again.
  public mutating func pass(to now: Int64, atMost limit: Int = .max) -> [RoutingMatch] {
    var left = limit
    while left > 0, let next = due.first, next.key.time <= now {
      left -= 1
      let number = Int(next.value)
      remind(number, at: nil)
      if entries[number].state == .given { ring(number, now: now) } else { replace(number, now: now) }
    }
    return takeMatches(now)
  }

  /// Has `pass` come back to the interaction at that time, or not at all.
  mutating func remind(_ number: Int, at time: Int64?) {
    let (slot, tie) = (entries[number].due, entries[number].tie)
    switch (slot >= 0, time) {
    case (true, let time?): due.update(slot, RoutingDue(time: time, tie: tie))
    case (true, nil):
      due.remove(slot)
      entries[number].due = SlotHeap<RoutingDue>.none
    case (false, let time?):
      entries[number].due = due.insert(RoutingDue(time: time, tie: tie), number)
    case (false, nil): break
    }
  }

  // MARK: helpers

  /// What the event led to. Only now do more agents ring than one: those whom nobody who waits may have.
  mutating func takeMatches(_ now: Int64) -> [RoutingMatch] {
    for number in ringing { ring(number, now: now) }
    defer { (matches, ringing) = ([], []) }
    return matches
  }
}

extension QueueRouting {
  var asksForSituation: Bool {
    ([requirement] + relaxation.map(\.requirement)).contains { requirement in
      requirement.expression.names.contains { $0.owner == .situation }
    }
  }
}
