// What a queue keeps of an interaction in line and of an agent: values, stored as rows.
package import ActorCluster

/// An interaction in line. A reservation: void unless the interaction confirms it.
package struct QueueEntry: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var channel: Channel
  package var priority: Int
  package var arrivedAt: PartitionTime
  /// The agent who is asked to take it; nil while it waits for one.
  package var reservingFor: String?

  /// An entry that waits.
  package init(_ new: QueueEnqueued) {
    interaction = new.interaction
    place = new.place
    channel = new.channel
    priority = new.priority
    arrivedAt = new.arrivedAt
  }

  package var position: LinePosition { LinePosition(arrivedAt: arrivedAt, interaction: interaction) }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case channel = 2
    case priority = 3
    case arrivedAt = 4
    case reservingFor = 5
  }
}

/// The order among entries of one priority: arrival, then id.
package struct LinePosition: Comparable, Sendable {
  package var arrivedAt: PartitionTime
  package var interaction: String

  package static func < (lhs: LinePosition, rhs: LinePosition) -> Bool {
    lhs.arrivedAt == rhs.arrivedAt ? lhs.interaction < rhs.interaction : lhs.arrivedAt < rhs.arrivedAt
  }
}

/// An agent as the queue knows it: its last report, and what the queue has asked of it that this report does not count.
package struct QueueAgent: Codable, Equatable, Sendable {
  package var version: UInt64 = 0
  package var signedIn = false
  package var skills: [String] = []
  package var free: [Channel: Int] = [:]
  package var idleSince = PartitionTime(milliseconds: 0)
  /// In the order asked. Settled or refused by the agent, one by one.
  package var outstanding: [OutstandingReservation] = []

  package init() {}

  /// How many more interactions of the channel the queue may ask it to take.
  package func open(_ channel: Channel) -> Int {
    let asked = outstanding.reduce(0) { $1.channel == channel ? $0 + 1 : $0 }
    return max(0, free[channel, default: 0] - asked)
  }

  /// Since when it is idle as far as the queue knows: what it was just asked to take counts.
  package var idleKey: PartitionTime {
    outstanding.reduce(idleSince) { max($0, $1.askedAt) }
  }

  enum CodingKeys: Int, CodingKey {
    case version = 0
    case signedIn = 1
    case skills = 2
    case free = 3
    case idleSince = 4
    case outstanding = 5
  }
}

/// A slot that the queue has asked an agent for, and no answer yet.
package struct OutstandingReservation: Codable, Equatable, Sendable {
  package var key: ReservationKey
  package var channel: Channel
  package var askedAt: PartitionTime

  enum CodingKeys: Int, CodingKey {
    case key = 0
    case channel = 1
    case askedAt = 2
  }
}
