// Verifies a data directory whose node is stopped: every page, batch, row and checksum. Changes nothing.
internal import Foundation
internal import GRDB
internal import Raft

extension StoreVerification {
  /// Looks at everything, on the calling thread.
  /// - Parameter progress: called often, on the same thread.
  /// - Throws: what keeps it from looking: `.locked` while the node runs, `.diskFull` when a file has a WAL and there is no room
  ///   for the copy that is needed to read both without changing them. What is damaged is a finding, never an error.
  public static func run(
    directory: String, progress: (Progress) -> Void = { _ in }
  ) throws(StoreError) -> StoreVerification {
    try run(directory: directory, files: RealFiles(), progress: progress)
  }

  /// The same on any file system.
  package static func run(
    directory path: String, files: any StoreFiles, progress: (Progress) -> Void = { _ in }
  ) throws(StoreError) -> StoreVerification {
    let directory = DataDirectory(path: path, files: files)
    guard try files.size(of: directory.logFile) + files.size(of: directory.stateFile) > 0 else {
      throw .io(file: path, detail: "there is no log.db and no state.db in it")
    }
    let lock = try files.lock(directory.lockFile)
    defer { withExtendedLifetime(lock) {} }
    var run = VerificationRun(directory: directory)
    try run.log(progress)
    try run.state(progress)
    run.together()
    return run.verification
  }
}

/// What one run has found so far.
struct VerificationRun {
  /// What `meta` says.
  struct Meta {
    var identity: StoreIdentity
    var incarnation: UInt64
    var format: Int
  }

  let directory: DataDirectory
  var verification = StoreVerification()
  private var logMeta: Meta?
  private var stateMeta: Meta?
  /// nil when the log could not be replayed to its end.
  private var logs: [PartitionID: RecoveredLog]?
  var checkpoints: [PartitionID: UInt64]?
  var markers: [PartitionID: UInt64] = [:]
  /// Whose partitions' rows and logs are; those with their first replica are not named.
  private var replicas: (log: [PartitionID: ReplicaID], state: [PartitionID: ReplicaID]) = ([:], [:])

  init(directory: DataDirectory) {
    self.directory = directory
  }

  mutating func log(_ progress: (StoreVerification.Progress) -> Void) throws(StoreError) {
    let file = directory.logFile
    try scanWAL(of: file, damageIsNote: false)
    if let reason = directory.suspicion() {
      note(directory.suspectMarker, "marker", "an earlier run marked the directory as suspect: \(reason)")
    }
    if try directory.files.contents(of: directory.cutMarker) != nil {
      note(directory.cutMarker, "marker", "the end of the log was cut by a start that failed afterwards")
    }
    try withReader(of: file) { (run, reader) in
      run.pages(of: reader, progress)
      run.logMeta = run.meta(of: reader)
      guard run.logMeta != nil else { return }
      run.replicas.log = run.replicas(in: "replica", of: reader)
      run.epochs(of: reader)
      run.replay(reader, progress)
    }
  }

  mutating func state(_ progress: (StoreVerification.Progress) -> Void) throws(StoreError) {
    try scanWAL(of: directory.stateFile, damageIsNote: true)
    try withReader(of: directory.stateFile) { (run, reader) in
      run.pages(of: reader, progress)
      run.stateMeta = run.meta(of: reader)
      guard let meta = run.stateMeta else { return }
      if meta.format < 2 {
        run.note(
          reader.path, "meta",
          "format \(meta.format) has no checksums; the first start of this version adds them")
      } else {
        run.replicas.state = run.replicas(in: "partition_replica", of: reader)
        run.stateRows(reader, progress)
      }
    }
  }

  /// What each file alone cannot say.
  mutating func together() {
    let state = directory.stateFile
    if let log = logMeta, let found = stateMeta {
      if log.identity != found.identity {
        damage(state, nil, "meta", "it belongs to \(found.identity), the log to \(log.identity)")
      }
      if found.incarnation > log.incarnation {
        damage(
          directory.logFile, nil, "meta",
          "it was opened \(log.incarnation) times, the state file \(found.incarnation) times: an old copy was restored"
        )
      }
    }
    guard let logs, let checkpoints else { return }
    for (partition, id) in replicas.state.sorted(by: { $0.key < $1.key })
    where id > replicas.log[partition] ?? ReplicaID(rawValue: 0) {
      damage(
        directory.logFile, partition, "replica",
        "the state file has replica \(id), which the log does not know")
    }
    for partition in Set(logs.keys).union(checkpoints.keys).sorted() {
      if let id = replicas.log[partition], replicas.state[partition] ?? ReplicaID(rawValue: 0) < id {
        // The log says it first. A process that is killed in between leaves the rows to the next start.
        if checkpoints[partition] != nil {
          note(
            state, "checkpoint of \(partition)",
            "its rows are of an earlier replica; the next start deletes them")
        }
        continue
      }
      let checkpoint = checkpoints[partition] ?? 0
      let begin = logs[partition]?.base?.index ?? 0
      let end = logs[partition]?.entries.last?.index ?? begin
      // A snapshot whose installation the next start finishes counts as the log's.
      if checkpoint > max(end, markers[partition] ?? 0) {
        damage(state, partition, "checkpoint", "it is at \(checkpoint), but the log ends at \(end)")
      } else if checkpoint < begin {
        note(
          state, "checkpoint of \(partition)",
          "it is at \(checkpoint), and the log begins after \(begin): as on a witness; any other replica has lost its state"
        )
      }
    }
  }

  // MARK: the log

