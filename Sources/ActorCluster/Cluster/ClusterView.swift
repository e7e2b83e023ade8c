// The cluster as one node knows it, also before it has the state: a value.
package import NodeStore
package import PeerTransport

/// Until a node has the state of the cluster it goes by what its files and its configuration say, or by what others tell it.
package struct ClusterView: Sendable {
  package let own: NodeID
  /// Nodes that its configuration names, this one included.
  private let configured: [NodeID]
  /// What its files belong to; nil for files that do not say: of a node that joins, or begins anew.
  package let foundation: String?
  /// Nil until it is there, and founded.
  package private(set) var state: ClusterState?
  /// Who belongs to the cluster, as others say: while the state is not there.
  private var told: [ClusterMember] = []
  private let founders: ReplicaNaming
  /// Nodes that keep only the log, as the files and the configuration say.
  package let witnesses: [NodeID]
  /// Members that are gone, and have still to hear of it.
  package var staying: Set<UInt64> = []

  /// - Parameters:
  ///   - founders: sorted; empty for a node that joins.
  ///   - witnesses: of the founders, and this node if it is one.
  package init(
    own: NodeID, founders: [NodeID], configured: [NodeID], foundation: String?, witnesses: [NodeID] = []
  ) {
    self.own = own
    self.configured = Set(configured + [own]).sorted()
    self.foundation = foundation
    self.founders = ReplicaNaming(nodes: founders)
    self.witnesses = witnesses
  }

  /// Those whose words count, and those who have still to hear that they are gone.
  private var members: [ClusterMember] {
    guard let state else { return told }
    return state.present + state.members.filter { $0.status == .gone && staying.contains($0.number) }
  }

  package var naming: ReplicaNaming {
    members.isEmpty ? founders : ReplicaNaming(members.map { ($0.number, $0.name) })
  }

  /// All nodes to talk to, this one included.
  package var nodes: [NodeID] {
    members.isEmpty ? configured : Set(members.map(\.name) + [own]).sorted()
  }

  /// Nodes that are missed when they are not heard, this one included: not those that have yet to begin, nor those that are gone.
  package var expected: [NodeID] {
    let present = state?.present ?? told
    guard !present.isEmpty else { return configured }
    return Set(present.filter { $0.status != .joining }.map(\.name) + [own]).sorted()
  }

  /// So many nodes that a majority of them makes a median of clocks.
  package var memberCount: Int { state.map { max(1, $0.active.count) } ?? nodes.count }

  /// Whether a node votes in partitions and has no copy of them, by what this one knows so far.
  package func isWitness(_ node: NodeID) -> Bool {
    members.last { $0.name == node && $0.status != .gone }?.isWitness ?? witnesses.contains(node)
  }

  /// The same of this node.
  package var isWitness: Bool { isWitness(own) }

  /// Two nodes that hold the state and nobody else.
  package var isPair: Bool { nodes.count == 2 && !nodes.contains { isWitness($0) } }

  /// What it means that a partition has no leader, and what to do, in words.
  package var withoutLeader: String { ClusterTopology.withoutLeader(isPair: isPair) }

  package var isAlone: Bool { nodes.count <= 1 }

  /// What the topology field of a ping says: the same on all nodes of a cluster; nil while it is not known.
  package var fingerprint: String? { foundation ?? state?.foundation }

  package var ownNumber: UInt64? { state?.member(own)?.number }

  /// Where the others are, as far as the state, or whoever tells, says.
  package var addresses: [NodeID: HostPort] {
    Dictionary(
      members.compactMap { member in HostPort(parsing: member.peer).map { (member.name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Where a partition is to be; nil while that is not known.
  package func target(of partition: PartitionID) -> ReplicaTarget? {
    guard let state else { return nil }
    let target = state.target(of: partition, staying: staying)
    return target.voters.isEmpty ? nil : target
  }

  /// The node that should lead a partition, as the state has it.
  package func preferredLeader(of partition: PartitionID) -> NodeID? { state?.preferredLeader(of: partition) }

  /// The state, as it is applied here.
  package mutating func adopt(_ next: ClusterState) {
    guard !next.isEmpty else { return }
    // Those that left while this node looked on; of older ones everybody has heard.
    if let state {
      let gone = next.members.filter { $0.status == .gone }.map(\.number)
      staying.formUnion(gone.filter { state.member(numbered: $0)?.status != .gone })
    }
    state = next
    told = []
  }

  /// Another node's word, while the state is not here. Whether that is news.
  package mutating func tell(_ members: [ClusterMember]) -> Bool {
    guard state == nil, !members.isEmpty, members != told else { return false }
    told = members
    return true
  }
}
