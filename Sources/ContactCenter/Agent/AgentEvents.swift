// What happens to an agent: the events of its log. Values; their integer keys are on disk: never change one.

/// An event of an agent. Every one raises the agent's version by one.
public enum AgentEvent: Codable, Equatable, Sendable {
  case signedIn(AgentSignedIn)
  case signedOut
  case ready
  case notReady(AgentNotReady)
  case held(AgentHeld)
  case answered(AgentAnswered)
  case released(AgentReleased)

  enum CodingKeys: Int, CodingKey {
    case signedIn = 0
    case signedOut = 1
    case ready = 2
    case notReady = 3
    case held = 4
    case answered = 5
    case released = 6
  }
}

public struct AgentSignedIn: Codable, Equatable, Sendable {
  /// Sorted, each once.
  public var queues: [String]
  /// Sorted, each once.
  public var skills: [String]
  public var capacity: [Channel: Int]
  public var missesBeforeNotReady: Int

  enum CodingKeys: Int, CodingKey {
    case queues = 0
    case skills = 1
    case capacity = 2
    case missesBeforeNotReady = 3
  }
}

public struct AgentNotReady: Codable, Equatable, Sendable {
  public var reason: String

  enum CodingKeys: Int, CodingKey {
    case reason = 0
  }
}

/// The agent holds a slot for an interaction at a place.
public struct AgentHeld: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var queue: String
  public var channel: Channel

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case queue = 2
    case channel = 3
  }
}

public struct AgentAnswered: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
  }
}

public struct AgentReleased: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var reason: ReleaseReason

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case reason = 2
  }
}
