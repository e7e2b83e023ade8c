// The cluster's members as operators see and change them, from any node.
public import PeerTransport

/// One node of the cluster, and how far it is.
public struct MemberReport: Codable, Equatable, Sendable {
  public var number: UInt64
  public var name: NodeID
  public var peer: String
  public var api: String?
  public var site: String?
  /// `ClusterMember.Status`
  public var status: String
  public var level: UInt32
  /// Partitions that it is to vote in, and that it should lead.
  public var votes: Int
  public var leads: Int
  /// What it waits for, or that it may be stopped, in words.
  public var words: String
  /// It votes and keeps the log, and holds no state.
  public var isWitness: Bool
}

/// The cluster as one node knows it.
public struct MembershipReport: Codable, Equatable, Sendable {
  public var cluster: String
  /// The node that answers.
  public var node: NodeID
  /// Counts the changes of the cluster.
  public var revision: UInt64
  public var level: UInt32
  public var voters: Int
  public var copies: String
  public var partitions: Int
  public var members: [MemberReport]
  /// Partitions that are not where they are to be, or whose leader has not said so in the last seconds.
  public var moving: [UInt32]
}

extension ClusterSystem {
  /// The state of the cluster as it is committed and applied on this node; nil while it has none, and on clients.
  public var clusterState: ClusterState? { host?.view.state }

  /// Whether this node keeps only the log of the partitions.
  public var isWitness: Bool { isWitness(node) }

  /// The same of another node, as far as this one knows.
  public func isWitness(_ node: NodeID) -> Bool {
    host?.view.isWitness(node) ?? configuration.topology.isWitness(node)
  }

  /// What it means that a partition has no leader, and what to do, in words.
  public var withoutLeader: String { caller.withoutLeader }

  /// The nodes that this system knows, by name.
  public var nodes: [NodeID] { host?.view.nodes ?? configuration.topology.nodes }

  /// This node's replica of the system group; nil on clients and while it has none.
  public func systemPartition() async -> PartitionStatus? { await host?.systemStatus() }

  /// The members with their progress; nil while this node knows no state of the cluster.
  public func membership() -> MembershipReport? {
    guard let host, let state = clusterState else { return nil }
    let moving = host.hearsay.reports.unsettled(state, at: clock.monotonic())
    var report = MembershipReport(
      cluster: configuration.topology.name, node: node, revision: state.revision, level: state.level,
      voters: state.voters, copies: state.copies.rawValue, partitions: Int(state.partitionCount), members: [],
      moving: moving)
    report.members = state.members.map { member in
      let votes = state.placement.count { $0.contains(member.number) }
      return MemberReport(
        number: member.number, name: member.name, peer: member.peer, api: member.api, site: member.site,
        status: member.status.rawValue, level: member.level, votes: votes,
        leads: state.placement.count { $0.first == member.number },
        words: Self.words(member, moving: moving.count), isWitness: member.isWitness)
    }
    return report
  }

  private static func words(_ member: ClusterMember, moving: Int) -> String {
    switch member.status {
    case .joining: "let in: start it with cluster.join: yes; it counts once it has caught up"
    case .active: moving == 0 ? "" : "\(moving) partitions of the cluster still to move"
    case .leaving: "its copies go to others: \(moving) partitions still to move; keep it running"
    case .gone: "safe to stop: nothing of it counts any more"
    }
  }

  /// Lets a node in. It counts once it runs and has caught up; then partitions move to it while calls flow.
  /// - Throws: `ClusterRefusal`; `ClusterError` as every call.
  public func add(_ addition: NodeAddition) async throws {
    _ = try await actor(ClusterActor.self, ClusterActor.key.id).add(addition)
  }

  /// Moves a node's replicas to others, and then lets it go. Nodes that this one cannot reach at the moment are not counted upon.
  /// - Throws: `ClusterRefusal`; `ClusterError` as every call.
  public func remove(_ name: String, leavesFewer: Bool = false) async throws {
    let ready = Set(links().filter { $0.role == .node && $0.state == .ready }.map(\.peer))
    // Who has no vote anywhere, as after a forced recovery, is not counted upon already.
    let naming = host?.view.naming
    let voting = Set(
      await partitions().flatMap { ($0.voters ?? []).compactMap { naming?.node(of: $0) } })
    let unreachable = nodes.filter { $0 != node && !ready.contains($0) && voting.contains($0) }
    _ = try await actor(ClusterActor.self, ClusterActor.key.id).remove(
      NodeRemoval(name: name, leavesFewer: leavesFewer, unreachable: unreachable))
  }

  /// Raises the cluster's feature level to what all its nodes know. There is no way back to an older version then.
  /// - Returns: the level.
  /// - Throws: `ClusterRefusal`; `ClusterError` as every call.
  public func finishUpgrade() async throws -> UInt32 {
    try await actor(ClusterActor.self, ClusterActor.key.id).raise(Done())
  }
}
