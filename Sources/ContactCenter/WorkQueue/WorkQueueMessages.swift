// What interactions and agents say to a queue: values.
public import ActorCluster

/// From an interaction: put it in line. Never refused, for the interaction was accepted.
package struct Enqueue: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var channel: Channel
  package var priority: Int
  package var arrivedAt: PartitionTime

  package init(interaction: String, place: Int, channel: Channel, priority: Int, arrivedAt: PartitionTime) {
    self.interaction = interaction
    self.place = place
    self.channel = channel
    self.priority = priority
    self.arrivedAt = arrivedAt
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case channel = 2
    case priority = 3
    case arrivedAt = 4
  }
}

/// From an interaction: it is no longer in line at this place.
package struct Departure: Codable, Equatable, Sendable {
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

/// An interaction at one of its places: what a reservation is for.
public struct ReservationKey: Codable, Hashable, Sendable {
  public var interaction: String
  public var place: Int

  package init(interaction: String, place: Int) {
    self.interaction = interaction
    self.place = place
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
  }
}

/// From an agent: how it stands now in this queue.
public struct AgentReport: Codable, Equatable, Sendable {
  public var agent: String
  public var version: UInt64
  public var signedIn: Bool
  /// Sorted.
  public var skills: [String]
  /// How many more interactions of each channel it takes; none of a channel that is not there.
  public var free: [Channel: Int]
  public var idleSince: PartitionTime
  /// The reservation of this queue that the agent has just taken: `free` counts it from here on.
  public var settled: ReservationKey?

  package init(
    agent: String, version: UInt64, signedIn: Bool, skills: [String], free: [Channel: Int],
    idleSince: PartitionTime, settled: ReservationKey? = nil
  ) {
    self.agent = agent
    self.version = version
    self.signedIn = signedIn
    self.skills = skills
    self.free = free
    self.idleSince = idleSince
    self.settled = settled
  }

  enum CodingKeys: Int, CodingKey {
    case agent = 0
    case version = 1
    case signedIn = 2
    case skills = 3
    case free = 4
    case idleSince = 5
    case settled = 6
  }
}

/// From an agent: it could not take the interaction, for this is how it stands.
package struct ReservationRefused: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var report: AgentReport

  package init(interaction: String, place: Int, report: AgentReport) {
    self.interaction = interaction
    self.place = place
    self.report = report
  }

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case report = 2
  }
}
