// How a data directory is opened: what is checked, in which order, and why. The one way for threads and simulations alike.
internal import PlantedBugs
internal import Raft

/// What opening found and made.
struct OpenedStore {
  var stateFile: StateFile
  var logFile: LogFile
  var writer: LogWriterCore
  /// What is whole.
  var recovered: [PartitionID: RecoveredLog]
  /// The partitions whose log is not, with words.
  var damaged: [PartitionID: String]
  var stateMissing: [PartitionID]
  var incarnation: UInt64
  var standing: LogStanding
  var notes: [String]
  var suspicion: String?
  var memory: NodeMemory
  var lock: any StoreLock

  static func open(
    directory path: String, identity: StoreIdentity, readModels: [ReadModelTable], faults: StoreFaults,
    limits: LogUpkeepLimits = LogUpkeepLimits(), files: any StoreFiles
  ) throws(StoreError) -> OpenedStore {
    let directory = DataDirectory(path: path, files: files)
    try files.prepareDirectory(path)
    let lock = try files.lock(directory.lockFile)
    do throws(StoreError) {
      return try open(directory, lock, identity, readModels, faults, limits)
    } catch {
      // The next start would be shown what this one could not make durable.
      if case .syncFailed = error {
        directory.markSuspect("A sync failed while the files were opened: \(error)")
      }
      throw error
    }
  }

  private static func open(
    _ directory: DataDirectory, _ lock: any StoreLock, _ identity: StoreIdentity,
    _ readModels: [ReadModelTable], _ faults: StoreFaults, _ limits: LogUpkeepLimits
  ) throws(StoreError) -> OpenedStore {
    let files = directory.files
    var notes: [String] = []
    let suspicion = directory.suspicion()
    if let suspicion {
      notes.append("\(directory.path) is marked as suspect: \(suspicion)")
    }

    // Before SQLite opens anything: it would cut a damaged WAL, and say nothing.
    try checkFilesBelongTogether(directory)
    let (found, validBytes) = try scanLog(directory, &notes)
    let cut = try directory.rememberCut(found)
    if cut != found {
      notes.append("the log's end was cut by an earlier start, which failed before the log said so (\(cut))")
    }
    if let validBytes { try directory.files.truncate(directory.logFile + "-wal", to: validBytes) }

    let durability: DatabaseFile.Durability =
      faults.logWithoutSync || isPlanted(.logSynchronousNormal) ? .normal : .full
    let logFile = try LogFile(
      path: directory.logFile, files: files, identity: identity, durability: durability,
      assignedAbove: try directory.assignedFloor())
    let replay = try logFile.replay()
    var recovered = replay.recovered
    for (partition, detail) in replay.damaged.sorted(by: { $0.key < $1.key }) {
      notes.append("\(partition): its log is damaged: \(detail)")
    }
    try scanState(directory, canRebuild: recovered.values.allSatisfy { $0.base == nil }, &notes)
    let stateFile = try openState(directory, identity, readModels, &notes)
    notes += stateFile.openNotes
    let incarnation = try nextIncarnation(logFile, stateFile, identity)
    let standing = try logFile.start(
      incarnation: incarnation, cut: cut, begin: replay.start, boot: files.bootID, identity: identity)
    if cut != .none { try directory.forgetCut() }
    try stateFile.setIncarnation(incarnation, identity: identity)
    try directory.sync()

    var writer = LogWriterCore(
      file: logFile, replay: replay, directory: directory, faults: faults, limits: limits)
    var memory = try logFile.memory(found: UInt64(clamping: replay.lastSequence))
    memory.unusable = try stateFile.follow(memory.replicas, &notes)
    memory.unusable.merge(replay.damaged) { first, _ in first }
    let markers = try stateFile.markers()
    for (partition, detail) in markers.bad.sorted(by: { $0.key < $1.key }) {
      notes.append("\(partition): \(detail)")
    }
    memory.unusable.merge(markers.bad) { first, _ in first }
    notes += try finishInstalls(markers.sound, &writer, &recovered)
    let comparison = try compareCheckpoints(stateFile, recovered, replay.damaged)
    notes += comparison.notes
    return OpenedStore(
      stateFile: stateFile, logFile: logFile, writer: writer, recovered: recovered,
      damaged: replay.damaged, stateMissing: comparison.missing, incarnation: incarnation, standing: standing,
      notes: notes, suspicion: suspicion, memory: memory, lock: lock)
  }

  /// The log file is created first, so a state file or a WAL without it means that the log was lost: an empty one in its
  /// place would vote again in terms in which this node has voted.
  private static func checkFilesBelongTogether(_ directory: DataDirectory) throws(StoreError) {
    guard try directory.files.size(of: directory.logFile) == 0 else { return }
    for other in [directory.logFile + "-wal", directory.stateFile]
    where try directory.files.size(of: other) > 0 {
      throw .damaged(file: directory.logFile, detail: "it is missing or empty, but \(other) is there")
    }
  }

  /// Whether and how a tail is cut, and where. SQLite would only pass over it and write a shorter transaction in its place:
  /// the next scan would see the rest behind that, and could not tell it from a torn one.
  private static func scanLog(
    _ directory: DataDirectory, _ notes: inout [String]
  ) throws(StoreError) -> (cut: LogCut, validBytes: Int?) {
    let wal = directory.logFile + "-wal"
    switch try directory.scanWAL(of: directory.logFile) {
    case .clean:
      return (.none, nil)
    case .unfinishedTail(let validBytes):
      notes.append("\(wal) ends in an unfinished transaction after byte \(validBytes); it is cut there")
      return (.unfinished, validBytes)
    case .tornTail(let validBytes):
      notes.append(
        "\(wal) ends in an incomplete transaction after byte \(validBytes), as a crash leaves it; it is cut there"
      )
      return (.torn, validBytes)
    case .damaged(let frame):
      throw .damaged(file: wal, detail: "frame \(frame) is bad, and a later transaction follows it")
    }
  }

