// What callers say to a queue and what they get to see of it: values.

/// The settings of a queue. A queue that was never configured has the defaults.
public struct QueueSettings: Codable, Equatable, Sendable {
  /// Agents without this skill get nothing from the queue.
  public var requiredSkill: String?
  /// How many interactions may wait; those who create interactions look at it before they do. What was accepted is
  /// kept even past it (promise P6).
  public var limit: Int

  public init(requiredSkill: String? = nil, limit: Int = 10_000) {
    self.requiredSkill = requiredSkill
    self.limit = limit
  }

  enum CodingKeys: Int, CodingKey {
    case requiredSkill = 0
    case limit = 1
  }

  /// What has a default may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(requiredSkill: try container.decodeIfPresent(String.self, forKey: .requiredSkill))
    limit = try container.decodeIfPresent(Int.self, forKey: .limit) ?? limit
  }

  func validate() throws(ContactCenterRefusal) {
    if let requiredSkill { try Check.name(requiredSkill, "requiredSkill") }
    try Check.range(limit, in: InputLimits.queueLimit, "limit")
  }
}

/// Asks how the queue stands.
public struct ViewQueue: Codable, Equatable, Sendable {
  public init() {}
}

/// A queue as the outside sees it.
public struct QueueStatus: Codable, Equatable, Sendable {
  public var id: String
  public var settings: QueueSettings
  /// Interactions in line for which no agent was free; channels with none are left out.
  public var waiting: [Channel: Int]
  /// The sum over all channels.
  public var waitingTotal: Int
  /// Interactions in line for which an agent has been asked; that takes no longer than a few messages.
  public var reserving: Int
  /// Since when the longest-waiting of `waiting` is in line, in milliseconds; 0 if none waits.
  public var longestWaitMs: Int64
  public var agentsSignedIn: Int
  /// Agents who would get the next interaction of some channel.
  public var agentsAvailable: Int

  /// Whether one more interaction may be created for this queue.
  public var hasRoom: Bool { waitingTotal + reserving < settings.limit }
}
