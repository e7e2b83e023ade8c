// The SQL of the state file: checkpoints and loads of actor rows.
internal import Foundation
internal import GRDB
internal import Synchronization

/// `state.db`: committed entries only, `synchronous=NORMAL`. What the log still holds can be rebuilt from it; before the log is
/// compacted, and when a snapshot is installed, the file is synced.
final class StateFile: Sendable {
  /// Tables that no read model may be named like; lowercase.
  static let ownTables = [
    "meta", "actor_row", "partition_checkpoint", "partition_snapshot", "partition_replica",
  ]

  let readModels: ReadModelSQL
  let database: DatabaseFile
  let directory: DataDirectory
  let writes = Mutex(StateWrites())
  /// What a person should know about how the file was found.
  let openNotes: [String]

  var path: String { database.path }

  init(
    _ directory: DataDirectory, identity: StoreIdentity, readModels tables: [ReadModelTable]
  ) throws(StoreError) {
    try ReadModelTable.validate(tables)
    readModels = ReadModelSQL(tables)
    self.directory = directory
    let path = directory.stateFile
    database = try DatabaseFile(path: path, files: directory.files, durability: .normal)
    let migrated = try StoreMigrations.state.run(on: database, identity: identity)
    openNotes = migrated.map { [$0] } ?? []
    try database.write { database in
      _ = try FileMeta(database, file: path, identity: identity)
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS actor_row(
            partition INTEGER NOT NULL, actor_type TEXT NOT NULL, actor_id TEXT NOT NULL, row_key TEXT NOT NULL,
            log_index INTEGER NOT NULL, value BLOB NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY(partition, actor_type, actor_id, row_key)) WITHOUT ROWID;
          CREATE TABLE IF NOT EXISTS partition_checkpoint(
            partition INTEGER PRIMARY KEY NOT NULL, log_index INTEGER NOT NULL, checksum INTEGER NOT NULL);
          """)
      try Self.createSnapshotTable(database)
      try Self.createReplicaTable(database)
      try readModels.createTables(database)
    }
  }

  func incarnation(identity: StoreIdentity) throws(StoreError) -> UInt64 {
    try database.read { try FileMeta($0, file: path, identity: identity).incarnation }
  }

  func setIncarnation(_ incarnation: UInt64, identity: StoreIdentity) throws(StoreError) {
    try database.write { database in
      var meta = try FileMeta(database, file: path, identity: identity)
      try meta.setIncarnation(incarnation, database)
    }
  }

  /// Writes all of a checkpoint or nothing.
  func write(_ checkpoint: PartitionCheckpoint, beforeCommit: StoreFaults.Hook) throws(StoreError) {
    let partition = Int64(checkpoint.partition.rawValue)
    let appliedIndex = try Self.integer(checkpoint.appliedIndex)
    let deletes = checkpoint.deletes.count + checkpoint.deletedActors.count
    let count = checkpoint.puts.count + deletes + checkpoint.readModel.count
    try write(rows: count, bytes: Self.bytes(checkpoint.puts)) { database in
      let stored = try Self.appliedIndex(database, partition: partition)
      guard appliedIndex >= stored else {
        throw StoreError.invalidRequest(
          detail: "\(checkpoint.partition): a checkpoint at \(appliedIndex) after one at \(stored)")
      }
      for actor in checkpoint.deletedActors {
        try deleteRows(of: actor, partition: partition, database)
      }
      let delete = try database.cachedStatement(
        sql: "DELETE FROM actor_row WHERE partition = ? AND actor_type = ? AND actor_id = ? AND row_key = ?")
      for key in checkpoint.deletes {
        try delete.execute(arguments: [partition, key.actorType, key.actorID, key.rowKey])
      }
      if !checkpoint.deletes.isEmpty { writes.withLock { $0.hasDeleted = true } }
      for row in checkpoint.puts {
        try Self.put(row, partition: partition, database)
      }
      for change in checkpoint.readModel {
        try readModels.apply(change, partition: partition, index: appliedIndex, database)
      }
      try Self.advance(database, partition: partition, to: appliedIndex)
      try beforeCommit()
    }
  }

  /// - Throws: also `.damaged`, when a row is not what was written.
  func load(_ partition: PartitionID) throws(StoreError) -> LoadedPartition {
    let number = Int64(partition.rawValue)
    return try database.readConsistently { database in
      try checkCheckpoint(of: partition, database)
      return LoadedPartition(
        appliedIndex: UInt64(try Self.appliedIndex(database, partition: number)),
        rows: try rows(of: partition, database))
    }
  }

  /// Sorted by their keys.
  func rows(of partition: PartitionID, _ database: Database) throws -> [ActorRow] {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT \(Self.rowColumns) FROM actor_row WHERE partition = ?
        ORDER BY actor_type, actor_id, row_key
        """,
      arguments: [Int64(partition.rawValue)])
    var found: [ActorRow] = []
    while let row = try rows.next() {
      found.append(try actorRow(row, of: partition))
    }
    return found
  }

