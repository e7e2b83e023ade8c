// Makes the partition hosts of a node, at its start and for replicas that are assigned later.
internal import NodeStore
internal import PeerTransport
internal import Raft

/// What every host of a node has in common.
struct ReplicaMaker: Sendable {
  let topology: ClusterTopology
  let timing: ClusterTiming
  let types: DurableTypes
  let retention: RetentionSettings
  /// The nodes that the cluster was made with.
  let founders: ReplicaNaming
  /// Those of them that keep only the log.
  let foundingWitnesses: [NodeID]
  let own: ReplicaID?
  /// Of the files: see `NodeStore`.
  let isNew: Bool
  let tailWasCut: Bool

  /// - Parameters:
  ///   - assigned: nil for the replica that the node was made with.
  ///   - nodes: of the cluster as it is known now.
  ///   - isWitness: the node is to have no copies. Of the system group it has one all the same, and what a partition's own log
  ///     says counts more.
  func host(
    _ partition: PartitionID, as assigned: ReplicaID?, _ log: RecoveredLog?, isFresh: Bool = false,
    nodes: ReplicaNaming, isWitness: Bool, now: Moment
  ) -> PartitionHost {
    var generator = SystemRandomNumberGenerator()
    var raft = Raft.Configuration(
      id: assigned ?? own ?? ReplicaID(rawValue: 0),
      // One that joins knows nobody until the log tells it.
      voters: assigned == nil ? founders.originals.keys.sorted() : [], seed: generator.next())
    // All nodes are equal in the system group. One that joins must not apply anything before the log says that it is a witness.
    if partition != .system {
      if assigned == nil {
        raft.witnesses = foundingWitnesses.compactMap { founders.original(of: $0) }
      } else if isWitness, log?.last(of: raft.id).map({ $0.isWitness(raft.id) }) ?? true {
        raft.witnesses = [raft.id]
      }
    }
    raft.electionTicks = timing.electionTicks
    raft.heartbeatTicks = timing.heartbeatTicks
    raft.quiet = true
    var limits = PartitionLimits()
    limits.retention = retention.milliseconds
    limits.leastRetention = retention.leastMilliseconds
    return PartitionHost(
      raft: Raft(
        configuration: raft, hardState: log?.hardState ?? HardState(), log: log?.entries ?? [],
        base: log?.base, start: start(isAssigned: assigned != nil, isFresh: isFresh)),
      state: PartitionState(id: partition, placement: topology.placement, types: types),
      nodes: nodes.originals, limits: limits, now: now)
  }

  private func start(isAssigned: Bool, isFresh: Bool) -> StartKind {
    if isFresh { return .new }
    if tailWasCut { return .doubtful }
    // An assigned replica has a past only as far as its log says.
    return isNew && !isAssigned ? .new : .restarted
  }
}

extension RecoveredLog {
  /// The latest membership in which the replica votes, if there is one.
  fileprivate func last(of replica: ReplicaID) -> Membership? {
    for entry in entries.reversed() {
      if case .membership(let membership) = entry.payload, membership.isVoter(replica) { return membership }
    }
    return base.flatMap { $0.membership.isVoter(replica) ? $0.membership : nil }
  }
}
