// The queue that all work with the state file runs on: checkpoints, loads, syncs and snapshots. Never the log writer's thread.
internal import Foundation
internal import Synchronization

/// Runs the state file's work one after the other, in the order in which it came, so that a load sees every checkpoint that
/// was asked for before it. What waits is bounded by its caller: at most one checkpoint, one load, one sync and one snapshot
/// each way per partition.
final class StateWriter: Sendable {
  typealias Completion = @Sendable (Result<Void, StoreError>) -> Void

  private struct Shared {
    var isClosed = false
    var checkpoints: UInt64 = 0
    var failedCheckpoints: UInt64 = 0
    var pendingJobs = 0
    var lastNanoseconds: UInt64 = 0
    /// At most one. nil again when its last step is done.
    var backup: BackupJob?
    var hasBackup = false
    var isFull = false
  }

  let file: StateFile
  let faults: StoreFaults
  private let queue = DispatchQueue(label: "state writer", qos: .utility)
  private let shared = Mutex(Shared())

  init(file: StateFile, faults: StoreFaults) {
    self.file = file
    self.faults = faults
  }

  func checkpoint(_ checkpoint: PartitionCheckpoint, completion: @escaping Completion) {
    enqueue { [self] isOpen in
      guard isOpen else { return completion(.failure(.closed)) }
      let start = ContinuousClock.now
      let result = Result { () throws(StoreError) in
        try file.write(checkpoint, beforeCommit: faults.beforeCheckpointCommit)
      }
      let nanoseconds = start.nanosecondsSince
      shared.withLock { shared in
        switch result {
        case .success: shared.checkpoints += 1
        case .failure: shared.failedCheckpoints += 1
        }
        shared.lastNanoseconds = nanoseconds
        if case .failure(.diskFull) = result { shared.isFull = true } else { shared.isFull = false }
      }
      completion(result)
      returnSpaceSoon()
    }
  }

  func load(
    _ partition: PartitionID, completion: @escaping @Sendable (Result<LoadedPartition, StoreError>) -> Void
  ) {
    run(completion) { (file) throws(StoreError) in try file.load(partition) }
  }

  /// Runs any other work with the file.
  func run<Value>(
    _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void,
    _ work: @escaping @Sendable (StateFile) throws(StoreError) -> Value
  ) {
    enqueue { [self] isOpen in
      guard isOpen else { return completion(.failure(.closed)) }
      completion(Result { () throws(StoreError) in try work(file) })
      returnSpaceSoon()
    }
  }

  private func returnSpaceSoon() {
    if file.takeDeleted() { returnSpace() }
  }

  /// A step at a time, so that checkpoints and loads go in between. A failure is left to the next write: a full disk or a busy
  /// file lose nothing, and a failed sync is remembered by the file.
  private func returnSpace() {
    enqueue { [self] isOpen in
      guard isOpen else { return }
      if (try? file.returnSpace()) ?? false { returnSpace() }
    }
  }

  /// Finishes what waits. Later work fails with `.closed`. Must not be called from a completion.
  func close() {
    shared.withLock { $0.isClosed = true }
    queue.sync {
      // It holds on to the connection.
      let backup = shared.withLock { $0.backup.take() }
      backup?.fail(.closed)
    }
  }

  /// False while another backup is being made.
  func takeBackupTurn(_ job: BackupJob) -> Bool {
    shared.withLock { shared in
      guard !shared.hasBackup else { return false }
      (shared.hasBackup, shared.backup) = (true, job)
      return true
    }
  }

  /// The connection is the backup's no more, though it may not be finished.
  func releaseConnection() {
    shared.withLock { $0.backup = nil }
  }

  func endBackupTurn() {
    shared.withLock { ($0.hasBackup, $0.backup) = (false, nil) }
  }

  func count(in statistics: inout StoreStatistics) {
    let shared = shared.withLock { $0 }
    statistics.checkpoints = shared.checkpoints
    statistics.failedCheckpoints = shared.failedCheckpoints
    statistics.pendingStateJobs = shared.pendingJobs
    statistics.lastCheckpointNanoseconds = shared.lastNanoseconds
    statistics.isStateFull = shared.isFull
  }

  /// The queue is entered under the lock, so that nothing slips in behind the last job of `close`.
  func enqueue(_ job: @escaping @Sendable (_ isOpen: Bool) -> Void) {
    shared.withLock { shared in
      let isOpen = !shared.isClosed
      shared.pendingJobs += 1
      queue.async { [self] in
        job(isOpen)
        self.shared.withLock { $0.pendingJobs -= 1 }
      }
    }
  }
}

extension ContinuousClock.Instant {
  /// Nanoseconds from this instant until now.
  var nanosecondsSince: UInt64 {
    let duration = duration(to: .now).components
    return UInt64(clamping: duration.seconds * 1_000_000_000 + duration.attoseconds / 1_000_000_000)
  }
}