  /// Every partition that has a checkpoint, with its applied index. One that is not what was written counts as none: a log
  /// must not be compacted because of it, and the partition's load says what is wrong.
  func checkpoints() throws(StoreError) -> [PartitionID: UInt64] {
    try database.read { database in
      var found: [PartitionID: UInt64] = [:]
      let rows = try Row.fetchCursor(
        database, sql: "SELECT partition, log_index, checksum FROM partition_checkpoint")
      while let row = try rows.next() {
        guard let number = Int64.fromDatabaseValue(row[0]), let partition = UInt32(exactly: number),
          let index = Int64.fromDatabaseValue(row[1]),
          Int64.fromDatabaseValue(row[2]) == StateChecksum.checkpoint(partition: number, index: index)
        else { continue }
        found[PartitionID(rawValue: partition)] = UInt64(clamping: index)
      }
      return found
    }
  }

  func close() throws(StoreError) {
    try database.close()
  }

  func abandon() {
    database.abandon()
  }

  static func bytes(_ rows: [ActorRow]) -> Int {
    rows.reduce(0) { $0 + $1.value.count }
  }

  static func put(_ row: ActorRow, partition: Int64, _ database: Database) throws {
    // An empty `Data` is bound as NULL: hence the coalesce.
    let put = try database.cachedStatement(
      sql: """
        INSERT INTO actor_row(partition, actor_type, actor_id, row_key, log_index, value, checksum)
        VALUES(?, ?, ?, ?, ?, coalesce(?, x''), ?)
        ON CONFLICT DO UPDATE SET
          log_index = excluded.log_index, value = excluded.value, checksum = excluded.checksum
        """)
    let index = try integer(row.index)
    let checksum = StateChecksum.actorRow(row, partition: partition, index: index)
    try put.execute(
      arguments: [
        partition, row.actorType, row.actorID, row.rowKey, index, Data(row.value), checksum,
      ])
  }

  static func advance(_ database: Database, partition: Int64, to index: Int64) throws {
    let advance = try database.cachedStatement(
      sql: """
        INSERT INTO partition_checkpoint(partition, log_index, checksum) VALUES(?, ?, ?)
        ON CONFLICT DO UPDATE SET log_index = excluded.log_index, checksum = excluded.checksum
        """)
    let checksum = StateChecksum.checkpoint(partition: partition, index: index)
    try advance.execute(arguments: [partition, index, checksum])
  }

  static func appliedIndex(_ database: Database, partition: Int64) throws -> Int64 {
    let select = try database.cachedStatement(
      sql: "SELECT log_index FROM partition_checkpoint WHERE partition = ?")
    return try Int64.fetchOne(select, arguments: [partition]) ?? 0
  }

  static func integer(_ index: UInt64) throws(StoreError) -> Int64 {
    guard let integer = Int64(exactly: index) else {
      throw .invalidRequest(detail: "the log index \(index) is too large")
    }
    return integer
  }
}
