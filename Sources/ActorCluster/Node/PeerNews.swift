// What other nodes say of themselves in their pings, beside clocks and disks: a pure value.
package import NodeStore
package import PeerTransport

/// What a node says of itself.
package struct NodeNews: Equatable, Sendable {
  package var phase: DrainPhase
  /// Partitions that it would only give back.
  package var cannotLead: Set<PartitionID>
  /// Partitions whose leader a person chose: they are left where they are.
  package var placed: Set<PartitionID>
  /// Of its program; nil of one that does not say it.
  package var version: String?
  /// Partitions in which it has lost the vote that it has by the membership.
  package var notVoting: Set<PartitionID> = []
  /// Its own clock is too far from the others' for it to lead, as it judges itself.
  package var isClockOff = false

  package init(
    phase: DrainPhase = .active, cannotLead: Set<PartitionID> = [], placed: Set<PartitionID> = [],
    version: String? = nil
  ) {
    self.phase = phase
    self.cannotLead = cannotLead
    self.placed = placed
    self.version = version
  }
}

package struct PeerNews: Sendable {
  private var peers: [NodeID: (news: NodeNews, at: Int64)] = [:]
  /// Nodes to which the link is down since they were heard.
  private var cut: Set<NodeID> = []

  package init() {}

  package mutating func received(_ news: NodeNews, from node: NodeID, at now: Int64) {
    peers[node] = (news, now)
    cut.remove(node)
  }

  /// What the node said is not news any more. It still holds against giving it a leadership.
  package mutating func disconnected(_ node: NodeID) { cut.insert(node) }

  /// What those nodes say that are heard; pings come twice a second.
  package func fresh(at now: Int64, within silence: Int64 = DiskPeers.silence) -> [NodeID: NodeNews] {
    peers.filter { now - $0.value.at <= silence && !cut.contains($0.key) }.mapValues(\.news)
  }

  /// Whether a node wants a leadership, as far as it has said.
  package func mayLead(_ node: NodeID, _ partition: PartitionID, at now: Int64) -> Bool {
    guard let peer = peers[node] else { return true }
    return peer.news.phase == .active && !peer.news.isClockOff && !peer.news.cannotLead.contains(partition)
  }

  /// Whether a replica that has stopped before an entry may be replaced, which takes its vote away for a while: all others must be
  /// there and vote, and of several that have stopped the first by name goes first.
  package func mayGiveUp(
    _ partition: PartitionID, others: Set<NodeID>, own: NodeID, at now: Int64
  ) -> Bool {
    let news = fresh(at: now)
    return others.allSatisfy { other in
      guard let said = news[other], !said.notVoting.contains(partition) else { return false }
      return own < other || !said.cannotLead.contains(partition)
    } && others.contains { news[$0]?.cannotLead.contains(partition) == false }
  }

  package func isPlaced(_ partition: PartitionID, at now: Int64) -> Bool {
    peers.values.contains { now - $0.at <= DiskPeers.silence && $0.news.placed.contains(partition) }
  }
}
