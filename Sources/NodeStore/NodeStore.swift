// The store of a node, as everything above sees it: two SQLite files behind two writers.
public import Raft
internal import Synchronization

/// The node's data directory: `log.db` (consensus log and hard state of every partition, on stable storage before a
/// completion is called) and `state.db` (actor rows and read models of committed entries; synced before the log is compacted).
///
/// Promise P1 rests on it: a completion of `append` with success means that the request is on stable storage.
public final class NodeStore: Sendable {
  /// How often this directory has been opened, this time included: committed before `open` returned. A node that sees a
  /// lower one than before was restored from an old copy.
  public let incarnation: UInt64
  /// What a person should know about how the files were found. For the log.
  public let openNotes: [String]
  /// Why an earlier run marked this directory as suspect (a failed write or fsync); nil when none did. Such a replica must
  /// not vote with what it finds here: the page cache may have shown what is not on the disk.
  public let suspectedBecause: String?

  /// Whether these files were made at this start, or at an earlier one without a `confirmLog` since.
  public let isNew: Bool
  /// Whether the end of the log was cut at this start, as after a torn write, or at an earlier one without a `confirmLog`
  /// since: something acknowledged may be missing.
  public let tailWasCut: Bool
  /// Partitions whose log was compacted and whose state below it is gone (the state file was lost or damaged); sorted. A
  /// replica of one that runs actors cannot apply its log and must be rebuilt from the others. A witness has no state: it is
  /// always among them once its log was compacted.
  public let stateMissing: [PartitionID]

  /// Partitions whose log is damaged, with words for a person; they are not in `recovered`. Nothing is written for them
  /// (`.partitionDamaged`) until `assignReplica`. As it was found at `open`.
  public let damagedPartitions: [PartitionID: String]

  private let logFile: LogFile
  private let stateFile: StateFile
  let log: LogWriter
  let state: StateWriter
  let reader: StateReader
  private let recoveredLogs: Mutex<[PartitionID: RecoveredLog]>
  private let lock: Mutex<(any StoreLock)?>
  let memory: NodeMemory
  let directory: DataDirectory

  private init(_ opened: OpenedStore, reader: StateReader, faults: StoreFaults, limits: LogWriter.Limits) {
    self.reader = reader
    incarnation = opened.incarnation
    openNotes = opened.notes
    suspectedBecause = opened.suspicion
    isNew = opened.standing == .unconfirmedNew
    tailWasCut = opened.standing == .unconfirmedCut
    stateMissing = opened.stateMissing
    damagedPartitions = opened.damaged
    logFile = opened.logFile
    stateFile = opened.stateFile
    recoveredLogs = Mutex(opened.recovered)
    log = LogWriter(core: opened.writer, limits: limits)
    state = StateWriter(file: opened.stateFile, faults: faults)
    lock = Mutex(opened.lock)
    memory = opened.memory
    directory = opened.stateFile.directory
  }

  deinit {
    close()
  }

  /// Opens or creates a data directory and takes it for this process.
  /// - Throws: what keeps the directory from being trusted or used, in words; see `StoreError`.
  public static func open(
    directory: String, identity: StoreIdentity, readModels: [ReadModelTable]
  ) throws(StoreError) -> NodeStore {
    try open(directory: directory, identity: identity, readModels: readModels, faults: .none)
  }

  /// - Parameters:
  ///   - faults: makes the disk slow or makes it fail; for tests and for nodes that allow chaos.
  ///   - pendingByteLimit: past it, appends are counted as such.
  ///   - upkeep: how the log file is kept small.
  ///   - files: the file system.
  package static func open(
    directory: String, identity: StoreIdentity, readModels: [ReadModelTable], faults: StoreFaults,
    pendingByteLimit: Int? = nil, upkeep: LogUpkeepLimits = LogUpkeepLimits(),
    files: any StoreFiles = RealFiles()
  ) throws(StoreError) -> NodeStore {
    let opened = try OpenedStore.open(
      directory: directory, identity: identity, readModels: readModels, faults: faults, limits: upkeep,
      files: files)
    var limits = LogWriter.Limits()
    limits.pendingBytes = pendingByteLimit ?? limits.pendingBytes
    let reader = try StateReader(
      path: opened.stateFile.path, files: files, beforeRead: faults.beforeRead)
    return NodeStore(opened, reader: reader, faults: faults, limits: limits)
  }

