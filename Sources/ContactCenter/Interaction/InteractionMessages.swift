// What agents and timers say to an interaction: values.

/// From an agent: it holds a slot for the interaction. It is an offer if the interaction confirms it, else void.
package struct Reserved: Codable, Equatable, Sendable {
  package var agent: String
  package var queue: String
  package var place: Int

  package init(agent: String, queue: String, place: Int) {
    self.agent = agent
    self.queue = queue
    self.place = place
  }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
    case queue = 1
    case place = 2
  }
}

/// From a timer: the time of this place is over. Void if the interaction has moved on.
package struct Expiry: Codable, Equatable, Sendable {
  package var place: Int

  package init(place: Int) {
    self.place = place
  }

  enum CodingKeys: Int, CodingKey {
    case place = 0
  }
}
