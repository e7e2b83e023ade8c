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

  package init() {}

  package mutating func received(_ news: NodeNews, from node: NodeID, at now: Int64) {
    peers[node] = (news, now)
  }

  /// What those nodes say that are heard; pings come twice a second.
  package func fresh(at now: Int64) -> [NodeID: NodeNews] {
    peers.filter { now - $0.value.at <= DiskPeers.silence }.mapValues(\.news)
  }

  /// Whether a node wants a leadership, as far as it has said.
  package func mayLead(_ node: NodeID, _ partition: PartitionID, at now: Int64) -> Bool {
    guard let peer = peers[node] else { return true }
    return peer.news.phase == .active && !peer.news.cannotLead.contains(partition)
  }

  package func isPlaced(_ partition: PartitionID, at now: Int64) -> Bool {
    peers.values.contains { now - $0.at <= DiskPeers.silence && $0.news.placed.contains(partition) }
  }
}
