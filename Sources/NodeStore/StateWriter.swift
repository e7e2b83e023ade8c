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
  }

  private let file: StateFile
  private let faults: StoreFaults
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
      }
      completion(result)
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
    }
  }

  /// Finishes what waits. Later work fails with `.closed`. Must not be called from a completion.
  func close() {
    shared.withLock { $0.isClosed = true }
    queue.sync {}
  }

  func count(in statistics: inout StoreStatistics) {
    let shared = shared.withLock { $0 }
    statistics.checkpoints = shared.checkpoints
    statistics.failedCheckpoints = shared.failedCheckpoints
    statistics.pendingStateJobs = shared.pendingJobs
    statistics.lastCheckpointNanoseconds = shared.lastNanoseconds
  }

  /// The queue is entered under the lock, so that nothing slips in behind the last job of `close`.
  private func enqueue(_ job: @escaping @Sendable (_ isOpen: Bool) -> Void) {
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
