// How a data directory is opened: what is checked, in which order, and why.

/// What opening found, for `NodeStore.init`.
struct OpenedStore {
  var directory: DataDirectory
  var logFile: LogFile
  var stateFile: StateFile
  var replay: LogReplay
  var incarnation: UInt64
  var notes: [String]
  var suspicion: String?
  var faults: StoreFaults
  var limits: LogWriter.Limits
}

extension NodeStore {
  /// - Parameters:
  ///   - faults: makes the disk slow or makes it fail; for tests and for nodes that allow chaos.
  ///   - pendingByteLimit: past it, appends are counted as such.
  package static func open(
    directory path: String, identity: StoreIdentity, readModels: [ReadModelTable], faults: StoreFaults,
    pendingByteLimit: Int? = nil
  ) throws(StoreError) -> NodeStore {
    let directory = DataDirectory(path: path)
    try directory.prepare()
    let lock = try DirectoryLock(directory.lockFile)
    var notes: [String] = []
    let suspicion = directory.suspicion()
    if let suspicion {
      notes.append("\(path) is marked as suspect: \(suspicion)")
    }

    // Before SQLite opens anything: it would cut a damaged WAL, and say nothing.
    try checkFilesBelongTogether(directory)
    try scanLog(directory, &notes)
    try scanState(directory, &notes)

    let logFile = try LogFile(path: directory.logFile, identity: identity)
    let replay = try logFile.replay()
    let stateFile = try StateFile(path: directory.stateFile, identity: identity, readModels: readModels)
    let incarnation = try raiseIncarnation(logFile, stateFile, identity)
    try directory.sync()
    notes += try checkpointsAhead(stateFile, replay)

    var limits = LogWriter.Limits()
    limits.pendingBytes = pendingByteLimit ?? limits.pendingBytes
    let parts = OpenedStore(
      directory: directory, logFile: logFile, stateFile: stateFile, replay: replay, incarnation: incarnation,
      notes: notes, suspicion: suspicion, faults: faults, limits: limits)
    return NodeStore(parts, lock: lock)
  }

  /// `PRAGMA synchronous` of the log file as SQLite has it: 2 is FULL.
  package func logSynchronous() throws(StoreError) -> Int {
    try logFile.synchronous()
  }

  /// The log file is created first, so a state file or a WAL without it means that the log was lost: an empty one in its
  /// place would vote again in terms in which this node has voted.
  private static func checkFilesBelongTogether(_ directory: DataDirectory) throws(StoreError) {
    guard try DataDirectory.size(of: directory.logFile) == 0 else { return }
    for other in [directory.logFile + "-wal", directory.stateFile] where try DataDirectory.size(of: other) > 0
    {
      throw .damaged(file: directory.logFile, detail: "it is missing or empty, but \(other) is there")
    }
  }

  private static func scanLog(_ directory: DataDirectory, _ notes: inout [String]) throws(StoreError) {
    let wal = directory.logFile + "-wal"
    switch try WALScan.scan(databaseFile: directory.logFile) {
    case .clean:
      break
    case .tornTail(let validBytes):
      notes.append(
        "\(wal) ends in an incomplete transaction after byte \(validBytes), as a crash leaves it; it is cut there"
      )
    case .damaged(let frame):
      throw .damaged(file: wal, detail: "frame \(frame) is bad, and a later transaction follows it")
    }
  }

  /// The state file is not synced in every commit, so a power loss may leave what would be damage in the log. It can be
  /// rebuilt, so it is moved away in either case.
  private static func scanState(_ directory: DataDirectory, _ notes: inout [String]) throws(StoreError) {
    guard case .damaged(let frame) = try WALScan.scan(databaseFile: directory.stateFile) else { return }
    try directory.setStateFileAside()
    notes.append(
      "\(directory.stateFile)-wal: frame \(frame) is bad, and a later transaction follows it; the state file was set aside "
        + "and is rebuilt from the log")
  }

  /// The log's incarnation is the one that counts. It is committed first, so the state file can never be ahead of it unless
  /// an old copy of the log was put in its place.
  private static func raiseIncarnation(
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
    let incarnation = last + 1
    try logFile.setIncarnation(incarnation, identity: identity)
    try stateFile.setIncarnation(incarnation, identity: identity)
    return incarnation
  }

  /// Words about partitions whose checkpoint covers entries that the log does not have.
  private static func checkpointsAhead(_ stateFile: StateFile, _ replay: LogReplay) throws(StoreError)
    -> [String]
  {
    let tails = replay.tails
    return try stateFile.checkpoints().sorted { $0.key < $1.key }.compactMap { partition, index in
      let next = tails[partition]?.nextIndex ?? 1
      guard index >= next else { return nil }
      return "\(partition): the state file's checkpoint is at \(index), but the log ends at \(next - 1)"
    }
  }
}
