// The store without threads: every call does its work before it returns. For simulations; never in the product.
package import Raft

/// The same files and the same code as `NodeStore`, driven by one thread. It opens on any `StoreFiles`.
package final class StoreCore {
  package let incarnation: UInt64
  package let openNotes: [String]
  package let suspectedBecause: String?
  /// See `NodeStore.isNew`.
  package let isNew: Bool
  /// See `NodeStore.tailWasCut`.
  package let tailWasCut: Bool
  /// See `NodeStore.stateMissing`.
  package let stateMissing: [PartitionID]
  /// The logs as they were found at `open`.
  package private(set) var recovered: [PartitionID: RecoveredLog]

  private let logFile: LogFile
  private let stateFile: StateFile
  private let faults: StoreFaults
  private var writer: LogWriterCore
  private var lock: (any StoreLock)?

  /// Opens or creates a data directory; the same checks as `NodeStore.open`.
  package init(
    directory: String, identity: StoreIdentity, readModels: [ReadModelTable], faults: StoreFaults = .none,
    limits: LogUpkeepLimits = LogUpkeepLimits(), files: any StoreFiles
  ) throws(StoreError) {
    let opened = try OpenedStore.open(
      directory: directory, identity: identity, readModels: readModels, faults: faults, limits: limits,
      files: files)
    incarnation = opened.incarnation
    openNotes = opened.notes
    suspectedBecause = opened.suspicion
    isNew = opened.standing == .unconfirmedNew
    tailWasCut = opened.standing == .unconfirmedCut
    stateMissing = opened.stateMissing
    recovered = opened.recovered
    logFile = opened.logFile
    stateFile = opened.stateFile
    writer = opened.writer
    lock = opened.lock
    self.faults = faults
  }

  deinit {
    abandon()
  }

  /// The logs as they were found, once.
  package func takeRecovered() -> [PartitionID: RecoveredLog] {
    defer { recovered = [:] }
    return recovered
  }

  /// See `NodeStore.damagedPartitions`.
  package var damagedPartitions: [PartitionID: String] { writer.damaged }

  /// See `NodeStore.logPressure`.
  package func logPressure() -> LogPressure? { writer.pressure }

  /// What the log has counted.
  package private(set) var statistics = StoreStatistics()

  /// One transaction, one sync; a result for each request, in order. See `NodeStore.append`. Then at most one step of what the
  /// writer does between batches.
  package func write(_ batch: [(PartitionID, PersistRequest)]) -> [Result<Void, StoreError>] {
    guard lock != nil else { return batch.map { _ in .failure(.closed) } }
    return write(batch.map { LogWrite($0.0, $0.1) })
  }

  private func write(_ batch: [LogWrite]) -> [Result<Void, StoreError>] {
    let outcome = writer.write(batch)
    outcome.count(in: &statistics)
    writer.keepUp(isIdle: false)?.count(in: &statistics)
    return outcome.results
  }

  /// What the writer does while nobody waits, all of it.
  package func keepUp() {
    while lock != nil, writer.hasUpkeep, let outcome = writer.keepUp(isIdle: true) {
      outcome.count(in: &statistics)
    }
  }

  /// See `NodeStore.confirmLog`.
  package func confirmLog() throws(StoreError) {
    try writeOne(.confirmation)
  }

  /// See `NodeStore.assignReplica`.
  package func assignReplica(_ partition: PartitionID, _ replica: ReplicaID) throws(StoreError) {
    try writeOne(.assignment(partition, replica))
    try stateFile.assign(partition, to: replica)
  }

  private func writeOne(_ content: LogWrite.Content) throws(StoreError) {
    guard lock != nil else { throw .closed }
    for result in write([LogWrite(content)]) {
      try result.get()
    }
  }

  package func checkpoint(_ checkpoint: PartitionCheckpoint) throws(StoreError) {
    guard lock != nil else { throw .closed }
    try stateFile.write(checkpoint, beforeCommit: faults.beforeCheckpointCommit)
    guard stateFile.takeDeleted() else { return }
    while try stateFile.returnSpace() {}
  }

  /// See `NodeStore.loadPartition`.
  package func load(_ partition: PartitionID) throws(StoreError) -> LoadedPartition {
    guard lock != nil else { throw .closed }
    return try stateFile.load(partition)
  }

  /// See `NodeStore.loadTables`.
  package func loadTables(_ partition: PartitionID) throws(StoreError) -> LoadedPartition {
    guard lock != nil else { throw .closed }
    return try stateFile.loadTables(partition, skipping: NodeStore.retiredType)
  }

  /// See `NodeStore.loadActors`.
  package func loadActors(_ actors: [ActorName], of partition: PartitionID) throws(StoreError)
    -> [LoadedActor]
  {
    guard lock != nil else { throw .closed }
    try faults.beforeRead()
    return try stateFile.loadActors(actors, of: partition)
  }

  /// See `NodeStore.oldestRows`.
  package func oldestRows(
    ofType type: String, in ranges: [Range<String>], limit: Int, of partition: PartitionID
  ) throws(StoreError) -> [ActorRow] {
    guard lock != nil else { throw .closed }
    return try stateFile.oldestRows(ofType: type, in: ranges, limit: limit, of: partition)
  }

  /// See `NodeStore.installSnapshot`.
  package func installSnapshot(
    _ partition: PartitionID, base: LogBase, bytes: [UInt8]
  ) throws(StoreError) {
    guard lock != nil else { throw .closed }
    try stateFile.install(partition, base: base, bytes: bytes)
  }

  /// See `NodeStore.readSnapshot`.
  package func readSnapshot(_ partition: PartitionID) throws(StoreError) -> EncodedSnapshot {
    guard lock != nil else { throw .closed }
    try faults.beforeRead()
    return try stateFile.snapshot(partition)
  }

  /// See `NodeStore.syncState`.
  package func syncState() throws(StoreError) -> [PartitionID: UInt64] {
    guard lock != nil else { throw .closed }
    return try stateFile.sync()
  }

  /// Moves the WALs into the files and gives the directory free. A second call does nothing.
  package func close() {
    guard lock != nil else { return }
    try? logFile.close()
    try? stateFile.close()
    lock = nil
  }

  /// Drops everything as a crash of the process does. After a crash of a virtual disk nothing that the old connections do on
  /// their way out reaches its files, because their handles are of an earlier life.
  package func abandon() {
    guard lock != nil else { return }
    logFile.abandon()
    stateFile.abandon()
    lock = nil
  }
}
