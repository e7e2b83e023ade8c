// Checkpoints, compaction of the log, and snapshots to and from replicas that are too far behind for it.
package import NodeStore
package import Raft

extension PartitionHost {
  // MARK: sending

  mutating func readSnapshot(_ request: SnapshotRead, _ now: Moment) {
    supplied.insert(request.to)
    throttled.removeAll { $0.to == request.to }
    guard snapshotBudget.isOpen(at: now.monotonic) else {
      throttled.append(request)
      return
    }
    let wasReading = snapshots.isReading
    if let chunk = snapshots.chunk(for: request, logBase: raft.base.index) {
      snapshotBudget.spend(chunk.bytes.count)
      raft.snapshotRead(chunk, for: request.to)
    } else if snapshots.isPaused(at: now.monotonic) {
      snapshotUnreadable()
    } else if !wasReading {
      actions.append(.readSnapshot)
    }
  }

  /// Chunks that would have been too much in their second.
  mutating func sendThrottledSnapshots(_ now: Moment) {
    let requests = throttled
    throttled = []
    for request in requests { readSnapshot(request, now) }
  }

  /// The partition's checkpoint, as asked for by `.readSnapshot`.
  package mutating func snapshotRead(_ snapshot: EncodedSnapshot, _ now: Moment) {
    let index = snapshot.appliedIndex
    guard snapshot.bytes.count <= limits.snapshotBytes else {
      // Reading it again at every heartbeat would keep the disk and a core busy for nothing.
      snapshots.pause(until: now.monotonic + limits.snapshotPauseMilliseconds)
      actions.append(
        .snapshotProblem(
          "the snapshot at entry \(index) has \(snapshot.bytes.count) bytes, and a replica takes at most "
            + "\(limits.snapshotBytes): replicas that need it cannot catch up"))
      return snapshotUnreadable()
    }
    guard index >= raft.base.index, let term = raft.term(at: index),
      let membership = raft.membership(at: index)
    else { return snapshotUnreadable() }
    let base = LogBase(index: index, term: term, membership: membership)
    for (replica, chunk) in snapshots.read(snapshot.bytes, base: base) {
      snapshotBudget.spend(chunk.bytes.count)
      raft.snapshotRead(chunk, for: replica)
    }
  }

  /// The state file cannot be read. A replica that is up to date takes over, and this one is replaced; without such a one it
  /// goes on, because it serves from memory.
  package mutating func snapshotFailed(_ error: StoreError) {
    snapshotUnreadable()
    switch error {
    case .damaged, .io: break
    default: return
    }
    let canTakeOver = raft.progress.contains { follower in
      follower.isRecentlyActive && !follower.isInSnapshot && raft.lastIndex - follower.match <= 1_024
        && raft.membership.isVoter(follower.id) && !raft.membership.isWitness(follower.id)
    }
    guard canTakeOver, isLeader, health == .running else { return }
    loadFailed("\(error)")
  }

  /// It cannot be read, or is not at an entry of this log. Nothing is sent; who waits for it asks again.
  package mutating func snapshotUnreadable() {
    for replica in snapshots.readFailed() { raft.snapshotUnavailable(for: replica) }
  }

  // MARK: receiving

  mutating func storeSnapshot(_ chunk: SnapshotChunk, _ now: Moment) {
    switch snapshots.store(chunk) {
    case .staged(let offset):
      raft.snapshotStored(chunk.id, upTo: offset)
    case .refused:
      reject(chunk.id, now)
    case .complete(let bytes):
      // What the state file has is not known yet.
      guard health != .loading else { return reject(chunk.id, now) }
      let base = LogBase(index: chunk.id.index, term: chunk.id.term, membership: chunk.membership)
      if base.index <= checkpointedIndex {
        // After a damage of the log the state may be ahead of it: then only the log has to begin anew.
        overtaken = base
        syncState()
      } else {
        isInstalling = true
        actions.append(.installSnapshot(bytes, base))
      }
    }
  }

  /// The snapshot has taken the place of everything that the state file had of this partition.
  package mutating func snapshotInstalled(_ base: LogBase) {
    isInstalling = false
    raft.snapshotInstalled(SnapshotID(index: base.index, term: base.term))
    checkpointedIndex = max(checkpointedIndex, base.index)
    syncedIndex = max(syncedIndex, base.index)
    raft.checkpointed(upTo: syncedIndex)
    dirty = DirtyRows()
    if !isWitness { reload() }
  }

  /// The snapshot cannot be used, and the state file is as it was. The leader sends one anew.
  package mutating func snapshotRefused(_ base: LogBase, _ now: Moment) {
    isInstalling = false
    loads.readPostponed()
    reject(SnapshotID(index: base.index, term: base.term), now)
  }

  /// The leader begins anew as soon as it is told: so it is told after a pause, or one that is never of use would be sent
  /// without end.
  private mutating func reject(_ id: SnapshotID, _ now: Moment) {
    rejection = (id, now.monotonic + limits.snapshotRetryMilliseconds)
  }

  mutating func tellRejection(_ now: Moment) {
    guard let rejection, now.monotonic >= rejection.due else { return }
    self.rejection = nil
    raft.snapshotRejected(rejection.id)
  }

