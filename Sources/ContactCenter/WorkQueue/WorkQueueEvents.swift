// What happens to a queue: the events of its log. Values; their integer keys are on disk: never change one.
public import ActorCluster

/// An event of a queue.
public enum WorkQueueEvent: Codable, Equatable, Sendable {
  case configured(QueueSettings)
  case enqueued(QueueEnqueued)
  /// An agent is asked to hold a slot for an entry.
  case reserving(QueueReserving)
  /// An agent refused: the entry is back at its place in line.
  case returned(QueueReturned)
  /// The interaction went to an agent, or ended.
  case left(QueueLeft)
  /// An agent said how it stands.
  case reported(AgentReport)

  enum CodingKeys: Int, CodingKey {
    case configured = 0
    case enqueued = 1
    case reserving = 2
    case returned = 3
    case left = 4
    case reported = 5
  }
}

public struct QueueEnqueued: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var channel: Channel
  public var priority: Int
  public var arrivedAt: PartitionTime

  package init(_ message: Enqueue) {
    interaction = message.interaction
    place = message.place
    channel = message.channel
    priority = message.priority
    arrivedAt = message.arrivedAt
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case channel = 2
    case priority = 3
    case arrivedAt = 4
  }
}

public struct QueueReserving: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var agent: String

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case agent = 2
  }
}

public struct QueueReturned: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  public var agent: String

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case agent = 2
  }
}

public struct QueueLeft: Codable, Equatable, Sendable {
  public var interaction: String
  public var place: Int
  /// Whether it ended in line; else it went to an agent.
  public var abandoned: Bool

  package init(_ message: Departure, abandoned: Bool) {
    interaction = message.interaction
    place = message.place
    self.abandoned = abandoned
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case abandoned = 2
  }
}
