// The formats of both files, and how a file of an older version becomes one of this version: one list, forward only.
internal import GRDB

/// Brings a file that is there to the newest format, before anything else uses it.
///
/// A step runs in one transaction with the change of `meta.format`, so that it is done or not begun whenever the machine
/// stops. What SQLite does not allow inside of a transaction comes before it and can be repeated. A file of another node, of
/// a newer version, or with no `meta` is left as it is: `FileMeta` says what is wrong with it. Formats:
/// - 1: the first.
/// - 2: `auto_vacuum=INCREMENTAL`, so that space can be returned in small steps; every row of the state file has a checksum.
///
/// The golden files of the tests are one pair for each format. A format that was released is never changed.
struct StoreMigrations: Sendable {
  /// One format's way to the next.
  struct Step: Sendable {
    /// The format that this step makes; it begins with the one before.
    var format: Int
    /// What SQLite does outside of transactions only. Repeated after a crash.
    var prepare: @Sendable (Database) throws -> Void
    var migrate: @Sendable (Database) throws -> Void
  }

  var steps: [Step]

  /// `log.db`.
  static let log = StoreMigrations(steps: [
    Step(format: 2, prepare: makeIncremental, migrate: { _ in })
  ])

  /// `state.db`.
  static let state = StoreMigrations(steps: [
    Step(format: 2, prepare: makeIncremental, migrate: addChecksums)
  ])

  /// - Returns: words about what was done; nil when the file is new or has the newest format.
  /// - Throws: what keeps the file from being read, or `.diskFull`: a migration may need as much room again as the file has.
  @discardableResult
  func run(on file: DatabaseFile, identity: StoreIdentity) throws(StoreError) -> String? {
    let found = try file.read { database -> Int? in
      guard try database.tableExists("meta") else { return nil }
      return try FileMeta(database, file: file.path, identity: identity).format
    }
    guard let found else { return nil }
    var format = found
    for step in steps where step.format > format {
      try file.read { try step.prepare($0) }
      try file.writeSynced { database in
        try step.migrate(database)
        try database.execute(
          sql: "UPDATE meta SET value = ? WHERE key = 'format'", arguments: [String(step.format)])
      }
      format = step.format
    }
    guard format > found else { return nil }
    // A big step leaves a big WAL, which the next checkpoint of the writer would have to copy at once.
    try file.read { _ = try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    return "\(file.path): its format \(found) was changed to \(format)"
  }

  /// Only `VACUUM` gives an old file the pages that free ones are found by.
  private static let makeIncremental: @Sendable (Database) throws -> Void = { database in
    guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") != DatabaseFile.incrementalVacuum else {
      return
    }
    try database.execute(sql: "PRAGMA auto_vacuum = \(DatabaseFile.incrementalVacuum)")
    try database.execute(sql: "VACUUM")
  }

  private static let addChecksums: @Sendable (Database) throws -> Void = { database in
    let calls = [
      "actor_row": "actor_row_checksum(partition, actor_type, actor_id, row_key, log_index, value)",
      "partition_checkpoint": "checkpoint_checksum(partition, log_index)",
      "partition_snapshot": "marker_checksum(partition, log_index, log_term, membership)",
    ]
    // The first versions of format 1 had no table of snapshots: it is made with its checksum.
    for (table, call) in calls.sorted(by: { $0.key < $1.key }) where try database.tableExists(table) {
      try database.execute(
        sql: """
          ALTER TABLE \(table) ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
          UPDATE \(table) SET checksum = \(call);
          """)
    }
    for table in try ReadModelSQL.tableNames(in: database) {
      let columns = try database.columns(in: table).map(\.name)
      guard !columns.contains(StateChecksum.readModelColumn) else { continue }
      try database.execute(
        sql: """
          ALTER TABLE "\(table)" ADD COLUMN \(StateChecksum.readModelColumn) INTEGER;
          UPDATE "\(table)" SET \(StateChecksum.readModelColumn) = \(StateChecksum.readModelCall(columns: columns));
          """)
    }
  }
}
