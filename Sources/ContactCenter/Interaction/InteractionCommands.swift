// What callers say to an interaction and what they get to see of it: values.
public import ActorCluster

/// Where an interaction is. The raw values are on the wire, on disk and in the API.
public enum InteractionStage: String, Codable, Sendable {
  /// In line in its queue.
  case waiting
  /// Rings at one agent, who has not answered.
  case offered
  /// One agent and the customer are talking.
  case active
  /// The customer is gone; the agent does the after-call work.
  case wrapUp
  case closed
}

/// How an interaction ended.
public enum InteractionOutcome: String, Codable, Sendable {
  /// An agent answered and completed it.
  case completed
  /// The customer gave up before an agent answered.
  case abandoned
}

/// Creates an interaction and puts it in line.
public struct CreateInteraction: Codable, Equatable, Sendable {
  public var channel: Channel
  public var queue: String
  /// 0 to 9; higher is served first.
  public var priority: Int
  public var customer: String?
  /// At most 64 entries and 16 KiB.
  public var attributes: [String: String]
  /// How long an offer rings before it is taken back (RONA), in milliseconds: one second to 24 hours.
  public var offerTimeoutMs: Int64
  /// After-call work before the interaction closes by itself, in milliseconds: 0 for none, else one second to 24 hours.
  public var wrapUpMs: Int64

  public init(
    channel: Channel, queue: String, priority: Int = 0, customer: String? = nil,
    attributes: [String: String] = [:], offerTimeoutMs: Int64 = 20_000, wrapUpMs: Int64 = 30_000
  ) {
    self.channel = channel
    self.queue = queue
    self.priority = priority
    self.customer = customer
    self.attributes = attributes
    self.offerTimeoutMs = offerTimeoutMs
    self.wrapUpMs = wrapUpMs
  }

  enum CodingKeys: Int, CodingKey {
    case channel = 0
    case queue = 1
    case priority = 2
    case customer = 3
    case attributes = 4
    case offerTimeoutMs = 5
    case wrapUpMs = 6
  }

  /// What has a default may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      channel: try container.decode(Channel.self, forKey: .channel),
      queue: try container.decode(String.self, forKey: .queue))
    priority = try container.decodeIfPresent(Int.self, forKey: .priority) ?? priority
    customer = try container.decodeIfPresent(String.self, forKey: .customer)
    attributes = try container.decodeIfPresent([String: String].self, forKey: .attributes) ?? attributes
    offerTimeoutMs = try container.decodeIfPresent(Int64.self, forKey: .offerTimeoutMs) ?? offerTimeoutMs
    wrapUpMs = try container.decodeIfPresent(Int64.self, forKey: .wrapUpMs) ?? wrapUpMs
  }

  func validate() throws(ContactCenterRefusal) {
    try Check.name(queue, "queue")
    try Check.range(priority, in: InputLimits.priorities, "priority")
    try Check.text(customer, "customer")
    try Check.attributes(attributes)
    try Check.range(offerTimeoutMs, in: InputLimits.timeoutMs, "offerTimeoutMs")
    if wrapUpMs != 0 { try Check.range(wrapUpMs, in: InputLimits.timeoutMs, "wrapUpMs") }
  }
}

/// The agent answers the offer.
public struct Accept: Codable, Equatable, Sendable {
  public var agent: String
  public init(agent: String) { self.agent = agent }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
  }
}

/// The agent sends the offer back; the interaction returns to its place in line.
public struct Decline: Codable, Equatable, Sendable {
  public var agent: String
  public init(agent: String) { self.agent = agent }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
  }
}

/// The conversation is over.
public struct Complete: Codable, Equatable, Sendable {
  public var agent: String
  /// What came of it, in the center's own words; at most 256 bytes.
  public var disposition: String?
  public init(agent: String, disposition: String? = nil) {
    self.agent = agent
    self.disposition = disposition
  }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
    case disposition = 1
  }
}

/// The agent is done with the after-call work.
public struct FinishWrapUp: Codable, Equatable, Sendable {
  public var agent: String
  public init(agent: String) { self.agent = agent }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
  }
}

/// The customer gave up.
public struct Abandon: Codable, Equatable, Sendable {
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

/// Asks to see the interaction.
public struct ViewInteraction: Codable, Equatable, Sendable {
  public init() {}
}

/// An interaction as the outside sees it. Times are in partition time of the interaction.
public struct InteractionView: Codable, Equatable, Sendable {
  public var id: String
  public var channel: Channel
  public var queue: String
  public var state: InteractionStage
  /// Who it is offered to or held by; of a closed one, who answered it.
  public var agent: String?
  /// Counts its moves; reservations of it are void unless they name its present place.
  public var place: Int
  public var priority: Int
  public var customer: String?
  public var attributes: [String: String]
  public var disposition: String?
  /// When it was created: its place in line, for ever.
  public var arrivedAt: PartitionTime
  /// When it was first offered.
  public var offeredAt: PartitionTime?
  public var answeredAt: PartitionTime?
  /// When the conversation ended or the customer gave up.
  public var endedAt: PartitionTime?
  public var closedAt: PartitionTime?
  public var outcome: InteractionOutcome?
  /// How often it was answered: 0 or 1.
  public var answers: Int
  public var offers: Int
}
