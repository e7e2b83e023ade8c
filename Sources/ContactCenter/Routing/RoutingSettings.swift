// What routing is told of queues and agents: values.

/// Who of several free agents gets an interaction (capability EXP-1).
public enum AgentStrategy: Codable, Hashable, Sendable {
  /// Whoever has waited longest for work.
  case longestIdle
  /// The smallest occupancy, then the longest idle.
  case leastOccupied
  /// The fewest contacts so far, then the longest idle.
  case fewestContacts
  /// Whoever was last given something by the queue longest ago.
  case roundRobin
  /// The first in order of `RoutingAgent.order`.
  case linear
  case random
  /// In proportion to `RoutingAgent.weight`.
  case weightedRandom
  /// The best at the skill; among equals the longest idle.
  case expertFirst(skill: String)
  /// The best at the skill; among equals the smallest occupancy.
  case expertLeastOccupied(skill: String)
  /// The furthest below its part: the fewest given by the queue for each point of `RoutingAgent.weight`.
  case percentAllocation
}

/// After so long a wait, this is asked of agents instead.
public struct RelaxationStep: Codable, Hashable, Sendable {
  /// Milliseconds since the interaction arrived.
  public var after: Int64
  public var requirement: Requirement

  public init(after: Int64, requirement: Requirement) {
    (self.after, self.requirement) = (after, requirement)
  }
}

/// So many agents stay free for what is important (capability EXP-12).
public struct AgentReserve: Codable, Hashable, Sendable {
  /// Interactions below this priority leave so many free agents alone.
  public var agents: Int
  public var priority: Int

  public init(agents: Int, priority: Int) {
    (self.agents, self.priority) = (agents, priority)
  }
}

/// An interaction is offered to several agents, and the first who accepts gets it (capability EXP-1: ring all, ring
/// progressively). Only agents whom nobody else waits for join. The queue's strategy says in which order.
public struct RingPlan: Codable, Hashable, Sendable {
  static let several = 2...16
  /// Who is free later joins after so many milliseconds, where all ring at once.
  static let pause: Int64 = 1_000

  /// 2 to 16 at a time.
  public var agents: Int
  /// One more agent rings each time so many milliseconds have passed; 0 for all at once.
  public var every: Int64

  public init(agents: Int, every: Int64 = 0) { (self.agents, self.every) = (agents, every) }
}

/// How a queue is routed.
public struct QueueRouting: Codable, Hashable, Sendable {
  public var strategy = AgentStrategy.longestIdle
  /// What is asked of agents, from the first moment on. Steps with a later time replace it.
  public var requirement = Requirement.none
  /// In order of time.
  public var relaxation: [RelaxationStep] = []
  /// Milliseconds within which an interaction is to be answered: the shorter, the sooner it is urgent beside other queues.
  public var target: Int64 = 20_000
  /// How much the queue counts beside others, in thousandths.
  public var weight: Int64 = 1_000
  /// Waiting time that one point of priority is worth, in milliseconds. By default more than anybody waits: priorities are strict.
  public var priorityCredit: Int64 = RoutingScore.strictCredit
  public var reserve: AgentReserve?
  /// How long an interaction waits for its preferred agent alone, in milliseconds.
  public var patienceForPreferred: Int64 = 0
  /// Who has waited so long, in milliseconds, no longer comes after queues of a smaller level; nil for levels that always hold.
  public var levelPatience: Int64?
  /// Several agents are asked at a time; nil for one.
  public var ring: RingPlan?

  public init() {}