  private mutating func scanWAL(of file: String, damageIsNote: Bool) throws(StoreError) {
    switch try directory.scanWAL(of: file) {
    case .clean: break
    case .unfinishedTail(let valid):
      note(file + "-wal", "byte \(valid)", "an unfinished transaction, as a killed process leaves it")
    case .tornTail(let valid):
      note(file + "-wal", "byte \(valid)", "an incomplete transaction, as a power loss leaves it")
    case .damaged(let frame) where damageIsNote:
      guard try !directory.mixesMoments(file, badFrame: frame) else {
        return damage(
          file + "-wal", nil, "frame \(frame)", "it is bad, and what follows it is in the file already")
      }
      note(
        file + "-wal", "frame \(frame)",
        "it is bad and a later transaction follows: a power loss may leave that here, and the next start repairs it"
      )
    case .damaged(let frame):
      damage(file + "-wal", nil, "frame \(frame)", "it is bad, and a later transaction follows it")
    }
  }

  private mutating func replay(_ reader: StoreReader, _ progress: (StoreVerification.Progress) -> Void) {
    do throws(StoreError) {
      let replay = try reader.read { database in
        let total = try Int.fetchOne(database, sql: "SELECT count(*) FROM log") ?? 0
        return try LogFile.replay(database, file: reader.path) { done in
          progress(StoreVerification.Progress(phase: "log batches", done: done, total: total))
        }
      }
      verification.batches = Int(clamping: replay.lastSequence - replay.start.first + 1)
      for (partition, words) in replay.damaged.sorted(by: { $0.key < $1.key }) {
        damage(reader.path, partition, "batches", words)
      }
      if let first = replay.tracks.firstBad, replay.damaged.isEmpty {
        note(reader.path, "batch \(first)", "it is bad, and nobody needs it any more")
      }
      let recovered = replay.recovered
      verification.entries = recovered.values.reduce(0) { $0 + $1.entries.count }
      logs = recovered
    } catch {
      damage(error, "batches")
    }
  }

  // MARK: both files

  private mutating func replicas(in table: String, of reader: StoreReader) -> [PartitionID: ReplicaID] {
    do throws(StoreError) {
      return try reader.read { database in
        guard try database.tableExists(table) else { return [:] }
        var found: [PartitionID: ReplicaID] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT partition, id FROM \(table)") {
          let (partition, id) = try replica(in: row, of: reader.path)
          found[partition] = id
        }
        return found
      }
    } catch {
      damage(error, table)
      return [:]
    }
  }

  private mutating func pages(of reader: StoreReader, _ progress: (StoreVerification.Progress) -> Void) {
    let name = (reader.path as NSString).lastPathComponent
    progress(StoreVerification.Progress(phase: "pages of \(name)", done: 0, total: 0))
    do throws(StoreError) {
      let words = try reader.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(100)") }
      for line in words where line != "ok" {
        damage(reader.path, nil, "integrity_check", line)
      }
    } catch {
      damage(error, "integrity_check")
    }
  }

  private mutating func meta(of reader: StoreReader) -> Meta? {
    do throws(StoreError) {
      let values = try reader.read { database in try FileMeta.values(database) }
      guard let format = values["format"].flatMap({ Int($0) }), let cluster = values["cluster"],
        let node = values["node"], let topology = values["topology"],
        let incarnation = values["incarnation"].flatMap({ UInt64($0) })
      else {
        damage(reader.path, nil, "meta", "it does not say its format, or whose it is")
        return nil
      }
      guard format <= FileMeta.newestFormat else {
        damage(
          reader.path, nil, "meta", "it has format \(format), which is newer than this version understands")
        return nil
      }
      return Meta(
        identity: StoreIdentity(cluster: cluster, node: node, topology: topology), incarnation: incarnation,
        format: format)
    } catch {
      damage(error, "meta")
      return nil
    }
  }

  /// Gives `work` a view of the file that changes nothing. With a WAL, SQLite would move it into the file: then of a copy.
  private mutating func withReader(
    of file: String, _ work: (inout VerificationRun, StoreReader) -> Void
  ) throws(StoreError) {
    let files = directory.files
    let size = try files.size(of: file)
    let sizeOfWAL = try files.size(of: file + "-wal")
    guard size + sizeOfWAL > 0 else {
      damage(file, nil, "file", "it is missing or empty")
      return
    }
    let copy = file + ".verify"
    let remove = {
      for suffix in ["", "-wal", "-shm"] { try? files.remove(copy + suffix) }
    }
    // Also what a run that was killed has left.
    remove()
    defer { remove() }
    let hasWAL = sizeOfWAL > 0
    if hasWAL {
      try files.copy(file, to: copy)
      try files.copy(file + "-wal", to: copy + "-wal")
    }
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(hasWAL ? copy : file, files: files, view: hasWAL ? .live : .still)
    } catch {
      damage(error, "file")
      return
    }
    work(&self, reader)
    reader.close()
  }

  // MARK: findings

  mutating func damage(_ file: String, _ partition: PartitionID?, _ place: String, _ words: String) {
    verification.add(StoreFinding(file: named(file), partition: partition, place: place, words: words))
  }

  mutating func damage(_ error: StoreError, _ place: String) {
    switch error {
    case .damaged(let file, let detail): damage(file, nil, place, detail)
    case .io(let file, let detail): damage(file, nil, place, detail)
    default: damage(directory.path, nil, place, "\(error)")
    }
  }

  mutating func note(_ file: String, _ place: String, _ words: String) {
    verification.add(StoreFinding(kind: .note, file: named(file), place: place, words: words))
  }

  /// The file that a person knows, also when its copy was looked at.
  private func named(_ file: String) -> String {
    file.hasSuffix(".verify") ? String(file.dropLast(7)) : file
  }
}
