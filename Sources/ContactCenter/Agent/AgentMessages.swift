// What queues and interactions say to an agent: values.

/// From a queue: hold a slot for this interaction and tell it so, or refuse.
package struct Reserve: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var queue: String
  package var channel: Channel

  package init(interaction: String, place: Int, queue: String, channel: Channel) {
    self.interaction = interaction
    self.place = place
    self.queue = queue
    self.channel = channel
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case queue = 2
    case channel = 3
  }
}

/// From the interaction: the agent has answered it.
package struct SlotAnswered: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int

  package init(interaction: String, place: Int) {
    self.interaction = interaction
    self.place = place
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
  }
}

/// From the interaction: the slot is free again.
package struct Release: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var reason: ReleaseReason

  package init(interaction: String, place: Int, reason: ReleaseReason) {
    self.interaction = interaction
    self.place = place
    self.reason = reason
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case reason = 2
  }
}

/// Why an agent's slot is released. The raw values are on the wire, on disk and in the API.
public enum ReleaseReason: String, Codable, Sendable {
  /// The interaction was no longer at that place: the reservation was never an offer.
  case void
  /// The agent did not answer in time.
  case missed
  case declined
  /// The customer gave up while it rang.
  case abandoned
  /// Completed, and wrapped up.
  case finished
}