  /// The state file is not synced in every commit, so a power loss may leave what would be damage in the log. While the log
  /// reaches back to its beginning the file can be rebuilt, and is moved away. Otherwise SQLite cuts the WAL at the bad frame:
  /// what a compacted log relies on was synced, so a power loss leaves no bad frame before it. When more than is left of the
  /// WAL is in the file already it was no power loss, and the two would mix: then the file goes, whoever has to rebuild it.
  private static func scanState(
    _ directory: DataDirectory, canRebuild: Bool, _ notes: inout [String]
  ) throws(StoreError) {
    guard case .damaged(let frame) = try directory.scanWAL(of: directory.stateFile) else { return }
    let finding = "\(directory.stateFile)-wal: frame \(frame) is bad, and a later transaction follows it"
    if !canRebuild, try directory.mixesMoments(directory.stateFile, badFrame: frame) {
      try directory.setStateFileAside()
      notes.append(
        "\(finding), and what follows is in the file already; the state file was set aside: partitions whose log was compacted "
          + "have to come from other nodes")
      return
    }
    guard canRebuild else {
      notes.append("\(finding); it is cut there, and what is missing comes from the log")
      return
    }
    try directory.setStateFileAside()
    notes.append("\(finding); the state file was set aside and is rebuilt from the log")
  }

  /// A state file that is no database any more is set aside. What the log still holds is rebuilt from it; partitions whose log
  /// was compacted are then in `stateMissing`, and the others go on.
  private static func openState(
    _ directory: DataDirectory, _ identity: StoreIdentity, _ readModels: [ReadModelTable],
    _ notes: inout [String]
  ) throws(StoreError) -> StateFile {
    if let reason = try directory.stateDamage() {
      try directory.setStateFileAside()
      notes.append(
        "an earlier run found the state file damaged (\(reason)); it was set aside: what the log still holds is rebuilt from "
          + "it, and partitions whose log was compacted have to come from other nodes")
    }
    do throws(StoreError) {
      return try StateFile(directory, identity: identity, readModels: readModels)
    } catch {
      guard case .damaged(let file, let detail) = error else { throw error }
      try directory.setStateFileAside()
      notes.append(
        "\(file) cannot be opened (\(detail)); it was set aside: what the log still holds is rebuilt from it, and partitions "
          + "whose log was compacted have to come from other nodes")
      return try StateFile(directory, identity: identity, readModels: readModels)
    }
  }

  /// The log's incarnation is the one that counts. It is committed first, so the state file can never be ahead of it unless
  /// an old copy of the log was put in its place.
  private static func nextIncarnation(
    _ logFile: LogFile, _ stateFile: StateFile, _ identity: StoreIdentity
  ) throws(StoreError) -> UInt64 {
    let last = try logFile.incarnation(identity: identity)
    let lastOfState = try stateFile.incarnation(identity: identity)
    guard lastOfState <= last else {
      throw .damaged(
        file: logFile.path,
        detail:
          "it was opened \(last) times, but \(stateFile.path) \(lastOfState) times: an old copy was restored")
    }
    return last + 1
  }

  /// A snapshot is durable in the state file before the log says that it begins after it. A crash between the two leaves a
  /// log that does not hold the snapshot's last entry: its entries are older, so the snapshot takes their place now.
  private static func finishInstalls(
    _ markers: [StateFile.Marker], _ writer: inout LogWriterCore,
    _ recovered: inout [PartitionID: RecoveredLog]
  ) throws(StoreError) -> [String] {
    var notes: [String] = []
    for marker in markers {
      let (partition, base) = (marker.partition, marker.base)
      guard writer.damaged[partition] == nil else { continue }
      var log = recovered[partition] ?? RecoveredLog(hardState: HardState(), entries: [])
      guard base.index > log.base?.index ?? 0, !log.holds(base.index, term: base.term) else { continue }
      var state = log.hardState
      // What is in doubt stays so.
      if state.term < base.term { (state.term, state.vote) = (base.term, nil) }
      state.commit = max(state.commit, base.index)
      log = RecoveredLog(hardState: state, entries: [], base: base)
      let records: [StoredRecord] = [.base(base, resets: true), .hardState(state)]
      for result in writer.write(CollectionOfOne(LogWrite(.records(partition, records)))).results {
        try result.get()
      }
      recovered[partition] = log
      notes.append(
        "\(partition): a snapshot at \(base.index) was installed and the log did not say so yet; it now begins after it"
      )
    }
    return notes
  }

  /// Words about partitions whose checkpoint is ahead of the log, and those partitions that have lost the state below their log.
  private static func compareCheckpoints(
    _ stateFile: StateFile, _ recovered: [PartitionID: RecoveredLog], _ damaged: [PartitionID: String]
  ) throws(StoreError) -> (notes: [String], missing: [PartitionID]) {
    let checkpoints = try stateFile.checkpoints()
    var notes: [String] = []
    var missing: [PartitionID] = []
    for partition in Set(checkpoints.keys).union(recovered.keys).sorted() where damaged[partition] == nil {
      let log = recovered[partition]
      let begin = log?.base?.index ?? 0
      let end = log?.entries.last?.index ?? begin
      let checkpoint = checkpoints[partition] ?? 0
      if checkpoint > end {
        notes.append(
          "\(partition): the state file's checkpoint is at \(checkpoint), but the log ends at \(end)")
      } else if checkpoint < begin {
        // No note: for a witness it is as it must be, and who is one is not known here.
        missing.append(partition)
      }
    }
    return (notes, missing)
  }
}
