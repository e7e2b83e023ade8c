// What one batch of the log writer does: encode, commit, and stay failed after a failure. Runs on the writer's thread.
internal import CBOR
internal import Raft

/// The writer's own state. It never shares anything with another thread.
struct LogWriterCore: Sendable {
  let file: LogFile
  private let directory: DataDirectory
  private let faults: StoreFaults
  private let encoder = CBOREncoder()
  private var tails: [PartitionID: LogTail]
  private var builder: LogBatch.Builder
  /// The last batch.
  private(set) var sequence: Int64
  /// Why nothing will be acknowledged any more.
  private(set) var failure: StoreError?
  /// What the disk had no room for: SQLite rolled it back, and nothing of it was acknowledged.
  private struct Unwritten: Sendable {
    var work: LogCommit
    var outcome: LogOutcome
  }

  private var unwritten: Unwritten?
  /// The partitions that cannot be written until they are reset, with words.
  private(set) var damaged: [PartitionID: String]
  private var begin: LogStart
  private var namesNewPartition = false
  private let bad: (first: Int64, last: Int64)?
  private var retention: LogRetention
  /// As of the last commit.
  private var oldest: LogRetention.Oldest
  var upkeep: LogUpkeep
  private static let batchesPerLook = 64
  private var walBytes = 0
  private var batchesSinceLook = batchesPerLook

  init(
    file: LogFile, replay: LogReplay, directory: DataDirectory, faults: StoreFaults, limits: LogUpkeepLimits
  ) {
    self.file = file
    self.directory = directory
    self.faults = faults
    tails = replay.tracks.partitions.mapValues(\.tail)
    builder = LogBatch.Builder(chains: replay.tracks.partitions.mapValues(\.chain))
    sequence = replay.lastSequence
    damaged = replay.damaged
    begin = replay.start
    bad = replay.tracks.firstBad.flatMap { first in replay.tracks.lastBad.map { (first, $0) } }
    retention = replay.retention
    oldest = retention.oldest
    upkeep = LogUpkeep(limits: limits, logBytes: replay.bytes)
    if let size = try? file.size() { upkeep.learned(size) }
  }

