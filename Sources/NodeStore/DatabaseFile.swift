// Opens one of the two SQLite files, and checks that its settings are what durability rests on.
internal import Foundation
internal import GRDB

/// One SQLite file, with the only connection that writes and checkpoints it: SQLite before 3.51.3 can corrupt a WAL that
/// two connections reset. SQLite's automatic checkpoint runs on the connection that commits, which is this one, and keeps the
/// WAL near 1,000 pages.
struct DatabaseFile: Sendable {
  /// `PRAGMA synchronous`: when SQLite calls fsync.
  enum Durability: Int, Sendable {
    /// Before a checkpoint. A power loss may take the last commits, never the file's consistency.
    case normal = 1
    /// In every commit.
    case full = 2
  }

  let path: String
  let queue: DatabaseQueue
  private let durability: Durability

  /// WAL is turned on here and not by GRDB, which would set `synchronous=NORMAL` afterwards and write while it holds.
  init(path: String, files: any StoreFiles, durability: Durability) throws(StoreError) {
    self.path = path
    self.durability = durability
    let location = files.databasePath(path)
    queue = try StoreError.mapping(path) {
      var configuration = Configuration()
      configuration.label = (path as NSString).lastPathComponent
      // A person's `sqlite3` may hold the file for a moment.
      configuration.busyMode = .timeout(5)
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
        try database.execute(sql: "PRAGMA journal_mode = WAL")
      }
      return try DatabaseQueue(path: location, configuration: configuration)
    }
    let settings = try read { database in
      (
        synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous"),
        journal: try String.fetchOne(database, sql: "PRAGMA journal_mode")
      )
    }
    guard settings.synchronous == durability.rawValue, settings.journal == "wal" else {
      throw .io(
        file: path,
        detail: "SQLite did not take its settings: synchronous is \(settings.synchronous ?? -1) and must be "
          + "\(durability.rawValue), the journal mode is \(settings.journal ?? "unknown") and must be wal")
    }
  }

  /// Work outside of a transaction.
  func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try StoreError.mapping(path) { try queue.writeWithoutTransaction(work) }
  }

  /// Work in one transaction, committed when this returns.
  func write<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try transaction("BEGIN IMMEDIATE TRANSACTION", work)
  }

  /// All that `work` reads is of one moment.
  func readConsistently<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try transaction("BEGIN DEFERRED TRANSACTION", work)
  }

  /// As GRDB's `inTransaction`, with statements that are compiled once: every batch of the log is a transaction.
  private func transaction<Value>(
    _ begin: String, _ work: (Database) throws -> Value
  ) throws(StoreError) -> Value {
    try read { database in
      try database.cachedStatement(sql: begin).execute()
      do {
        let value = try work(database)
        try database.cachedStatement(sql: "COMMIT TRANSACTION").execute()
        return value
      } catch {
        // SQLite ends some transactions by itself. What cannot be rolled back ends with the connection.
        if database.isInsideTransaction { try? database.rollback() }
        throw error
      }
    }
  }

  /// Work in one transaction that is on stable storage when this returns, whatever the file's durability; and with it every
  /// transaction before, for a sync of the WAL is one of the whole WAL.
  func writeSynced<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try read { try $0.execute(sql: "PRAGMA synchronous = \(Durability.full.rawValue)") }
    let result = Result { () throws(StoreError) in try write(work) }
    try read { try $0.execute(sql: "PRAGMA synchronous = \(durability.rawValue)") }
    return try result.get()
  }

  /// Closes the connection as a process that ends does: nothing is waited for, and a failure is nobody's concern.
  func abandon() {
    try? queue.close()
  }

  /// Copies the WAL into the file, empties it, and closes the connection. When the copy fails the connection is closed all
  /// the same: the next open reads the WAL.
  func close() throws(StoreError) {
    let checkpoint = Result { () throws(StoreError) in
      _ = try read { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }
    try StoreError.mapping(path) { try queue.close() }
    try checkpoint.get()
  }
}
