// Who belongs to the cluster and where its partitions are to be: the state of the system group, a value.
package import NodeStore
public import PeerTransport
internal import Raft

/// What all nodes of a cluster agree upon about themselves. Empty until the first leader of the system group has founded it.
public struct ClusterState: Codable, Equatable, Sendable {
  /// Who else than its voters keeps a copy of a partition. The raw values are on disk: never change one.
  public enum Copies: String, Codable, Sendable {
    /// Every node: each has all events and lists, and takes over at once. It costs the network and disks of all.
    case everywhere
    /// Nobody: the work of all nodes together grows with their number.
    case voters
  }

  /// How often anything has changed; 0 while nothing is founded.
  public internal(set) var revision: UInt64 = 0
  /// What the data directories of the first nodes say that they belong to.
  public internal(set) var foundation = ""
  public internal(set) var partitionCount: UInt32 = 0
  /// So many nodes vote in each partition, if there are as many.
  public internal(set) var voters = 3
  public internal(set) var copies = Copies.everywhere
  /// The feature level of the whole cluster.
  public internal(set) var level: UInt32 = 0
  /// In order of their numbers; of those that are gone the last ones.
  public internal(set) var members: [ClusterMember] = []
  package internal(set) var nextNumber: UInt64 = 1
  /// The numbers of those that are to vote, by partition; first the one that should lead.
  package internal(set) var placement: [[UInt64]] = []

  package init() {}

  enum CodingKeys: Int, CodingKey {
    case revision = 0
    case foundation = 1
    case partitionCount = 2
    case voters = 3
    case copies = 4
    case level = 5
    case members = 6
    case nextNumber = 7
    case placement = 8
  }

  func read(_ nothing: Done, _ context: DecisionContext) -> ClusterState { self }

  public var isEmpty: Bool { revision == 0 }

  /// Members that are not gone.
  public var present: [ClusterMember] { members.filter { $0.status != .gone } }

  public var active: [ClusterMember] { members.filter { $0.status == .active } }

  /// The member with that name that is not gone.
  public func member(_ name: NodeID) -> ClusterMember? { present.first { $0.name == name } }

  package func member(numbered number: UInt64) -> ClusterMember? { members.first { $0.number == number } }

  // MARK: where replicas are to be

  /// Who is to have a replica of a partition.
  /// - Parameter staying: members that are gone, and are to hear of it before they lose their replica of the system group.
  package func target(of partition: PartitionID, staying: Set<UInt64> = []) -> ReplicaTarget {
    guard partition != .system else { return systemTarget(staying) }
    let voters =
      partition.rawValue < UInt32(clamping: placement.count) ? placement[Int(partition.rawValue)] : []
    let active = active
    let learners =
      copies == .everywhere
      ? active.filter { !$0.isWitness && !voters.contains($0.number) }.map(\.number) : []
    return ReplicaTarget(
      voters: voters, learners: learners,
      witnesses: voters.filter { member(numbered: $0)?.isWitness == true })
  }

  /// Everybody, so that each reads it from its own memory, also witnesses of partitions; up to five vote.
  private func systemTarget(_ staying: Set<UInt64>) -> ReplicaTarget {
    let active = active.map(\.number)
    // An even number would survive no more than one less; of two both, because one disk is too few.
    let count = min(5, active.count > 2 && active.count % 2 == 0 ? active.count - 1 : active.count)
    let voters = Array(active.prefix(count))
    let others = members.filter { $0.status != .gone || staying.contains($0.number) }.map(\.number)
    return ReplicaTarget(voters: voters, learners: others.filter { !voters.contains($0) })
  }

  /// The node that leads a partition when all are well.
  package func preferredLeader(of partition: PartitionID) -> NodeID? {
    guard partition.rawValue < UInt32(clamping: placement.count) else { return nil }
    return placement[Int(partition.rawValue)].first.flatMap { member(numbered: $0)?.name }
  }
}

/// The nodes, by number, that are to have a replica of one partition.
package struct ReplicaTarget: Equatable, Sendable {
  /// First the one that should lead.
  package var voters: [UInt64]
  package var learners: [UInt64]
  /// Voters that keep the log, and have no copy.
  package var witnesses: [UInt64]

  package init(voters: [UInt64], learners: [UInt64] = [], witnesses: [UInt64] = []) {
    self.voters = voters
    self.learners = learners
    self.witnesses = witnesses
  }

  package func contains(_ number: UInt64) -> Bool { voters.contains(number) || learners.contains(number) }
}