  /// All of the batch in one transaction and one fsync, in order.
  /// - Parameter waitsForRoom: a full disk is no failure. After an outcome that says so the next call must be `retry` or
  ///   `giveUp`.
  mutating func write(_ batch: some Collection<LogWrite>, waitsForRoom: Bool = false) -> LogOutcome {
    var outcome = LogOutcome()
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
          outcome.results.append(prepare(partition, [.reset(batch: sequence + 1)], &outcome))
        case .peer(let peer):
          rows.append(.peer(peer))
          outcome.results.append(.success(()))
        case .epochs(let epochs):
          rows.append(.epochs(epochs))
          outcome.results.append(.success(()))
        case .recovery(let recovery, let epochs):
          let result = prepare(recovery, &outcome)
          outcome.results.append(result)
          guard case .success = result else { break }
          rows.append(.epochs(epochs))
          confirms = true
        }
      }
      commit(&outcome, confirms: confirms, rows: rows, isIdle: false, waitsForRoom: waitsForRoom)
      if outcome.isFull { return outcome }
    }
    if let failure {
      outcome.hasFailed = true
      outcome.results = Array(repeating: .failure(failure), count: batch.count)
    }
    outcome.sizes = measure(isExact: false)
    return outcome
  }

  /// Tries again what the disk had no room for.
  mutating func retry() -> LogOutcome {
    guard let kept = unwritten.take() else { return LogOutcome() }
    var outcome = kept.outcome
    let requests = outcome.results.count
    outcome.isFull = false
    carryOut(kept.work, &outcome, waitsForRoom: true)
    if let failure {
      outcome.hasFailed = true
      outcome.results = Array(repeating: .failure(failure), count: requests)
    }
    outcome.sizes = measure()
    return outcome
  }

  /// Ends the wait for room: nothing of the batch is acknowledged, and nothing will be any more.
  mutating func giveUp() -> LogOutcome {
    guard let kept = unwritten.take() else { return LogOutcome() }
    let error = StoreError.diskFull(file: file.path)
    failure = error
    var outcome = LogOutcome()
    outcome.results = Array(repeating: .failure(error), count: kept.outcome.results.count)
    return outcome
  }

  /// The partition whose oldest entry keeps the batches that are there; nil when no log has an entry.
  var pressure: LogPressure? {
    oldest.entry.map {
      LogPressure(partition: $0.partition, sequence: $0.batch, bytes: upkeep.logBytes)
    }
  }

  /// Puts a request's records into the batch, all or none.
  private mutating func prepare(
    _ partition: PartitionID, _ records: [StoredRecord], _ outcome: inout LogOutcome
  ) -> Result<Void, StoreError> {
    var tail = tails[partition] ?? LogTail()
    var isReset = false
    if case .reset? = records.first { isReset = true }
    if let detail = damaged[partition], !isReset {
      return .failure(.partitionDamaged(detail: "\(partition): \(detail)"))
    }
    var encoded: [[UInt8]] = []
    encoded.reserveCapacity(records.count)
    do {
      for record in records {
        try tail.take(record)
        encoded.append(try record.encoded(partition: partition, encoder: encoder))
      }
    } catch {
      return .failure(.invalidRequest(detail: "\(partition): \(error)"))
    }
    guard !records.isEmpty else { return .success(()) }
    tails[partition] = tail
    damaged[partition] = nil
    if begin.partitions[partition] == nil {
      begin.partitions[partition] = LogTrack()
      namesNewPartition = true
    }
    for (record, bytes) in zip(records, encoded) {
      builder.append(bytes, of: partition, startsChain: isReset)
      retention.take(record, of: partition, batch: sequence + 1)
    }
    outcome.records += encoded.count
    return .success(())
  }

  /// Puts what a person decided for all partitions into the batch, all or none.
  private mutating func prepare(
    _ recovery: StoreEpoch.Recovery, _ outcome: inout LogOutcome
  ) -> Result<Void, StoreError> {
    for (partition, records) in recovery.partitions {
      if let detail = damaged[partition] {
        return .failure(.partitionDamaged(detail: "\(partition): \(detail)"))
      }
      var tail = tails[partition] ?? LogTail()
      do {
        for record in records { try tail.take(record) }
      } catch {
        return .failure(.invalidRequest(detail: "\(partition): \(error)"))
      }
    }
    for (partition, records) in recovery.partitions {
      let result = prepare(partition, records, &outcome)
      guard case .success = result else { return result }
    }
    return .success(())
  }

  // MARK: - Old batches

  /// The first batch with an entry that is still needed. While a partition is damaged, what shows that stays.
  private var firstWithEntries: Int64 {
    let first = oldest.entry?.batch ?? sequence + 1
    guard !damaged.isEmpty else { return first }
    return min(first, bad?.first ?? begin.first)
  }

  private var count: Int64 { sequence - begin.first + 1 }

  /// Whether hard states and bases keep so much that they are to be written again.
  private var mustCarry: Bool {
    guard let small = oldest.small else { return false }
    let first = firstWithEntries
    return small < first && upkeep.isWorthCarrying(first - max(small, begin.first), of: count)
  }

  /// The batches before this one are not needed.
  private var firstNeeded: Int64 { min(firstWithEntries, oldest.small ?? Int64.max) }

  private func nextTrim(isIdle: Bool) -> LogTrim? {
    let below = firstNeeded
    guard upkeep.isWorthTrimming(below - begin.first, of: count) else { return nil }
    let limits = upkeep.limits
    return LogTrim(
      start: begin, below: below, rows: isIdle ? limits.idleStepRows : limits.stepRows,
      bytes: isIdle ? limits.idleStepBytes : limits.stepBytes, knownBad: bad?.last)
  }

  /// Whether an idle writer has old batches to delete.
  var hasOldBatches: Bool {
    failure == nil && (mustCarry || upkeep.isWorthTrimming(firstNeeded - begin.first, of: count))
  }

  /// Writes small records again whose batches are kept for nothing else.
  private mutating func carry() {
    for (partition, records) in retention.small(before: firstWithEntries) where damaged[partition] == nil {
      for record in records {
        // They were written once, so they can be encoded. Were one not, its batch would stay.
        guard let bytes = try? record.encoded(partition: partition, encoder: encoder) else {
          return upkeep.stop("\(partition): \(record) cannot be encoded")
        }
        builder.append(bytes, of: partition)
        retention.take(record, of: partition, batch: sequence + 1)
      }
    }
  }

  // MARK: - Committing

  /// Commits what was prepared, with a step of deleting old batches where there are enough of them.
  mutating func commit(
    _ outcome: inout LogOutcome, confirms: Bool = false, rows: [LogRow] = [], isIdle: Bool, waitsForRoom: Bool
  ) {
    guard isIdle || confirms || !rows.isEmpty || builder.recordCount > 0 else { return }
    oldest = retention.oldest
    if mustCarry {
      carry()
      oldest = retention.oldest
    }
    let blob = builder.finish(sequence: sequence + 1)
    if blob != nil { sequence += 1 }
    let work = LogCommit(
      blob: blob, sequence: sequence, confirms: confirms, rows: rows, begin: namesNewPartition ? begin : nil,
      trim: nextTrim(isIdle: isIdle))
    guard !work.isEmpty else { return }
    carryOut(work, &outcome, waitsForRoom: waitsForRoom)
  }

  private mutating func carryOut(_ work: LogCommit, _ outcome: inout LogOutcome, waitsForRoom: Bool) {
    let start = ContinuousClock.now
    let trimmed: LogTrimmed?
    do throws(StoreError) {
      trimmed = try file.commit(work, beforeCommit: faults.beforeLogCommit)
    } catch {
      if work.onlyTrims, error.isRetryable {
        // Nobody waits for it, and it has changed nothing: it can be tried again.
        upkeep.pause()
      } else if waitsForRoom, case .diskFull = error {
        outcome.isFull = true
        unwritten = Unwritten(work: work, outcome: outcome)
      } else {
        fail(error)
      }
      return
    }
    namesNewPartition = false
    outcome.nanoseconds = start.nanosecondsSince
    outcome.hasCommitted = true
    outcome.sequence = UInt64(clamping: sequence)
    outcome.bytes += work.blob?.count ?? 0
    var deleted = 0
    switch trimmed {
    case .deleted(let begin, let rows, let bytes, let size):
      self.begin = begin
      upkeep.logBytes -= bytes
      upkeep.learned(size)
      deleted = rows
    case .stopped(let words):
      upkeep.stop(words)
    case nil:
      break
    }
    outcome.deletedBatches += deleted
    upkeep.committed(bytes: work.blob?.count ?? 0, deletedRows: deleted)
    faults.afterLogCommit()
  }

  /// After a failed write or fsync the page cache may show what is not on the disk, so the next start must know too. A full
  /// disk or a busy file is no such case: SQLite has rolled back, and what it synced before is there.
  mutating func fail(_ error: StoreError) {
    failure = error
    if error.isRetryable { return }
    directory.markSuspect("A write of the log failed: \(error)")
  }

  /// - Parameter isExact: false: the WAL's length may be some batches old. After each look at a file's attributes some file
  /// systems write its next change of time at once, which costs every batch a second write (ext4 since Linux 6.13).
  mutating func measure(isExact: Bool = true) -> LogSizes {
    batchesSinceLook += 1
    if isExact || batchesSinceLook >= Self.batchesPerLook {
      batchesSinceLook = 0
      walBytes = (try? directory.files.size(of: directory.logFile + "-wal")) ?? 0
      upkeep.saw(walBytes: walBytes)
    }
    return LogSizes(
      walBytes: walBytes, fileBytes: upkeep.fileBytes, logBytes: upkeep.logBytes,
      isStopped: upkeep.stopped != nil)
  }
}
