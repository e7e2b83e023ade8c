// What a partition asks of the state file besides checkpoints: snapshots, and proof that it is durable.
internal import NodeStore
internal import Raft

extension PartitionLoop {
  func syncState(_ partition: PartitionID) {
    services.store.syncState { result in
      switch result {
      case .success(let synced): self.submit(.stateSynced(synced[partition] ?? 0), to: partition)
      case .failure(.diskFull): self.afterPause { $0.syncState(partition) }
      case .failure(let error): self.storeFailed(error)
      }
    }
  }

  func readSnapshot(_ partition: PartitionID) {
    services.store.readSnapshot(partition) { self.submit(.snapshotRead($0), to: partition) }
  }

  func installSnapshot(_ bytes: [UInt8], _ base: LogBase, _ partition: PartitionID) {
    services.store.installSnapshot(partition, base: base, bytes: bytes) { result in
      switch result {
      case .success: self.submit(.snapshotInstalled(base), to: partition)
      // The sender's fault or the line's: this node's disk is well.
      case .failure(.unusableSnapshot(let detail)):
        self.submit(.snapshotRefused(base, .unusableSnapshot(detail: detail)), to: partition)
      case .failure(.diskFull): self.afterPause { $0.installSnapshot(bytes, base, partition) }
      case .failure(let error): self.storeFailed(error)
      }
    }
  }
}
