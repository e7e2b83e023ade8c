// What callers say to an agent and what they get to see of it: values.
public import ActorCluster

/// Signs the agent in, or changes its queues, skills and capacity while it is signed in. A fresh sign-in leaves it not
/// ready; `setReady` starts the work.
public struct SignIn: Codable, Equatable, Sendable {
  /// At least one, at most 64.
  public var queues: [String]
  public var skills: [String]
  /// How many interactions of each channel at a time: 0 to 100. No entry means none.
  public var capacity: [Channel: Int]
  /// Offers missed in a row after which the agent is set to not ready: 1 to 100.
  public var missesBeforeNotReady: Int

  public init(
    queues: [String], skills: [String] = [], capacity: [Channel: Int] = [.voice: 1],
    missesBeforeNotReady: Int = 2
  ) {
    self.queues = queues
    self.skills = skills
    self.capacity = capacity
    self.missesBeforeNotReady = missesBeforeNotReady
  }

  enum CodingKeys: Int, CodingKey {
    case queues = 0
    case skills = 1
    case capacity = 2
    case missesBeforeNotReady = 3
  }

  /// What has a default may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      queues: try container.decode([String].self, forKey: .queues))
    skills = try container.decodeIfPresent([String].self, forKey: .skills) ?? skills
    capacity = try container.decodeIfPresent([Channel: Int].self, forKey: .capacity) ?? capacity
    missesBeforeNotReady =
      try container.decodeIfPresent(Int.self, forKey: .missesBeforeNotReady) ?? missesBeforeNotReady
  }

  func validate() throws(ContactCenterRefusal) {
    guard !queues.isEmpty else { throw .invalid(field: "queues", why: "must have at least one entry") }
    try Check.names(queues, atMost: InputLimits.queuesPerAgent, "queues")
    try Check.names(skills, atMost: InputLimits.skillsPerAgent, "skills")
    for channel in Channel.allCases {
      try Check.range(capacity[channel, default: 0], in: InputLimits.capacity, "capacity.\(channel.rawValue)")
    }
    try Check.range(missesBeforeNotReady, in: InputLimits.misses, "missesBeforeNotReady")
  }
}

/// Signs the agent out. It gets nothing new; what it holds, it keeps until it ends.
public struct SignOut: Codable, Equatable, Sendable {
  public init() {}
}

/// The agent takes work; forgets missed offers.
public struct SetReady: Codable, Equatable, Sendable {
  public init() {}
}

/// The agent takes no new work.
public struct SetNotReady: Codable, Equatable, Sendable {
  /// At most 256 bytes.
  public var reason: String
  public init(reason: String = "") { self.reason = reason }

  /// The reason may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(reason: try container.decodeIfPresent(String.self, forKey: .reason) ?? "")
  }

  enum CodingKeys: Int, CodingKey {
    case reason = 0
  }
}

/// Asks to see the agent.
public struct ViewAgent: Codable, Equatable, Sendable {
  public init() {}
}

/// Whether an agent takes work. The raw values are on the wire, on disk and in the API.
public enum AgentAvailability: String, Codable, Sendable {
  case signedOut
  case notReady
  case ready
}

/// A slot of an agent as the outside sees it. It is a reservation: the interaction says whether it stands.
public struct AgentSlotView: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var channel: Channel
  public var queue: String
  public var phase: SlotPhase
  public var heldAt: PartitionTime
}

/// How far a slot is.
public enum SlotPhase: String, Codable, Sendable {
  /// Held for an interaction that has not been answered.
  case reserved
  /// The agent has answered; until the end of wrap-up.
  case active
}

/// An agent as the outside sees it.
public struct AgentView: Codable, Equatable, Sendable {
  public var id: String
  public var state: AgentAvailability
  /// Why it is not ready; `rona` after missed offers.
  public var reason: String?
  public var queues: [String]
  public var skills: [String]
  public var capacity: [Channel: Int]
  public var slots: [AgentSlotView]
  /// Offers missed in a row.
  public var misses: Int
  public var version: UInt64
  /// Since when nothing was given to it or taken from it, in partition time of the agent.
  public var idleSince: PartitionTime
}
