// Opens one of the two SQLite files, and checks that its settings are what durability rests on.
internal import Foundation
internal import GRDB

/// One SQLite file, with the only connection that writes and checkpoints it: SQLite before 3.51.3 can corrupt a WAL that
/// two connections reset.
///
/// All its pragmas, and why:
/// - `auto_vacuum=INCREMENTAL`, before anything is written: free pages can be returned to the file system in small steps. Full
///   auto-vacuum would do it in every commit; `VACUUM` needs the size of the file again, and holds everything up. It costs one
///   page in about 800.
/// - `synchronous`: `FULL` for the log, which syncs in every commit: an acknowledgment rests on it. `NORMAL` for the state file,
///   which holds what the log can give again; it is synced where the log is compacted (`writeSynced`).
/// - `journal_mode=WAL`: a commit is one sequential write and one sync, and readers hold nobody up. It is turned on here and
///   not by GRDB, which would set `synchronous=NORMAL` afterwards and write while it holds.
/// - `wal_autocheckpoint=0`: SQLite would copy the WAL inside of the commit that makes it long, while a client waits for it, and
///   would ignore that a sync failed. The writers of both files copy it between their transactions.
/// - `journal_size_limit` of the log: what SQLite cuts a WAL to when it begins anew, so that one which a reader had kept long does
///   not stay so; `cell_size_check`: a page that cannot be right is an error when it is read, not garbage.
/// - `busy_timeout` of 5 s: a person's `sqlite3` may hold the file for a moment.
///
/// They are read back after opening, for SQLite says nothing about a pragma that it did not take.
struct DatabaseFile: Sendable {
  /// `PRAGMA synchronous`: when SQLite calls fsync.
  enum Durability: Int, Sendable {
    /// Before a checkpoint. A power loss may take the last commits, never the file's consistency.
    case normal = 1
    /// In every commit.
    case full = 2
  }

  /// `PRAGMA auto_vacuum`.
  static let incrementalVacuum = 2

  let path: String
  let queue: DatabaseQueue
  private let durability: Durability

  init(path: String, files: any StoreFiles, durability: Durability) throws(StoreError) {
    self.path = path
    self.durability = durability
    let location = files.databasePath(path)
    queue = try StoreError.mapping(path) {
      var configuration = Configuration()
      configuration.label = (path as NSString).lastPathComponent
      configuration.busyMode = .timeout(5)
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA auto_vacuum = \(Self.incrementalVacuum)")
        try database.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        StateChecksum.register(in: database)
      }
      return try DatabaseQueue(path: location, configuration: configuration)
    }
    let settings = try read { database in
      (
        synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous"),
        journal: try String.fetchOne(database, sql: "PRAGMA journal_mode"),
        copiesItself: try Int.fetchOne(database, sql: "PRAGMA wal_autocheckpoint")
      )
    }
    guard settings.synchronous == durability.rawValue, settings.journal == "wal",
      settings.copiesItself == 0
    else {
      throw .io(
        file: path,
        detail: "SQLite did not take its settings: synchronous is \(settings.synchronous ?? -1) and must be "
          + "\(durability.rawValue), the journal mode is \(settings.journal ?? "unknown") and must be wal, "
          + "wal_autocheckpoint is \(settings.copiesItself ?? -1) and must be 0")
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
