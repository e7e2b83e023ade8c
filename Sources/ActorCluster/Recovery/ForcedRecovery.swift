// A stopped node goes on without the others: opens its files, shows what is there, and makes a person's decision durable.
// Touches files; no node runs.
package import NodeStore
package import PeerTransport

/// One mechanism for `ctl run-alone`, `ctl promote` and `ctl recover --quorum-lost`.
///
/// Holds the data directory until `close()`.
package struct ForcedRecovery: Sendable {
  package let plan: RecoveryPlan
  /// What was found at the opening of the files, in words.
  package var notes: [String] { store.openNotes }
  private let store: NodeStore

  /// - Parameter identity: as the node has it.
  /// - Throws: `.locked` while the node runs; what keeps its files from being opened.
  package init(
    directory: String, identity: StoreIdentity, topology: ClusterTopology, node: NodeID,
    readModels: [ReadModelTable]
  ) async throws(StoreError) {
    store = try NodeStore.open(directory: directory, identity: identity, readModels: readModels)
    let system: LoadedPartition
    do throws(StoreError) {
      system = try await store.loadPartition(.system)
    } catch {
      store.close()
      throw error
    }
    plan = RecoveryPlan(
      topology: topology, node: node,
      files: RecoveryPlan.Files(
        epoch: store.epoch, isNew: store.isNew, isAssignedOnly: store.isAssignedOnly,
        tailWasCut: store.tailWasCut, suspicion: store.suspectedBecause, logs: store.recovered,
        replicas: store.replicaIDs, unusable: store.unusablePartitions, withoutState: store.stateMissing,
        topology: store.topology,
        cluster: ClusterState(stored: system, log: store.recovered[.system])))
  }

  /// From here on these files are of a new epoch, in which this node is the only voter of every partition. A crash leaves all of
  /// it or nothing.
  /// - Returns: the number of the epoch.
  package func carryOut(milliseconds: Int64) async throws(StoreError) -> UInt64 {
    guard plan.isPossible else {
      throw .invalidRequest(detail: "a node cannot go on alone with what it has")
    }
    let (epoch, partitions) = plan.decision(milliseconds: milliseconds)
    try await store.recover(epoch, partitions)
    return epoch.number
  }

  package func close() { store.close() }
}
