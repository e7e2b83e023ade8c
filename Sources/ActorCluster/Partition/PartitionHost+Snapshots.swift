// Compaction of the log, and snapshots to and from replicas that are too far behind for it.
package import NodeStore
package import Raft

extension PartitionHost {
  // MARK: sending

  mutating func readSnapshot(_ request: SnapshotRead) {
    let wasReading = snapshots.isReading
    if let chunk = snapshots.chunk(for: request, logBase: raft.base.index) {
      raft.snapshotRead(chunk, for: request.to)
    } else if !wasReading {
      actions.append(.readSnapshot)
    }
  }

  /// The partition's checkpoint, as asked for by `.readSnapshot`.
  package mutating func snapshotRead(_ snapshot: PartitionSnapshot) {
    let index = snapshot.appliedIndex
    guard index >= raft.base.index, let term = raft.term(at: index),
      let membership = raft.membership(at: index), let bytes = try? snapshot.encoded()
    else { return snapshotUnreadable() }
    let base = LogBase(index: index, term: term, membership: membership)
    for (replica, chunk) in snapshots.read(bytes, base: base) {
      raft.snapshotRead(chunk, for: replica)
    }
  }

  /// It cannot be read, or is not at an entry of this log. Nothing is sent; who waits for it asks again.
  package mutating func snapshotUnreadable() {
    for replica in snapshots.readFailed() { raft.snapshotUnavailable(for: replica) }
  }

  // MARK: receiving

  mutating func storeSnapshot(_ chunk: SnapshotChunk) {
    switch snapshots.store(chunk) {
    case .staged(let offset):
      raft.snapshotStored(chunk.id, upTo: offset)
    case .refused:
      raft.snapshotRejected(chunk.id)
    case .complete(let bytes):
      guard let snapshot = try? PartitionSnapshot(encoded: bytes), snapshot.appliedIndex == chunk.id.index
      else {
        return raft.snapshotRejected(chunk.id)
      }
      isInstalling = true
      let base = LogBase(index: chunk.id.index, term: chunk.id.term, membership: chunk.membership)
      actions.append(.installSnapshot(snapshot, base))
    }
  }

  /// The snapshot has taken the place of everything that the state file had of this partition.
  package mutating func snapshotInstalled(_ base: LogBase) {
    isInstalling = false
    raft.snapshotInstalled(SnapshotID(index: base.index, term: base.term))
    syncedIndex = max(syncedIndex, base.index)
    raft.checkpointed(upTo: syncedIndex)
    dirty = DirtyRows()
    if !isWitness { reload() }
  }

  // MARK: compaction

  /// Asks for the state file to be made durable once enough of the log could go then.
  mutating func startCompaction() {
    guard !isSyncing, !isInstalling, health == .running else { return }
    let reachable = isWitness ? raft.compactableIndex : checkpointedIndex
    guard reachable >= raft.base.index + limits.compactionEntries else { return }
    if isWitness { return compact() }
    isSyncing = true
    actions.append(.syncState)
  }

  /// The last checkpoint is on stable storage, so that the log below it is not needed here any more.
  package mutating func stateSynced(at index: LogIndex) {
    isSyncing = false
    syncedIndex = max(syncedIndex, index)
    raft.checkpointed(upTo: syncedIndex)
    compact()
  }

  /// Keeps what a follower that is not far behind still needs; one that is gets a snapshot.
  private mutating func compact() {
    var target = isWitness ? raft.compactableIndex : syncedIndex
    for follower in raft.progress where follower.match > 0 {
      let lag = raft.lastIndex - min(raft.lastIndex, follower.match)
      if lag <= limits.retainedEntries { target = min(target, follower.match) }
    }
    raft.compact(to: target)
    if raft.progress.allSatisfy({ $0.match >= raft.base.index }) { snapshots.stopSending() }
  }
}
