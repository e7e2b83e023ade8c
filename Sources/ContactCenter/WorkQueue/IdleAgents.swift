// The agents who can take work, by channel and time of idleness. A pure value.
internal import ActorCluster
internal import DequeModule

/// Agents with an open slot, in the order in which they get work: longest idle first, then id; one list per channel.
/// Work goes to the front and agents come back at the end, both in constant time.
package struct IdleAgents: Equatable, Sendable {
  private struct Position: Comparable, Sendable {
    var idleSince: PartitionTime
    var agent: String

    static func < (lhs: Position, rhs: Position) -> Bool {
      lhs.idleSince == rhs.idleSince ? lhs.agent < rhs.agent : lhs.idleSince < rhs.idleSince
    }
  }

  private var lists: [Channel: Deque<Position>] = [:]
  /// Agents who are signed in, eligible or not.
  package private(set) var signedIn = 0
  /// Agents with an open slot of some channel.
  package private(set) var available = 0

  package init() {}

  /// Whether the agent gets work from a queue with this requirement.
  package static func isEligible(_ agent: QueueAgent, requiredSkill: String?) -> Bool {
    guard agent.signedIn else { return false }
    guard let requiredSkill else { return true }
    return agent.skills.contains(requiredSkill)
  }

  package mutating func insert(_ id: String, _ agent: QueueAgent, requiredSkill: String?) {
    if agent.signedIn { signedIn += 1 }
    let channels = Self.openChannels(agent, requiredSkill)
    if !channels.isEmpty { available += 1 }
    let position = Position(idleSince: agent.idleKey, agent: id)
    for channel in channels { lists[channel, default: []].insertSorted(position) }
  }

  /// - Parameter agent: exactly as it was when inserted.
  package mutating func remove(_ id: String, _ agent: QueueAgent, requiredSkill: String?) {
    if agent.signedIn { signedIn -= 1 }
    let channels = Self.openChannels(agent, requiredSkill)
    if !channels.isEmpty { available -= 1 }
    let position = Position(idleSince: agent.idleKey, agent: id)
    for channel in channels {
      lists[channel]?.removeSorted(position)
      if lists[channel]?.isEmpty == true { lists[channel] = nil }
    }
  }

  /// The agent who gets the next interaction of the channel, leaving one out.
  package func first(_ channel: Channel, except excluded: String? = nil) -> String? {
    lists[channel]?.prefix(2).first { $0.agent != excluded }?.agent
  }

  private static func openChannels(_ agent: QueueAgent, _ requiredSkill: String?) -> [Channel] {
    guard isEligible(agent, requiredSkill: requiredSkill) else { return [] }
    return Channel.allCases.filter { agent.open($0) > 0 }
  }
}
