// Which node a replica id is on: pure.
package import PeerTransport
package import Raft

/// A replica id says whose it is and how often that node has begun anew: generation times 2^16, plus the node's number.
///
/// The number is the node's place, from 1, in the sorted topology; generation 0 is what the cluster was made with. A node that
/// lost its disk gets the next generation, partition by partition, and an id is never used again.
package struct ReplicaNaming: Equatable, Sendable {
  private static let numberBits: UInt64 = 16

  private let nodes: [NodeID]

  /// - Parameter nodes: sorted, as in `ClusterTopology`.
  package init(nodes: [NodeID]) {
    self.nodes = nodes
  }

  /// The replicas that the cluster was made with.
  package var originals: [ReplicaID: NodeID] {
    Dictionary(
      nodes.enumerated().map { (ReplicaID(rawValue: UInt64($0.offset) + 1), $0.element) },
      uniquingKeysWith: { first, _ in first })
  }

  package func original(of node: NodeID) -> ReplicaID? {
    nodes.firstIndex(of: node).map { ReplicaID(rawValue: UInt64($0) + 1) }
  }

  package static func original(of replica: ReplicaID) -> ReplicaID {
    ReplicaID(rawValue: replica.rawValue & (1 << numberBits - 1))
  }

  /// Whose it is; nil for an id of no node that is known.
  package func node(of replica: UInt64) -> NodeID? {
    let position = Int(clamping: Self.original(of: ReplicaID(rawValue: replica)).rawValue) - 1
    return nodes.indices.contains(position) ? nodes[position] : nil
  }

  package static func generation(of replica: ReplicaID) -> UInt64 { replica.rawValue >> numberBits }

  /// The id after all of these for the node of this one.
  package static func next(for original: ReplicaID, after used: [ReplicaID]) -> ReplicaID {
    let last = used.map(generation).max() ?? 0
    return ReplicaID(rawValue: (last + 1) << numberBits | Self.original(of: original).rawValue)
  }

  /// For people: the node, and after its first files the generation.
  package func words(_ replica: ReplicaID) -> String {
    let position = Int(clamping: Self.original(of: replica).rawValue) - 1
    guard nodes.indices.contains(position) else { return replica.description }
    let generation = Self.generation(of: replica)
    return generation == 0 ? nodes[position].rawValue : "\(nodes[position])+\(generation)"
  }
}
