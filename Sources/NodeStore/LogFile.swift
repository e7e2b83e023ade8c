// The SQL of the log file: its table, its replay, and the insert of one batch.
internal import Foundation
internal import GRDB

/// What one transaction of the log file does.
struct LogCommit {
  var blob: [UInt8]?
  /// Of the blob.
  var sequence: Int64
  /// The log's standing is sound from here on.
  var confirms = false
  var rows: [LogRow] = []
  /// Where the log begins, when that names a new partition.
  var begin: LogStart?
  var trim: LogTrim?

  var isEmpty: Bool { blob == nil && !confirms && rows.isEmpty && trim == nil }
  var onlyTrims: Bool { blob == nil && !confirms && rows.isEmpty }
}

/// `log.db`: a table of batches that grows at its end and is deleted from its beginning, `synchronous=FULL`.
struct LogFile: Sendable {
  /// What SQLite cuts a WAL to when it begins anew: one that a reader had kept long does not stay so.
  private static let longestWAL = 64 << 20

  let database: DatabaseFile

  var path: String { database.path }

  init(
    path: String, files: any StoreFiles, identity: StoreIdentity, durability: DatabaseFile.Durability,
    assignedAbove floor: UInt64? = nil
  ) throws(StoreError) {
    database = try DatabaseFile(path: path, files: files, durability: durability)
    try StoreMigrations.log.run(on: database, identity: identity)
    try database.read { database in
      try database.execute(sql: "PRAGMA journal_size_limit = \(Self.longestWAL)")
      // A page that cannot be right is an error when it is read, not garbage.
      try database.execute(sql: "PRAGMA cell_size_check = ON")
    }
    try database.write { database in
      var meta = try FileMeta(database, file: path, identity: identity)
      if meta.isNew { try LogStanding.unconfirmedNew.write(database) }
      try database.execute(
        sql: "CREATE TABLE IF NOT EXISTS log(seq INTEGER PRIMARY KEY NOT NULL, batch BLOB NOT NULL)")
      try Self.prepareMemory(database, &meta, assignedAbove: floor)
    }
  }

  /// Reads every batch, one at a time.
  /// - Throws: `StoreError.damaged` when nothing can be said of what is missing: the file does not say where it begins or ends,
  ///   or is of a version that did not keep which partitions there are.
  func replay() throws(StoreError) -> LogReplay {
    try database.read { try Self.replay($0, file: path) }
  }

  /// The same on any connection.
  /// - Parameter progress: told how many batches were read, now and then.
  static func replay(
    _ database: Database, file path: String, progress: (_ batches: Int) -> Void = { _ in }
  ) throws -> LogReplay {
    let stored = try storedStart(database, file: path)
    var replay = LogReplay(start: stored ?? LogStart())
    while true {
      do {
        try read(into: &replay, database, file: path, progress)
        break
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
        let resumed = try skipUnreadable(&replay, error, database)
        if !resumed { break }
      }
    }
    replay.finish()
    if stored == nil, replay.tracks.lastBad != nil || !replay.damaged.isEmpty {
      let detail = replay.damaged.min { $0.key < $1.key }?.value
      throw StoreError.damaged(file: path, detail: detail ?? "its first batch is bad")
    }
    return replay
  }

  private static func read(
    into replay: inout LogReplay, _ database: Database, file path: String, _ progress: (Int) -> Void
  ) throws {
    var count = 0
    let rows = try Row.fetchCursor(
      database, sql: "SELECT seq, batch FROM log WHERE seq >= ? ORDER BY seq",
      arguments: [replay.tracks.next])
    while let row = try rows.next() {
      let sequence: Int64 = row[0]
      guard sequence < Int64.max / 2 else {
        throw StoreError.damaged(file: path, detail: "it has a batch with the number \(sequence)")
      }
      count += 1
      if count % 256 == 0 { progress(count) }
      try withBlob(row) { blob in
        if let blob {
          replay.take(blob, sequence: sequence)
        } else {
          replay.skip(through: sequence, "it is no blob")
        }
      }
    }
  }

  /// Passes over the batches that SQLite cannot read.
  /// - Returns: whether there are any after them.
  private static func skipUnreadable(
    _ replay: inout LogReplay, _ error: DatabaseError, _ database: Database
  ) throws -> Bool {
    let words =
      "SQLite cannot read it (\(error.extendedResultCode.rawValue): \(error.message ?? "no message"))"
    guard let last = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM log"), last >= replay.tracks.next
    else { throw error }
    func canRead(from sequence: Int64) throws -> Bool {
      do {
        return try Row.fetchOne(
          database, sql: "SELECT seq, batch FROM log WHERE seq >= ? ORDER BY seq LIMIT 1",
          arguments: [sequence])
          != nil
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
        return false
      }
    }
    // A page holds many batches: first in ever longer steps, then back by halves.
    var (bad, step) = (replay.tracks.next, Int64(1))
    var good: Int64?
    while good == nil, bad < last {
      let next = min(last, bad + step)
      if try canRead(from: next) { good = next } else { bad = next }
      step *= 2
    }
    guard var good else {
      replay.skip(through: last, words)
      return false
    }
    while good - bad > 1 {
      let middle = bad + (good - bad) / 2
      if try canRead(from: middle) { good = middle } else { bad = middle }
    }
    replay.skip(through: good - 1, words)
    return true
  }

  func incarnation(identity: StoreIdentity) throws(StoreError) -> UInt64 {
    try database.read { try FileMeta($0, file: path, identity: identity).incarnation }
  }

  /// Commits a higher incarnation and what is known of the log's end and of its beginning; on stable storage when this returns.
  /// - Returns: the standing, which a start before this one may have left.
  func start(
    incarnation: UInt64, cut: LogCut, begin: LogStart, boot: String, identity: StoreIdentity
  ) throws(StoreError) -> LogStanding {
    try database.write { database in
      var meta = try FileMeta(database, file: path, identity: identity)
      try meta.setIncarnation(incarnation, database)
      try Self.createStartTable(database)
      try Self.write(begin, database)
      var standing = try LogStanding(database)
      let lastBoot = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'boot'")
      try database.execute(
        sql:
          "INSERT INTO meta(key, value) VALUES('boot', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        arguments: [boot])
      // Also over `unconfirmedNew`: what is gone may have been acknowledged all the same.
      if cut.isDoubtful(machineLivedOn: !boot.isEmpty && boot == lastBoot), standing != .unconfirmedCut {
        standing = .unconfirmedCut
        try standing.write(database)
      }
      return standing
    }
  }

  /// Commits it in one transaction; on stable storage when this returns.
  func commit(_ commit: LogCommit, beforeCommit: StoreFaults.Hook) throws(StoreError) -> LogTrimmed? {
    try database.write { database in
      if let blob = commit.blob {
        let insert = try database.cachedStatement(sql: "INSERT INTO log(seq, batch) VALUES(?, ?)")
        try insert.execute(arguments: [commit.sequence, Data(blob)])
      }
      if commit.confirms { try LogStanding.sound.write(database) }
      for row in commit.rows { try row.write(database) }
      if let begin = commit.begin { try Self.write(begin, database) }
      let trimmed = try commit.trim.map { try trim($0, database) }
      try beforeCommit()
      return trimmed
    }
  }

  /// `PRAGMA synchronous` as SQLite has it now.
  func synchronous() throws(StoreError) -> Int {
    try database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
  }

  func close() throws(StoreError) {
    try database.close()
  }

  func abandon() {
    database.abandon()
  }
}
