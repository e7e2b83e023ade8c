// What there is of routing, as plain values: to be stored, and to begin again from. Pure.

/// All of a routing engine. Each part is small; a holder that stores rows writes those that an event touched: its queue, the
/// agents and the interactions of its matches.
public struct RoutingRows: Codable, Hashable, Sendable {
  public struct Queue: Codable, Hashable, Sendable {
    public var id: String
    public var settings: QueueRouting
    public var serviceFactor: Int64
    /// What it gave to agents so far, and how far percent allocation has come.
    public var given: Int64
    public var level: Int64
  }

  public struct Agent: Codable, Hashable, Sendable {
    public var profile: RoutingAgent
    /// By queue.
    public var turns: [String: RoutingTurn]
  }

  public struct Entry: Codable, Hashable, Sendable {
    public var entry: RoutingEntry
    /// Milliseconds: when it was put in line last.
    public var placedAt: Int64
    /// Agents who were asked to take it and have not answered, in that order.
    public var asked: [String]
    public var excluded: [RoutingExclusion]
    public var hasWaitedForPreferred: Bool
    /// Waits for its preferred agent alone.
    public var isPersonal: Bool
    /// Milliseconds: when something is due for it.
    public var due: Int64?
  }

  /// Sorted by name, like the others.
  public var queues: [Queue] = []
  public var agents: [Agent] = []
  public var entries: [Entry] = []
  public var situation: Attributes = [:]

  public init() {}
}

extension RoutingEngine {
  /// All of it.
  public var rows: RoutingRows {
    var rows = RoutingRows()
    rows.queues = queueNumbers.keys.sorted().compactMap { row(ofQueue: $0) }
    rows.agents = agentNumbers.keys.sorted().compactMap { row(ofAgent: $0) }
    rows.entries = entryNumbers.keys.sorted().compactMap { row(ofInteraction: $0) }
    rows.situation = situation
    return rows
  }

  public func row(ofQueue id: String) -> RoutingRows.Queue? {
    guard let number = queueNumbers[id] else { return nil }
    let queue = queues[number]
    return RoutingRows.Queue(
      id: id, settings: queue.settings, serviceFactor: queue.serviceFactor, given: queue.given,
      level: queue.level)
  }

  public func row(ofAgent id: String) -> RoutingRows.Agent? {
    guard let number = agentNumbers[id] else { return nil }
    let agent = agents[number]
    var turns: [String: RoutingTurn] = [:]
    for seat in agent.seats { turns[queues[seat.queue].id] = seat.turn }
    return RoutingRows.Agent(profile: agent.profile, turns: turns)
  }

  public func row(ofInteraction id: String) -> RoutingRows.Entry? {
    guard let number = entryNumbers[id] else { return nil }
    let record = entries[number]
    var isPersonal = false
    if case .waiting(let line, _) = record.state { isPersonal = lines[line].key.preferred != nil }
    return RoutingRows.Entry(
      entry: record.entry, placedAt: record.placedAt,
      asked: record.agents.compactMap { agents[$0].profile.id }, excluded: record.excluded,
      hasWaitedForPreferred: record.hasWaitedForPreferred, isPersonal: isPersonal,
      due: due.key(of: record.due)?.time)
  }

  /// The engine that these rows were taken of. Nothing is matched: what was waiting waits on.
  ///
  /// - Parameter seed: of the random strategies, whose draws begin anew; another one each time, such as the number of the log entry.
  public init(_ rows: RoutingRows, seed: UInt64 = 0, keptMemberships: Int = 4_000_000) {
    self.init(seed: seed, keptMemberships: keptMemberships)
    situation = rows.situation
    for row in rows.queues {
      let number = number(ofQueue: row.id)
      queues[number].use(row.settings)
      queues[number].serviceFactor = row.serviceFactor
      (queues[number].given, queues[number].level) = (row.given, row.level)
    }
    for row in rows.agents {
      let number = insert(row.profile)
      rejoin(number)
      for index in agents[number].seats.indices {
        let queue = queues[agents[number].seats[index].queue].id
        if let turn = row.turns[queue] { agents[number].seats[index].turn = turn }
      }
    }
    let numbers = rows.entries.map { restore($0) }
    for number in agents.indices { refresh(number) }
    for (number, row) in zip(numbers, rows.entries) { settle(number, row) }
  }

  private mutating func restore(_ row: RoutingRows.Entry) -> Int {
    let queue = number(ofQueue: row.entry.queue)
    var record = EntryRecord(
      row.entry, queue: queue, creditedArrival: creditedArrival(row.entry, queue), placedAt: row.placedAt)
    record.hasWaitedForPreferred = row.hasWaitedForPreferred
    record.agents = row.asked.compactMap { agentNumbers[$0] }
    if !record.agents.isEmpty {
      record.state = .given
      given += 1
    }
    let number = insert(record)
    for agent in record.agents {
      agents[agent].asked[row.entry.channel] += 1
      agents[agent].askedFor.append(number)
    }
    for exclusion in row.excluded { addExclusion(exclusion, from: number) }
    return number
  }

  private mutating func settle(_ number: Int, _ row: RoutingRows.Entry) {
    remind(number, at: row.due)
    guard entries[number].state == .moving else { return }
    var key = key(of: number).key
    if row.isPersonal { key.preferred = row.entry.preferred }
    wait(number, in: line(key))
  }
}
