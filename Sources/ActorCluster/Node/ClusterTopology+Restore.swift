// A backup as the beginning of a cluster: what the store does not know of it.
public import NodeStore
public import PeerTransport
internal import Raft

extension ClusterTopology {
  /// Makes the data directory of one node of this cluster out of another cluster's backup. Every node restores the same file.
  /// - Throws: `.backupRefused` also when the clusters differ in the number of their partitions, which decides where each actor
  ///   lives, or when the node is none of this cluster; see `StoreRestore`.
  public func restore(
    backup: String, directory: String, node: NodeID
  ) throws(StoreError) -> BackupDescription {
    let description = try BackupDescription.read(backup)
    guard nodes.contains(node) else {
      throw .backupRefused(detail: "\(node) is no node of the cluster \"\(name)\"")
    }
    let count = Int(placement.partitionCount)
    guard Self.partitionCount(fingerprint: description.topology) == count else {
      throw .backupRefused(
        detail:
          "its cluster had \(description.topology), and \"\(name)\" has \(count) partitions; set the same number"
      )
    }
    // As on nodes that start with nothing: see NodeHost.
    let replicas = nodes.indices.map { ReplicaID(rawValue: UInt64($0) + 1) }
    return try StoreRestore.run(
      backup: backup, directory: directory,
      identity: StoreIdentity(cluster: name, node: node.rawValue, topology: fingerprint),
      membership: Membership(voters: replicas, witnesses: witnessReplicas), adjusting: Self.adjusted)
  }

  /// Messages fit each other, and the members of the old cluster are forgotten: the new one founds itself.
  private static func adjusted(_ tables: [PartitionID: LoadedPartition]) throws -> [PartitionCheckpoint] {
    try RestoredMessages.adjusted(tables).map { checkpoint in
      guard checkpoint.partition == .system else { return checkpoint }
      var checkpoint = checkpoint
      let rows = tables[.system]?.rows.filter { $0.actorType == ClusterActor.actorType } ?? []
      checkpoint.deletes += rows.map {
        ActorRowKey(actorType: $0.actorType, actorID: $0.actorID, rowKey: $0.rowKey)
      }
      return checkpoint
    }
  }

  private static func partitionCount(fingerprint: String) -> Int? {
    fingerprint.split(separator: " ").first.flatMap { Int($0) }
  }
}