  /// What is wrong with it, in words; nil when nothing is.
  public var problem: String? {
    if !(1...86_400_000 as ClosedRange<Int64>).contains(target) {
      return "the target must be 1 ms to 24 hours, is \(target) ms"
    }
    if !(1...1_000_000 as ClosedRange<Int64>).contains(weight) {
      return "the weight must be 1 to 1000000 thousandths, is \(weight)"
    }
    if !(0...RoutingScore.strictCredit).contains(priorityCredit) {
      return "the priority credit must be 0 to \(RoutingScore.strictCredit) ms, is \(priorityCredit)"
    }
    if relaxation.count > 16 { return "there may be 16 steps of relaxation, and are \(relaxation.count)" }
    for (step, next) in zip(relaxation, relaxation.dropFirst()) where step.after >= next.after {
      return
        "steps of relaxation must be in order of time: \(next.after) ms does not come after \(step.after) ms"
    }
    if let first = relaxation.first, first.after <= 0 {
      return "a step of relaxation must be after more than 0 ms"
    }
    if let reserve, reserve.agents < 0 { return "the reserve cannot be below 0 agents" }
    if patienceForPreferred < 0 { return "the patience for preferred agents cannot be below 0 ms" }
    if let levelPatience, levelPatience < 0 { return "the patience with levels cannot be below 0 ms" }
    if let ring, !RingPlan.several.contains(ring.agents) {
      return "2 to \(RingPlan.several.upperBound) agents may ring at a time, not \(ring.agents)"
    }
    if let ring, !(0...3_600_000 as ClosedRange<Int64>).contains(ring.every) {
      return "the next agent must ring after 0 ms to 1 hour, not \(ring.every) ms"
    }
    return nil
  }

  /// How many steps of relaxation have passed after so long a wait.
  func step(after wait: Int64) -> Int { relaxation.prefix { $0.after <= wait }.count }

  /// What is asked after so many steps.
  func requirement(of step: Int) -> Requirement { step == 0 ? requirement : relaxation[step - 1].requirement }
}

/// An agent, as routing needs to know it.
public struct RoutingAgent: Codable, Hashable, Sendable {
  /// A queue of the agent.
  public struct Membership: Codable, Hashable, Sendable {
    public var queue: String
    /// The agent serves queues of level 1 before those of level 2.
    public var level: Int

    public init(queue: String, level: Int = 1) {
      (self.queue, self.level) = (queue, level)
    }
  }

  public var id: String
  public var isReady: Bool
  public var queues: [Membership]
  public var qualities: AgentQualities
  public var capacity: CapacityModel
  /// What it holds. What the engine asked it to take and it has not answered yet is not in it.
  public var load: ChannelLoad
  /// Milliseconds: since when it waits for work.
  public var idleSince: Int64
  /// Thousandths of its time that it was occupied.
  public var occupancy: Int
  /// Interactions that it has handled.
  public var contacts: Int
  /// Its place in linear order.
  public var order: Int
  /// 1 to 100: for weighted random and percent allocation.
  public var weight: Int

  public init(
    id: String, isReady: Bool = true, queues: [Membership], qualities: AgentQualities = AgentQualities(),
    capacity: CapacityModel = .oneCall, load: ChannelLoad = ChannelLoad(), idleSince: Int64 = 0,
    occupancy: Int = 0, contacts: Int = 0, order: Int = 0, weight: Int = 1
  ) {
    self.id = id
    self.isReady = isReady
    self.queues = queues
    self.qualities = qualities
    self.capacity = capacity
    self.load = load
    self.idleSince = idleSince
    self.occupancy = occupancy
    self.contacts = contacts
    self.order = order
    self.weight = weight
  }
}

/// An interaction in line, as routing needs to know it.
public struct RoutingEntry: Codable, Hashable, Sendable {
  public var interaction: String
  /// Its place number: see `InteractionState`.
  public var place: Int
  public var queue: String
  public var channel: Channel
  /// 0 to 9.
  public var priority: Int
  /// Milliseconds: its place in line.
  public var arrivedAt: Int64
  public var customer: Attributes
  public var attributes: Attributes
  /// Who served the customer last, or is asked for by name.
  public var preferred: String?

  public init(
    interaction: String, place: Int = 0, queue: String, channel: Channel = .voice, priority: Int = 0,
    arrivedAt: Int64, customer: Attributes = [:], attributes: Attributes = [:], preferred: String? = nil
  ) {
    self.interaction = interaction
    self.place = place
    self.queue = queue
    self.channel = channel
    self.priority = priority
    self.arrivedAt = arrivedAt
    self.customer = customer
    self.attributes = attributes
    self.preferred = preferred
  }
}
