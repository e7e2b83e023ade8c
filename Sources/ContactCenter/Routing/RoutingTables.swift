// What the routing engine keeps of queues, agents, lines and interactions: records, found by number. Pure.
internal import NodeStore

/// A queue, with its lines.
struct QueueRecord: Sendable {
  let id: String
  var settings = QueueRouting()
  /// How much its recent service level speeds it up, in thousandths.
  var serviceFactor: Int64 = 1_000
  /// For each step, the first included: whether its requirement asks of agents alone, so that it is its own residual.
  var asksAgentsAlone = [true]
  var lines: [Int] = []
  /// Lines that wait for one agent each.
  var personalLines: [Int] = []
  /// Agents who belong to it, by number.
  var members: [Int] = []
  /// How often it gave something to anybody: what round robin counts by.
  var given: Int64 = 0
  /// Where percent allocation stands: an agent who is new begins here, not at nothing.
  var level: Int64 = 0

  init(id: String) { self.id = id }

  mutating func use(_ settings: QueueRouting) {
    self.settings = settings
    asksAgentsAlone = ([settings.requirement] + settings.relaxation.map(\.requirement)).map { requirement in
      requirement.expression.names.allSatisfy { $0.owner == .agent }
    }
  }
}

/// Interactions of one queue and channel that ask the same of agents, and the free agents who may be given them.
struct LineRecord: Sendable {
  struct Key: Hashable, Sendable {
    var queue: Int
    var channel: Channel
    var requirement: Requirement
    /// Whether the reserve of the queue is for these.
    var isPrivileged: Bool
    /// The one agent whom these wait for, by name.
    var preferred: String?
  }

  let key: Key
  let order: AgentOrder
  /// What the order goes by, where it is that of a skill.
  let skill: String?
  var waiting = SlotHeap<LinePlace>()
  /// Those of the line's agents who have room for its channel now.
  var free = SlotHeap<AgentRank>()
  /// Of the random strategies: the time at which the last agent was drawn, and how many draws there were.
  var clock: Int64 = 0
  var draws: UInt64 = 0

  /// Where there is none.
  static let vacant = LineRecord(
    Key(queue: -1, channel: .task, requirement: .none, isPrivileged: true), .longestIdle)

  init(_ key: Key, _ strategy: AgentStrategy) {
    self.key = key
    (order, skill) = AgentOrder.of(strategy)
  }
}

/// A waiting interaction in its line: the earliest credited arrival first.
struct LinePlace: Comparable, Sendable {
  var creditedArrival: Int64
  /// A hash of the interaction's name.
  var tie: UInt64

  static func < (left: LinePlace, right: LinePlace) -> Bool {
    left.creditedArrival != right.creditedArrival
      ? left.creditedArrival < right.creditedArrival : left.tie < right.tie
  }
}

/// The order of agents: the smallest first. It follows from the agents alone, not from what happened in which order.
struct AgentRank: Comparable, Sendable {
  var first: Int64
  var second: Int64
  /// A hash of the agent's name.
  var tie: UInt64

  static func < (left: AgentRank, right: AgentRank) -> Bool {
    if left.first != right.first { return left.first < right.first }
    return left.second != right.second ? left.second < right.second : left.tie < right.tie
  }
}

/// What the order of a line's agents goes by: a strategy, as a byte.
enum AgentOrder: UInt8, Sendable {
  case longestIdle, leastOccupied, fewestContacts, roundRobin, linear, random, weightedRandom
  case expertFirst, expertLeastOccupied, percentAllocation

  static func of(_ strategy: AgentStrategy) -> (order: AgentOrder, skill: String?) {
    switch strategy {
    case .longestIdle: (.longestIdle, nil)
    case .leastOccupied: (.leastOccupied, nil)
    case .fewestContacts: (.fewestContacts, nil)
    case .roundRobin: (.roundRobin, nil)
    case .linear: (.linear, nil)
    case .random: (.random, nil)
    case .weightedRandom: (.weightedRandom, nil)
    case .expertFirst(let skill): (.expertFirst, skill)
    case .expertLeastOccupied(let skill): (.expertLeastOccupied, skill)
    case .percentAllocation: (.percentAllocation, nil)
    }
  }
}

struct RoutingAgentRecord: Sendable {
  /// A queue that the agent belongs to.
  struct Seat: Sendable {
    var queue: Int
    var level: Int
    var turn: RoutingTurn
    /// Among the members of the queue.
    var place: Int
  }