  /// The state file is durable up to `syncedIndex`: if it has all of a received snapshot, the log may begin after that.
  private mutating func concludeOvertaken() {
    guard let base = overtaken else { return }
    overtaken = nil
    let id = SnapshotID(index: base.index, term: base.term)
    // A sync that was under way before may have missed the checkpoint; the leader begins anew then.
    if syncedIndex >= base.index { raft.snapshotInstalled(id) } else { raft.snapshotRejected(id) }
  }

  /// Bytes of snapshots under way, in memory.
  package var snapshotBytesHeld: Int { snapshots.bytesHeld }

  /// Frees the bytes of snapshots that nobody needs any more.
  mutating func dropIdleSnapshots() {
    if !isLeader { (supplied, throttled) = ([], []) }
    if snapshots.isSending, !isLeader || !raft.progress.contains(where: \.isInSnapshot) {
      snapshots.stopSending()
    }
    if snapshots.isReceiving, !raft.isStagingSnapshot { snapshots.stopReceiving() }
  }

  // MARK: checkpoints

  mutating func startCheckpoint(_ now: Moment) {
    guard !checkpointing, !isInstalling, !isWitness, health == .running, dirty.count > 0,
      dirty.count >= limits.checkpointRows
        || now.monotonic - lastCheckpoint >= limits.checkpointMilliseconds
    else { return }
    checkpointNow(now)
  }

  /// Writes all that is committed and not yet in the state file.
  package mutating func checkpointNow(_ now: Moment) {
    guard health == .running, !isInstalling, !isWitness, dirty.count > 0 else { return }
    lastCheckpoint = now.monotonic
    do {
      actions.append(.checkpoint(try dirty.takeCheckpoint(of: id, at: appliedIndex)))
    } catch {
      return quarantine("its state cannot be encoded: \(error)")
    }
    checkpointInFlight = appliedIndex
    pendingCheckpoint = appliedIndex
  }

  /// A checkpoint is written, or dropped. One that the state in memory was not made with says nothing about it.
  package mutating func checkpointed(at index: LogIndex) {
    checkpointInFlight = nil
    guard pendingCheckpoint == index else { return }
    pendingCheckpoint = nil
    checkpointedIndex = max(checkpointedIndex, index)
  }

  /// What becomes of a checkpoint that found the disk full.
  package enum CheckpointRetry: Equatable, Sendable {
    case write
    case wait
    case drop
  }

  /// To be dropped when the state was loaded anew meanwhile: that was without the checkpoint, so actors must not be loaded
  /// with it, or the entries between would be applied to them twice. What it has is written again with those entries.
  package func retry(of checkpoint: PartitionCheckpoint) -> CheckpointRetry {
    // A snapshot takes the place of all that the state file has, this included.
    if isInstalling { return .wait }
    return pendingCheckpoint == checkpoint.appliedIndex ? .write : .drop
  }

  // MARK: compaction

  /// The log file cannot shrink because of an old entry of this partition.
  package mutating func releaseLog() { mustCompact = true }

  /// Asks for the state file to be made durable once enough of the log could go then.
  mutating func startCompaction() {
    guard !isSyncing, !isInstalling, health == .running else { return }
    let step = mustCompact ? 1 : limits.compactionEntries
    if isWitness {
      if raft.compactableIndex >= raft.base.index + step { compact() }
      return
    }
    // What was kept for a follower goes as soon as it may, without another sync.
    if syncedIndex >= raft.base.index + step { compact() }
    let proven = syncedIndex >= raft.base.index + step ? syncedIndex : raft.base.index
    if checkpointedIndex >= proven + step { syncState() }
  }

  private mutating func syncState() {
    guard !isSyncing else { return }
    isSyncing = true
    actions.append(.syncState)
  }

  /// The last checkpoint is on stable storage, so that the log below it is not needed here any more.
  package mutating func stateSynced(at index: LogIndex) {
    isSyncing = false
    syncedIndex = max(syncedIndex, index)
    concludeOvertaken()
    raft.checkpointed(upTo: syncedIndex)
    compact()
    // Asked for again if that was not enough.
    mustCompact = false
  }

  /// Keeps what a follower that is not far behind still needs; one that is gets a snapshot. What follows the snapshot that
  /// is on its way is kept too, within a limit, until the follower has caught up from there: else it would need another one
  /// as soon as that has come, and so on.
  private mutating func compact() {
    var target = isWitness ? raft.compactableIndex : syncedIndex
    for follower in raft.progress where follower.match > 0 {
      let lag = raft.lastIndex - min(raft.lastIndex, follower.match)
      if lag <= limits.retainedEntries {
        supplied.remove(follower.id)
        target = min(target, follower.match)
      } else if !follower.isInSnapshot, lag <= limits.entriesKeptForSnapshot, supplied.contains(follower.id) {
        target = min(target, follower.match)
      }
    }
    if let sent = snapshots.sentIndex,
      raft.lastIndex - min(raft.lastIndex, sent) <= limits.entriesKeptForSnapshot,
      raft.progress.contains(where: \.isInSnapshot)
    {
      target = min(target, sent)
    }
    raft.compact(to: target)
  }
}
