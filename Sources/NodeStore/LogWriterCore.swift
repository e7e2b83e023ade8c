// What one batch of the log writer does: encode, commit, and stay failed after a failure. Runs on the writer's thread.
internal import CBOR
internal import Raft

/// One thing to make durable.
struct LogWrite: Sendable {
  enum Content: Sendable {
    case records(PartitionID, [StoredRecord])
    /// The log's standing is sound from here on.
    case confirmation
    /// What the log has of the partition is void, and what comes is of this replica.
    case assignment(PartitionID, ReplicaID)
    case peer(RememberedPeer)
  }

  var content: Content

  init(_ partition: PartitionID, _ request: PersistRequest) {
    content = .records(partition, StoredRecord.records(of: request))
  }

  init(_ content: Content) {
    self.content = content
  }
}

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
    /// The last batch on stable storage.
    var sequence: UInt64 = 0
    /// The disk had no room for the batch. It is kept: `results` are empty until a `retry`, or `giveUp`, says more.
    var isFull = false

    func count(in statistics: inout StoreStatistics) {
      statistics.logFailed = statistics.logFailed || hasFailed
      guard hasCommitted else { return }
      statistics.batches += 1
      statistics.sequence = sequence
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
  /// A batch that the disk had no room for: SQLite rolled it back, and nothing of it was acknowledged.
  private struct Unwritten {
    var blob: [UInt8]?
    var confirms: Bool
    var rows: [LogRow]
    var outcome: Outcome
  }

  private var unwritten: Unwritten?
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

  /// All of the batch in one transaction and one fsync, in order.
  /// - Parameter waitsForRoom: a full disk is no failure. After an outcome that says so the next call must be `retry` or
  ///   `giveUp`.
  mutating func write(_ batch: some Collection<LogWrite>, waitsForRoom: Bool = false) -> Outcome {
    var outcome = Outcome()
    outcome.results.reserveCapacity(batch.count)
    if failure == nil {
      var confirms = false
      var rows: [LogRow] = []
      for write in batch {
        switch write.content {
        case .records(let partition, let records):
          outcome.results.append(prepare(partition, records, &outcome))
        case .confirmation:
          confirms = true
          outcome.results.append(.success(()))
        case .assignment(let partition, let replica):
          rows.append(.replica(partition, replica))
          outcome.results.append(prepare(partition, [.void], &outcome))
        case .peer(let peer):
          rows.append(.peer(peer))
          outcome.results.append(.success(()))
        }
      }
      commit(&outcome, confirms: confirms, rows: rows, waitsForRoom: waitsForRoom)
      if outcome.isFull { return outcome }
    }
    if let failure {
      outcome.hasFailed = true
      outcome.results = Array(repeating: .failure(failure), count: batch.count)
    }
    return outcome
  }

  /// Tries the batch again that the disk had no room for.
  mutating func retry() -> Outcome {
    guard let kept = unwritten.take() else { return Outcome() }
    var outcome = kept.outcome
    let requests = outcome.results.count
    outcome.isFull = false
    append(kept.blob, &outcome, confirms: kept.confirms, rows: kept.rows, waitsForRoom: true)
    if let failure {
      outcome.hasFailed = true
      outcome.results = Array(repeating: .failure(failure), count: requests)
    }
    return outcome
  }

  /// Ends the wait for room: nothing of the batch is acknowledged, and nothing will be any more.
  mutating func giveUp() -> Outcome {
    guard let kept = unwritten.take() else { return Outcome() }
    let error = StoreError.diskFull(file: file.path)
    failure = error
    var outcome = Outcome()
    outcome.results = Array(repeating: .failure(error), count: kept.outcome.results.count)
    return outcome
  }

  /// Puts a request's records into the batch, all or none.
  private mutating func prepare(
    _ partition: PartitionID, _ records: [StoredRecord], _ outcome: inout Outcome
  ) -> Result<Void, StoreError> {
    var tail = tails[partition] ?? LogTail()
    var encoded: [[UInt8]] = []
    do {
      for record in records {
        try tail.take(record)
        encoded.append(try record.encoded(partition: partition, encoder: encoder))
      }
    } catch {
      return .failure(.invalidRequest(detail: "\(partition): \(error)"))
    }
    tails[partition] = tail
    for record in encoded {
      builder.append(record, of: partition)
    }
    outcome.records += encoded.count
    return .success(())
  }

  private mutating func commit(
    _ outcome: inout Outcome, confirms: Bool, rows: [LogRow], waitsForRoom: Bool
  ) {
    let blob = builder.finish()
    guard blob != nil || confirms || !rows.isEmpty else { return }
    if blob != nil { sequence += 1 }
    append(blob, &outcome, confirms: confirms, rows: rows, waitsForRoom: waitsForRoom)
  }

  private mutating func append(
    _ blob: [UInt8]?, _ outcome: inout Outcome, confirms: Bool, rows: [LogRow], waitsForRoom: Bool
  ) {
    let start = ContinuousClock.now
    do throws(StoreError) {
      try file.append(
        blob, sequence: sequence, confirms: confirms, rows: rows, beforeCommit: faults.beforeLogCommit)
    } catch {
      if waitsForRoom, case .diskFull = error {
        outcome.isFull = true
        unwritten = Unwritten(blob: blob, confirms: confirms, rows: rows, outcome: outcome)
      } else {
        fail(error)
      }
      return
    }
    outcome.nanoseconds = start.nanosecondsSince
    outcome.hasCommitted = true
    outcome.sequence = UInt64(clamping: sequence)
    outcome.bytes = blob?.count ?? 0
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
