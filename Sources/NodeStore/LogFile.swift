// The SQL of the log file: its table, its replay, and the insert of one batch.
internal import Foundation
internal import GRDB

/// `log.db`: an append-only table of batches, `synchronous=FULL`.
struct LogFile: Sendable {
  let database: DatabaseFile

  var path: String { database.path }

  init(
    path: String, files: any StoreFiles, identity: StoreIdentity, durability: DatabaseFile.Durability,
    assignedAbove floor: UInt64? = nil
  ) throws(StoreError) {
    database = try DatabaseFile(path: path, files: files, durability: durability)
    try StoreMigrations.log.run(on: database, identity: identity)
    try database.write { database in
      var meta = try FileMeta(database, file: path, identity: identity)
      if meta.isNew { try LogStanding.unconfirmedNew.write(database) }
      try database.execute(
        sql: "CREATE TABLE IF NOT EXISTS log(seq INTEGER PRIMARY KEY NOT NULL, batch BLOB NOT NULL)")
      try Self.prepareMemory(database, &meta, assignedAbove: floor)
    }
  }

  func replay() throws(StoreError) -> LogReplay {
    try database.read { database in
      var replay = LogReplay(file: path)
      let rows = try Row.fetchCursor(database, sql: "SELECT seq, batch FROM log ORDER BY seq")
      while let row = try rows.next() {
        let sequence: Int64 = row[0]
        guard let blob = Data.fromDatabaseValue(row[1]) else {
          throw StoreError.damaged(file: path, detail: "batch \(sequence) is no blob")
        }
        try replay.take([UInt8](blob), sequence: sequence)
      }
      return replay
    }
  }

  func incarnation(identity: StoreIdentity) throws(StoreError) -> UInt64 {
    try database.read { try FileMeta($0, file: path, identity: identity).incarnation }
  }

  /// Commits a higher incarnation and what is known of the log's end; on stable storage when this returns.
  /// - Returns: the standing, which a start before this one may have left.
  func start(
    incarnation: UInt64, cut: LogCut, boot: String, identity: StoreIdentity
  ) throws(StoreError) -> LogStanding {
    try database.write { database in
      var meta = try FileMeta(database, file: path, identity: identity)
      try meta.setIncarnation(incarnation, database)
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

  /// Commits one batch, a confirmation of the log's standing, rows, or all of them; on stable storage when this returns.
  func append(
    _ blob: [UInt8]?, sequence: Int64, confirms: Bool, rows: [LogRow], beforeCommit: StoreFaults.Hook
  ) throws(StoreError) {
    try database.write { database in
      if let blob {
        let insert = try database.cachedStatement(sql: "INSERT INTO log(seq, batch) VALUES(?, ?)")
        try insert.execute(arguments: [sequence, Data(blob)])
      }
      if confirms { try LogStanding.sound.write(database) }
      for row in rows { try row.write(database) }
      try beforeCommit()
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
