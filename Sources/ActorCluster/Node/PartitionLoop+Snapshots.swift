// What a partition asks of the state file besides checkpoints: snapshots, and proof that it is durable.
internal import NodeStore
internal import Raft

extension PartitionLoop {
  func syncState(_ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.syncState { result in
      switch result {
      case .success(let synced):
        self.submit(.stateSynced(synced[partition] ?? 0), to: partition, of: replica)
      case .failure(.diskFull): self.afterPause(partition, of: replica) { $0.syncState(partition) }
      case .failure(let error): self.storeFailed(error)
      }
    }
  }

  func readSnapshot(_ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.readSnapshot(partition) { self.submit(.snapshotRead($0), to: partition, of: replica) }
  }

  func installSnapshot(_ bytes: [UInt8], _ base: LogBase, _ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.installSnapshot(partition, base: base, bytes: bytes) { result in
      switch result {
      case .success: self.submit(.snapshotInstalled(base), to: partition, of: replica)
      // The sender's fault or the line's: this node's disk is well.
      case .failure(.unusableSnapshot(let detail)):
        self.submit(
          .snapshotRefused(base, .unusableSnapshot(detail: detail)), to: partition, of: replica)
      case .failure(.diskFull):
        self.afterPause(partition, of: replica) { $0.installSnapshot(bytes, base, partition) }
      case .failure(let error): self.storeFailed(error)
      }
    }
  }
}
