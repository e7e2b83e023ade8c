// A copy of the state file in the making: SQLite's backup API, a step at a time, between the writer's other work.
internal import Foundation
internal import GRDB
internal import GRDBSQLite

/// Steps run on the state writer's queue, over the connection that writes: SQLite brings what the copy has already up to date
/// in every commit of that connection, and would begin anew after one of another. So the copy is of the moment of its last
/// step, and commits never wait for more than a step.
struct BackupCopy {
  /// 1 MiB.
  private static let pagesPerStep: Int32 = 256

  /// How far it is; the whole may grow meanwhile.
  struct Progress: Sendable {
    var pages: Int
    var total: Int
    var isDone: Bool
  }

  private let source: DatabaseFile
  private let target: DatabaseQueue
  private let file: String
  private var handle: OpaquePointer?

  /// - Parameter file: an empty file, or a missing one.
  init(of source: DatabaseFile, to file: String, files: any StoreFiles) throws(StoreError) {
    self.source = source
    self.file = file
    let location = files.databasePath(file)
    let target = try StoreError.mapping(file) {
      var configuration = Configuration()
      configuration.prepareDatabase { database in
        // The file has its name when it is whole and synced: until then it needs neither a journal nor syncs.
        try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        StateChecksum.register(in: database)
      }
      return try DatabaseQueue(path: location, configuration: configuration)
    }
    self.target = target
    handle = try source.read { from in
      try target.writeWithoutTransaction { to in
        guard let handle = sqlite3_backup_init(to.sqliteConnection, "main", from.sqliteConnection, "main")
        else {
          throw DatabaseError(resultCode: to.lastErrorCode, message: to.lastErrorMessage)
        }
        return handle
      }
    }
  }

  mutating func step() throws(StoreError) -> Progress {
    guard let handle else { return Progress(pages: 0, total: 0, isDone: true) }
    let code = try onBoth { sqlite3_backup_step(handle, Self.pagesPerStep) }
    let total = Int(sqlite3_backup_pagecount(handle))
    let progress = Progress(
      pages: total - Int(sqlite3_backup_remaining(handle)), total: total, isDone: code == SQLITE_DONE)
    guard code == SQLITE_OK || code == SQLITE_DONE else {
      throw StoreError(DatabaseError(resultCode: ResultCode(rawValue: code)), file: file)
    }
    if progress.isDone { try end() }
    return progress
  }

  /// Lets go of the source. No harm when it was done before.
  mutating func end() throws(StoreError) {
    guard let handle = handle.take() else { return }
    let code = try onBoth { sqlite3_backup_finish(handle) }
    guard code == SQLITE_OK else {
      throw StoreError(DatabaseError(resultCode: ResultCode(rawValue: code)), file: file)
    }
  }

  /// A connection may be used by one thread at a time.
  private func onBoth(_ work: () -> Int32) throws(StoreError) -> Int32 {
    try source.read { _ in target.unsafeReentrantWrite { _ in work() } }
  }

  /// Has the copy say what it is and makes it one file that opens read-only. Needs the source no more.
  func finish() throws(StoreError) -> BackupDescription {
    let (target, file) = (target, file)
    return try StoreError.mapping(file) {
      defer { try? target.close() }
      return try target.writeWithoutTransaction { database in
        database.clearSchemaCache()
        let description = try BackupDescription(of: database, file: file)
        try description.write(database)
        try database.execute(sql: "PRAGMA journal_mode = DELETE")
        return description
      }
    }
  }

  func close() {
    try? target.close()
  }
}
