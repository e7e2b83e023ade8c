// What happens to an interaction: the events of its log. Values; their integer keys are on disk: never change one.
public import ActorCluster

/// An event of an interaction. Each carries the standing that it leads to, so that streams of events need no state.
public enum InteractionEvent: Codable, Equatable, Sendable {
  case created(InteractionCreated)
  case offered(InteractionOffered)
  case requeued(InteractionRequeued)
  case answered(InteractionAnswered)
  case ended(InteractionEnded)
  case closed(InteractionClosed)

  enum CodingKeys: Int, CodingKey {
    case created = 0
    case offered = 1
    case requeued = 2
    case answered = 3
    case ended = 4
    case closed = 5
  }
}

/// Where in line an interaction stands.
public struct Standing: Codable, Equatable, Sendable {
  public var channel: Channel
  public var queue: String
  public var priority: Int
  public var place: Int
  public var arrivedAt: PartitionTime

  enum CodingKeys: Int, CodingKey {
    case channel = 0
    case queue = 1
    case priority = 2
    case place = 3
    case arrivedAt = 4
  }
}

public struct InteractionCreated: Codable, Equatable, Sendable {
  public var standing: Standing
  public var customer: String?
  public var attributes: [String: String]
  public var offerTimeoutMs: Int64
  public var wrapUpMs: Int64

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case customer = 1
    case attributes = 2
    case offerTimeoutMs = 3
    case wrapUpMs = 4
  }
}

public struct InteractionOffered: Codable, Equatable, Sendable {
  public var standing: Standing
  public var agent: String

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case agent = 1
  }
}

/// Back in line at its old position, under the next place number.
public struct InteractionRequeued: Codable, Equatable, Sendable {
  public var standing: Standing
  public var agent: String
  public var reason: ReleaseReason

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case agent = 1
    case reason = 2
  }
}

public struct InteractionAnswered: Codable, Equatable, Sendable {
  public var standing: Standing
  public var agent: String

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case agent = 1
  }
}

/// The conversation is over and wrap-up begins.
public struct InteractionEnded: Codable, Equatable, Sendable {
  public var standing: Standing
  public var agent: String
  public var disposition: String?
  public var answeredAt: PartitionTime?

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case agent = 1
    case disposition = 2
    case answeredAt = 3
  }
}

public struct InteractionClosed: Codable, Equatable, Sendable {
  public var standing: Standing
  public var outcome: InteractionOutcome
  /// Who answered it; nil if nobody did.
  public var agent: String?
  public var disposition: String?
  /// Why the customer gave up.
  public var reason: String?
  public var answeredAt: PartitionTime?
  /// When the conversation ended; nil if that is now.
  public var endedAt: PartitionTime?

  enum CodingKeys: Int, CodingKey {
    case standing = 0
    case outcome = 1
    case agent = 2
    case disposition = 3
    case reason = 4
    case answeredAt = 5
    case endedAt = 6
  }
}
