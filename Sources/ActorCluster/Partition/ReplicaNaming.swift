// Which node a replica id is on: pure.
package import PeerTransport
package import Raft

/// A replica id says whose it is and how often that node has begun anew: generation times 2^16, plus the node's number.
///
/// The number is the one that the cluster has given the node and gives to no other (`ClusterMember`); of the nodes that it was
/// made with it is the place, from 1, in the sorted list. Generation 0 is what the cluster was made with. A node that lost its
/// disk gets the next generation, partition by partition, and an id is never used again: a node that gets a partition back
/// begins above a floor that rises with every change of the cluster (`floor`), whatever it has forgotten.
package struct ReplicaNaming: Equatable, Sendable {
  private static let numberBits: UInt64 = 16

  /// Marks the id of a replica that this node had, and dropped.
  private static let droppedBit: UInt64 = 1 << 62
  /// Generations that one revision of the cluster's state has for itself.
  private static let generationsEach: UInt64 = 1_024

  private let names: [UInt64: NodeID]
  private let numbers: [NodeID: UInt64]

  /// - Parameter nodes: sorted, as in `ClusterTopology`.
  package init(nodes: [NodeID]) {
    self.init(nodes.enumerated().map { (UInt64($0.offset) + 1, $0.element) })
  }

  /// - Parameter members: each number and each name once.
  package init(_ members: [(number: UInt64, name: NodeID)]) {
    names = Dictionary(members.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
    numbers = Dictionary(members.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
  }

  /// The replicas that the cluster was made with.
  package var originals: [ReplicaID: NodeID] {
    Dictionary(uniqueKeysWithValues: names.map { (ReplicaID(rawValue: $0.key), $0.value) })
  }

  package func original(of node: NodeID) -> ReplicaID? {
    numbers[node].map { ReplicaID(rawValue: $0) }
  }

  package static func original(of replica: ReplicaID) -> ReplicaID {
    ReplicaID(rawValue: replica.rawValue & (1 << numberBits - 1))
  }

  /// Whose it is; nil for an id of no node that is known.
  package func node(of replica: UInt64) -> NodeID? {
    names[Self.original(of: ReplicaID(rawValue: replica)).rawValue]
  }

  package static func generation(of replica: ReplicaID) -> UInt64 { replica.rawValue >> numberBits }

  /// The id that says that a node had this replica, and has nothing of the partition any more.
  package static func dropped(_ replica: ReplicaID) -> ReplicaID {
    ReplicaID(rawValue: replica.rawValue | droppedBit)
  }

  package static func isDropped(_ replica: ReplicaID) -> Bool { replica.rawValue & droppedBit != 0 }

  /// The id that was dropped.
  package static func last(of dropped: ReplicaID) -> ReplicaID {
    ReplicaID(rawValue: dropped.rawValue & ~droppedBit)
  }

  /// An id of that node below all that are given to it from this revision of the cluster's state on.
  package static func floor(of original: ReplicaID, revision: UInt64) -> ReplicaID {
    let generation = min(revision, 1 << 20) * generationsEach
    return ReplicaID(rawValue: generation << numberBits | Self.original(of: original).rawValue)
  }

  /// The id after all of these for the node of this one.
  package static func next(for original: ReplicaID, after used: [ReplicaID]) -> ReplicaID {
    let last = used.map(generation).max() ?? 0
    return ReplicaID(rawValue: (last + 1) << numberBits | Self.original(of: original).rawValue)
  }

  /// For people: the node, and after its first files the generation.
  package func words(_ replica: ReplicaID) -> String {
    guard let name = names[Self.original(of: replica).rawValue] else { return replica.description }
    let generation = Self.generation(of: replica)
    return generation == 0 ? name.rawValue : "\(name)+\(generation)"
  }
}
