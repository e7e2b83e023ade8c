// What one batch of the log writer does: encode, commit, and stay failed after a failure. Runs on the writer's thread.
internal import CBOR
internal import Raft

/// The writer's own state. It never shares anything with another thread.
struct LogWriterCore {
  struct Outcome {
    /// One for each request of the batch, in order.
    var results: [Result<Void, StoreError>] = []
    var hasCommitted = false
    var records = 0
    var bytes = 0
    var nanoseconds: UInt64 = 0
    var hasFailed = false

    func count(in statistics: inout StoreStatistics) {
      statistics.logFailed = statistics.logFailed || hasFailed
      guard hasCommitted else { return }
      statistics.batches += 1
      statistics.records += UInt64(records)
      statistics.bytes += UInt64(bytes)
      statistics.lastCommitNanoseconds = nanoseconds
      statistics.longestCommitNanoseconds = max(statistics.longestCommitNanoseconds, nanoseconds)
    }
  }

  private let file: LogFile
  private let directory: DataDirectory
  private let faults: StoreFaults
  private let encoder = CBOREncoder()
  private var tails: [PartitionID: LogTail]
  private var builder: LogBatch.Builder
  private var sequence: Int64
  /// Why nothing will be acknowledged any more.
  private var failure: StoreError?

  init(file: LogFile, replay: LogReplay, directory: DataDirectory, faults: StoreFaults) {
    self.file = file
    self.directory = directory
    self.faults = faults
    tails = replay.tails
    builder = LogBatch.Builder(chains: replay.chains)
    sequence = replay.lastSequence
  }

  mutating func write(_ batch: [LogWriter.Request]) -> Outcome {
    var outcome = Outcome()
    outcome.results.reserveCapacity(batch.count)
    if failure == nil {
      for request in batch {
        outcome.results.append(prepare(request, &outcome))
      }
      commit(&outcome)
    }
    if let failure {
      outcome.hasFailed = true
      outcome.results = batch.map { _ in .failure(failure) }
    }
    return outcome
  }

  /// Puts a request's records into the batch, all or none.
  private mutating func prepare(_ request: LogWriter.Request, _ outcome: inout Outcome) -> Result<
    Void, StoreError
  > {
    var tail = tails[request.partition] ?? LogTail()
    var encoded: [[UInt8]] = []
    do {
      for record in StoredRecord.records(of: request.request) {
        try tail.take(record)
        encoded.append(try record.encoded(partition: request.partition, encoder: encoder))
      }
    } catch {
      return .failure(.invalidRequest(detail: "\(request.partition): \(error)"))
    }
    tails[request.partition] = tail
    for record in encoded {
      builder.append(record, of: request.partition)
    }
    outcome.records += encoded.count
    return .success(())
  }

  private mutating func commit(_ outcome: inout Outcome) {
    guard let blob = builder.finish() else { return }
    sequence += 1
    let start = ContinuousClock.now
    do throws(StoreError) {
      try file.append(blob, sequence: sequence, beforeCommit: faults.beforeLogCommit)
    } catch {
      fail(error)
      return
    }
    outcome.nanoseconds = start.nanosecondsSince
    outcome.hasCommitted = true
    outcome.bytes = blob.count
    faults.afterLogCommit()
  }

  /// After a failed write or fsync the page cache may show what is not on the disk, so the next start must know too. A full
  /// disk or a busy file is no such case: SQLite has rolled back, and what it synced before is there.
  private mutating func fail(_ error: StoreError) {
    failure = error
    if error.isRetryable { return }
    directory.markSuspect("A write of the log failed: \(error)")
  }
}