  /// `PRAGMA synchronous` of the log file as SQLite has it: 2 is FULL.
  package func logSynchronous() throws(StoreError) -> Int {
    try logFile.synchronous()
  }

  /// The logs as they were found at `open`; empty after `takeRecovered()`.
  public var recovered: [PartitionID: RecoveredLog] {
    recoveredLogs.withLock { $0 }
  }

  /// The logs as they were found at `open`, once: the store forgets them, so that their memory can be freed.
  public func takeRecovered() -> [PartitionID: RecoveredLog] {
    recoveredLogs.withLock { recovered in
      defer { recovered = [:] }
      return recovered
    }
  }

  /// Makes a request durable: the base, then the truncation, then the entries, then the hard state.
  ///
  /// Never blocks on the disk. Requests become durable in the order of the calls, and completions are called in that order,
  /// on the writer's thread: they must return quickly, and must not call `close()` or be the last to hold the store. Nothing
  /// is dropped; consensus bounds what is in flight.
  ///
  /// - Parameter completion: success once the request is on stable storage. `.invalidRequest` when the entries would leave
  ///   a gap, `.partitionDamaged` when the partition's log is: nothing of that request was written, others are not affected. Any
  ///   other failure is final: this store acknowledges nothing any more, and the node must end. A full disk is no failure:
  ///   requests wait until there is room (`StoreStatistics.isLogFull`), or until the store is closed.
  public func append(
    partition: PartitionID,
    request: PersistRequest,
    completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    log.append(LogWrite(partition, request), completion: completion)
  }

  /// Records that nothing is missing from the log: the next start finds neither `isNew` nor `tailWasCut`. In order with
  /// `append`, and durable like it.
  ///
  /// Call it when every partition's replica is confirmed and its log has reached its voting floor: until then a restart must
  /// find the same doubt again.
  public func confirmLog(completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
    log.append(LogWrite(.confirmation), completion: completion)
  }

  /// Which partition's oldest entry keeps the log file from getting smaller, and how much there is; nil when no partition has
  /// an entry. Cheap. As of the last batch.
  public func logPressure() -> LogPressure? {
    log.pressure()
  }

  /// Writes rows, read-model rows and the applied index in one transaction of the state file, on a thread of its own.
  ///
  /// Give it committed entries only, and only such as this node has in its own durable log. At most one checkpoint per
  /// partition should be on its way, because what waits is kept in memory. A failure leaves the file as it was; the same
  /// checkpoint may be given again.
  public func checkpoint(
    _ checkpoint: PartitionCheckpoint,
    completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    state.checkpoint(checkpoint, completion: completion)
  }

  /// All of the latest checkpoint of a partition, including those that were asked for before this call: for tests and tools,
  /// because it holds every actor that ever was.
  package func loadPartition(_ partition: PartitionID) async throws(StoreError) -> LoadedPartition {
    let result = await withCheckedContinuation { continuation in
      state.load(partition) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  public func statistics() -> StoreStatistics {
    var statistics = log.statistics()
    state.count(in: &statistics)
    return statistics
  }

  /// Room on the disk of the data directory, and what its files take. Asks the operating system: may block.
  /// - Returns: nil where that cannot be said.
  public func space() -> (disk: DiskSpace?, files: StoreSizes?) {
    (try? directory.files.space(at: directory.path), directory.sizes())
  }

  /// Finishes what is pending, moves the WALs into the files, closes them and gives the directory free. Blocks until then;
  /// a second call does nothing. A failure to move a WAL loses nothing: the next open reads it.
  public func close() {
    guard let held = lock.withLock({ $0.take() }) else { return }
    log.close()
    state.close()
    reader.close()
    try? logFile.close()
    try? stateFile.close()
    withExtendedLifetime(held) {}
  }
}
