// The JSON bodies that routes take, and the commands of the domain that they mean: values.
package import ContactCenter

/// `POST /v1/interactions`
package struct CreateInteractionBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var command: CreateInteraction

  enum CodingKeys: String, CodingKey, CaseIterable {
    case channel, queue, priority, customer, attributes, offerTimeoutMs, wrapUpMs
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    command = CreateInteraction(
      channel: try container.channel(forKey: .channel),
      queue: try container.decode(String.self, forKey: .queue),
      priority: try container.wholeNumberIfPresent(forKey: .priority) ?? 0,
      customer: try container.decodeIfPresent(String.self, forKey: .customer),
      attributes: try container.decodeIfPresent([String: String].self, forKey: .attributes) ?? [:],
      offerTimeoutMs: Int64(try container.wholeNumberIfPresent(forKey: .offerTimeoutMs) ?? 20_000),
      wrapUpMs: Int64(try container.wholeNumberIfPresent(forKey: .wrapUpMs) ?? 0))
  }
}

/// `POST …/accept`, `…/decline` and `…/finish-wrap-up`
package struct AgentBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var agent: String

  enum CodingKeys: String, CodingKey, CaseIterable {
    case agent
  }
}

/// `POST …/complete`
package struct CompleteBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var agent: String
  package var disposition: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case agent, disposition
  }
}

/// `POST …/abandon` and `…/not-ready`
package struct ReasonBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var reason: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case reason
  }
}

/// Routes whose path says everything.
package struct EmptyBody: StrictBody {
  package static let keys: [String] = []
}

/// `PUT /v1/agents/{id}/session`
package struct SessionBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var command: SignIn

  enum CodingKeys: String, CodingKey, CaseIterable {
    case queues, skills, capacity, missesBeforeNotReady
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    command = SignIn(
      queues: try container.decode([String].self, forKey: .queues),
      skills: try container.decodeIfPresent([String].self, forKey: .skills) ?? [],
      capacity: try container.capacityIfPresent(forKey: .capacity) ?? [.voice: 1])
    if let misses = try container.wholeNumberIfPresent(forKey: .missesBeforeNotReady) {
      command.missesBeforeNotReady = misses
    }
  }
}

/// `PUT /v1/queues/{id}`
package struct QueueBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var settings: QueueSettings

  enum CodingKeys: String, CodingKey, CaseIterable {
    case requiredSkill, limit
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    settings = QueueSettings(
      requiredSkill: try container.decodeIfPresent(String.self, forKey: .requiredSkill))
    guard let limit = try container.wholeNumberIfPresent(forKey: .limit) else {
      throw DecodingError.keyNotFound(
        CodingKeys.limit, DecodingError.Context(codingPath: [], debugDescription: "it is required"))
    }
    settings.limit = limit
  }
}

extension KeyedDecodingContainer {
  fileprivate func channel(forKey key: Key) throws -> Channel {
    let text = try decode(String.self, forKey: key)
    guard let channel = Channel(rawValue: text) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "'\(text)' is no channel; \(channelNames)")
    }
    return channel
  }

  fileprivate func capacityIfPresent(forKey key: Key) throws -> [Channel: Int]? {
    guard let byName = try decodeIfPresent([String: Double].self, forKey: key) else { return nil }
    var capacity: [Channel: Int] = [:]
    for (name, count) in byName.sorted(by: { $0.key < $1.key }) {
      guard let channel = Channel(rawValue: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: self, debugDescription: "'\(name)' is no channel; \(channelNames)")
      }
      guard let count = Int(exactly: count) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: self, debugDescription: "the capacity of \(name) must be a whole number")
      }
      capacity[channel] = count
    }
    return capacity
  }

  /// Foundation loses the path of a number that is no `Int`; so it is read as what JSON has: a double.
  fileprivate func wholeNumberIfPresent(forKey key: Key) throws -> Int? {
    guard let number = try decodeIfPresent(Double.self, forKey: key) else { return nil }
    guard let whole = Int(exactly: number) else {
      throw DecodingError.typeMismatch(
        Int.self,
        DecodingError.Context(
          codingPath: codingPath + [key], debugDescription: "\(number) is no whole number"))
    }
    return whole
  }

  private var channelNames: String {
    "channels are \(Channel.allCases.map(\.rawValue).joined(separator: ", "))"
  }
}
