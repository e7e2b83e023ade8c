// What a partition asks of the state file besides checkpoints: snapshots, and proof that it is durable.
internal import NodeStore
internal import Raft

extension PartitionLoop {
  func carryOutSnapshot(_ action: PartitionAction, _ partition: PartitionID) {
    let store = services.store
    switch action {
    case .syncState:
      store.syncState { result in
        switch result {
        case .success(let synced): self.submit(.stateSynced(synced[partition] ?? 0), to: partition)
        case .failure(let error): self.storeFailed(error)
        }
      }
    case .readSnapshot:
      store.readSnapshot(partition) { self.submit(.snapshotRead($0), to: partition) }
    case .installSnapshot(let snapshot, let base):
      store.installSnapshot(partition, base: base, snapshot: snapshot) { result in
        switch result {
        case .success: self.submit(.snapshotInstalled(base), to: partition)
        case .failure(let error): self.storeFailed(error)
        }
      }
    default:
      break
    }
  }
}
