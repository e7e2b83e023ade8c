// The SQL that keeps the log file small: old batches, free pages, and the WAL.
internal import CBOR
internal import Foundation
internal import GRDB

/// One step of deleting old batches.
struct LogTrim {
  /// Where the log begins now.
  var start: LogStart
  /// The first batch that stays.
  var below: Int64
  var rows: Int
  var bytes: Int
  /// The last batch that is known to be bad.
  var knownBad: Int64?
}

/// What such a step has done.
enum LogTrimmed {
  case deleted(start: LogStart, rows: Int, bytes: Int, LogFileSize)
  /// Nothing, and it cannot be done: why, in words.
  case stopped(String)
}

extension LogFile {
  /// Deletes in the caller's transaction. A batch that cannot be read leaves it as it was.
  func trim(_ trim: LogTrim, _ database: Database) throws -> LogTrimmed {
    var trimmed = LogTrimmed.stopped("")
    do {
      try database.inSavepoint {
        trimmed = try delete(trim, database)
        if case .stopped = trimmed { return .rollback }
        return .commit
      }
    } catch let error as DatabaseError
      where error.resultCode == .SQLITE_CORRUPT && database.isInsideTransaction
    {
      return .stopped("SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")")
    }
    return trimmed
  }

  private func delete(_ trim: LogTrim, _ database: Database) throws -> LogTrimmed {
    var tracks = trim.start.tracks
    let decoder = CBORDecoder()
    let select = try database.cachedStatement(
      sql: "SELECT seq, batch FROM log WHERE seq >= ? AND seq < ? ORDER BY seq")
    let batches = try Row.fetchCursor(select, arguments: [trim.start.first, trim.below])
    var (rows, bytes) = (0, 0)
    while rows < trim.rows, bytes < trim.bytes {
      guard let row = try batches.next() else {
        // What was missing already is known to be.
        tracks.skip(through: trim.below - 1, "it is missing")
        break
      }
      let sequence: Int64 = row[0]
      bytes += try Self.withBlob(row) { blob in
        if let blob {
          tracks.take(blob, sequence: sequence, decoder: decoder) { _, _ in }
        } else {
          tracks.skip(through: sequence, "it is no blob")
        }
        return blob?.count ?? 0
      }
      rows += 1
    }
    if let bad = tracks.lastBad, bad > trim.knownBad ?? 0 {
      return .stopped("batch \(bad) is bad")
    }
    let start = LogStart(tracks)
    try database.cachedStatement(sql: "DELETE FROM log WHERE seq < ?").execute(arguments: [start.first])
    try Self.write(start, database)
    return .deleted(start: start, rows: rows, bytes: bytes, try Self.size(database))
  }

  /// Runs `work` with the bytes of a row's second column, without a copy; nil when it is no blob.
  static func withBlob<Value>(
    _ row: Row, _ work: (UnsafeRawBufferPointer?) throws -> Value
  ) throws -> Value {
    try row.withUnsafeData(atIndex: 1) { data in
      guard let data else { return try work(nil) }
      return try data.withUnsafeBytes(work)
    }
  }

  // MARK: - Where the log begins

  static func createStartTable(_ database: Database) throws {
    try database.execute(
      sql: "CREATE TABLE IF NOT EXISTS log_start(id INTEGER PRIMARY KEY NOT NULL, start BLOB NOT NULL)")
  }

  static func write(_ start: LogStart, _ database: Database) throws {
    try database.cachedStatement(
      sql: "INSERT INTO log_start(id, start) VALUES(0, ?) ON CONFLICT DO UPDATE SET start = excluded.start"
    ).execute(arguments: [Data(start.encoded())])
  }

  /// nil in a file of a version that deleted nothing.
  static func storedStart(_ database: Database, file path: String) throws -> LogStart? {
    guard try database.tableExists("log_start") else { return nil }
    guard let bytes = try Data.fetchOne(database, sql: "SELECT start FROM log_start WHERE id = 0"),
      let start = LogStart(encoded: [UInt8](bytes))
    else {
      throw StoreError.damaged(file: path, detail: "what says where the log begins is missing or bad")
    }
    return start
  }

  // MARK: - The WAL and free pages

  /// Copies as much of the WAL into the file as readers let, and syncs both.
  func copyWAL() throws(StoreError) -> WALCopy {
    try database.read { database in
      guard let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)") else {
        return WALCopy(pages: 0, copied: 0)
      }
      // -1 when somebody else checkpoints at this moment.
      return WALCopy(pages: max(0, row[1]), copied: max(0, row[2]))
    }
  }

  /// Gives at most `pages` free pages back to the file system, in a transaction of its own.
  func vacuum(pages: Int) throws(StoreError) -> LogFileSize {
    try database.read { database in
      try database.execute(sql: "PRAGMA incremental_vacuum(\(pages))")
      return try Self.size(database)
    }
  }

  func size() throws(StoreError) -> LogFileSize {
    try database.read(Self.size)
  }

  private static func size(_ database: Database) throws -> LogFileSize {
    LogFileSize(
      pages: try Int.fetchOne(database.cachedStatement(sql: "PRAGMA page_count")) ?? 0,
      freePages: try Int.fetchOne(database.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0)
  }
}