  /// A line that the agent may be given work of, with what its rank there goes by: looked at with every match.
  struct Membership: Sendable {
    var line: Int32
    /// Of the seat in the line's queue.
    var seat: Int32
    /// Where it is among the line's free agents.
    var slot: Int32
    /// The proficiency that the line's order goes by.
    var skill: Int32
    var level: Int
    var channel: UInt8
    var order: AgentOrder
  }

  var profile: RoutingAgent
  let tie: UInt64
  var capacity: CapacityTable
  /// What it was asked to take and has not answered yet: counts as much as what it holds.
  var asked = ChannelLoad()
  /// These interactions, by number.
  var askedFor: [Int] = []
  /// What it has room for now.
  var open = ChannelSet()
  var seats: [Seat] = []
  var memberships: [Membership] = []

  /// Where there is none.
  static let vacant = RoutingAgentRecord(RoutingAgent(id: "", isReady: false, queues: []))

  init(_ profile: RoutingAgent) {
    self.profile = profile
    tie = XXH64.hash(profile.id.utf8)
    capacity = CapacityTable(profile.capacity)
  }
}

/// What a queue remembers of an agent.
public struct RoutingTurn: Codable, Hashable, Sendable {
  /// The number of what the queue gave to it last.
  public var last: Int64 = 0
  /// Millionths of contacts for each point of its weight.
  public var share: Int64 = 0

  public init(last: Int64 = 0, share: Int64 = 0) { (self.last, self.share) = (last, share) }
}

/// An interaction that is in line, or that agents were asked to take.
struct EntryRecord: Sendable {
  enum State: Hashable, Sendable {
    /// In no line, and about to be put in one.
    case moving
    case waiting(line: Int, slot: Int32)
    case given
  }

  var entry: RoutingEntry
  /// The queue, by number.
  let queue: Int
  let tie: UInt64
  var creditedArrival: Int64
  /// When it was put in line last: what is asked of agents follows from that.
  var placedAt: Int64
  var state = State.moving
  /// Who was asked to take it and has not answered, by number: one, unless the queue rings several.
  var agents: [Int] = []
  /// Agents who are not to be asked again before a time.
  var excluded: [RoutingExclusion] = []
  /// The patience for the preferred agent is over.
  var hasWaitedForPreferred = false
  /// Among what is due.
  var due = SlotHeap<RoutingDue>.none

  /// Where there is none.
  static let vacant = EntryRecord(
    RoutingEntry(interaction: "", queue: "", arrivedAt: 0), queue: -1, creditedArrival: 0, placedAt: 0)

  init(_ entry: RoutingEntry, queue: Int, creditedArrival: Int64, placedAt: Int64) {
    (self.entry, self.queue, self.creditedArrival, self.placedAt) = (entry, queue, creditedArrival, placedAt)
    tie = XXH64.hash(entry.interaction.utf8)
  }

  var position: LinePlace { LinePlace(creditedArrival: creditedArrival, tie: tie) }

  func excludes(_ agent: String, at now: Int64) -> Bool {
    excluded.contains { $0.agent == agent && now < $0.until }
  }
}

/// An agent who is not to be asked again to take an interaction before a time.
public struct RoutingExclusion: Codable, Hashable, Sendable {
  public var agent: String
  /// Milliseconds.
  public var until: Int64

  public init(agent: String, until: Int64) { (self.agent, self.until) = (agent, until) }
}

/// When something is due for an interaction.
struct RoutingDue: Comparable, Sendable {
  var time: Int64
  /// A hash of the interaction's name.
  var tie: UInt64

  static func < (left: RoutingDue, right: RoutingDue) -> Bool {
    left.time != right.time ? left.time < right.time : left.tie < right.tie
  }
}

/// An agent is to be asked to take an interaction.
public struct RoutingMatch: Hashable, Sendable {
  public var interaction: String
  public var place: Int
  public var queue: String
  public var channel: Channel
  public var agent: String
  /// How urgent it was: see `RoutingScore`.
  public var urgency: Int64

  public init(
    interaction: String, place: Int, queue: String, channel: Channel, agent: String, urgency: Int64
  ) {
    self.interaction = interaction
    self.place = place
    self.queue = queue
    self.channel = channel
    self.agent = agent
    self.urgency = urgency
  }
}
