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
  let own: ReplicaID?
  /// Of the files: see `NodeStore`.
  let isNew: Bool
  let tailWasCut: Bool

  private var naming: ReplicaNaming { topology.naming }

  /// - Parameter assigned: nil for the replica that the node was made with.
  func host(
    _ partition: PartitionID, as assigned: ReplicaID?, _ log: RecoveredLog?, isFresh: Bool = false,
    now: Moment
  ) -> PartitionHost {
    var generator = SystemRandomNumberGenerator()
    var raft = Raft.Configuration(
      id: assigned ?? own ?? ReplicaID(rawValue: 0),
      // One that joins knows nobody until the log tells it.
      voters: assigned == nil ? naming.originals.keys.sorted() : [], seed: generator.next())
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
      nodes: naming.originals, limits: limits, now: now)
  }

  private func start(isAssigned: Bool, isFresh: Bool) -> StartKind {
    if isFresh { return .new }
    if tailWasCut { return .doubtful }
    // An assigned replica has a past only as far as its log says.
    return isNew && !isAssigned ? .new : .restarted
  }
}

extension ClusterTopology {
  var naming: ReplicaNaming { ReplicaNaming(nodes: nodes) }
}
