// The SQL of reading a part of a partition: its own tables, single actors, the oldest rows of a type.
internal import GRDB

/// Reads on any connection to the state file.
struct ActorRowReader {
  /// For errors.
  let path: String

  /// The partition's own tables, whose types begin with `$`, without `skipped`. Sorted by their keys.
  func tables(of partition: PartitionID, skipping skipped: String?, _ database: Database) throws -> [ActorRow]
  {
    // `%` follows `$`.
    try rows(
      database,
      "partition = ? AND actor_type >= '$' AND actor_type < '%' AND actor_type <> ? ORDER BY actor_type, actor_id, row_key",
      [Int64(partition.rawValue), skipped ?? ""], partition)
  }

  /// Every row of an actor, sorted by row key.
  func rows(of actor: ActorName, in partition: PartitionID, _ database: Database) throws -> [ActorRow] {
    try rows(
      database, "partition = ? AND actor_type = ? AND actor_id = ? ORDER BY row_key",
      [Int64(partition.rawValue), actor.actorType, actor.actorID], partition)
  }

  /// Rows of one type whose actor ids are in a range, in order of those.
  func oldest(
    ofType type: String, in range: Range<String>, limit: Int, of partition: PartitionID, _ database: Database
  ) throws -> [ActorRow] {
    try rows(
      database,
      "partition = ? AND actor_type = ? AND actor_id >= ? AND actor_id < ? ORDER BY actor_id, row_key LIMIT ?",
      [Int64(partition.rawValue), type, range.lowerBound, range.upperBound, Int64(clamping: limit)], partition
    )
  }

  /// The same of several ranges, in their order.
  func oldest(
    ofType type: String, in ranges: [Range<String>], limit: Int, of partition: PartitionID,
    _ database: Database
  ) throws -> [ActorRow] {
    try ranges.reduce(into: []) { found, range in
      let room = limit - found.count
      if room > 0 { found += try oldest(ofType: type, in: range, limit: room, of: partition, database) }
    }
  }

  private func rows(
    _ database: Database, _ condition: String, _ arguments: StatementArguments, _ partition: PartitionID
  ) throws -> [ActorRow] {
    let statement = try database.cachedStatement(
      sql: "SELECT \(StateFile.rowColumns) FROM actor_row WHERE \(condition)")
    let cursor = try Row.fetchCursor(statement, arguments: arguments)
    var found: [ActorRow] = []
    while let row = try cursor.next() {
      found.append(try StateFile.actorRow(row, of: partition, file: path))
    }
    return found
  }
}

extension StateFile {
  /// The latest checkpoint without the rows of actors.
  func loadTables(_ partition: PartitionID, skipping skipped: String?) throws(StoreError) -> LoadedPartition {
    let reader = ActorRowReader(path: path)
    return try database.readConsistently { database in
      try checkCheckpoint(of: partition, database)
      return LoadedPartition(
        appliedIndex: UInt64(try Self.appliedIndex(database, partition: Int64(partition.rawValue))),
        rows: try reader.tables(of: partition, skipping: skipped, database))
    }
  }

  func oldestRows(
    ofType type: String, in ranges: [Range<String>], limit: Int, of partition: PartitionID
  ) throws(StoreError) -> [ActorRow] {
    let reader = ActorRowReader(path: path)
    return try database.readConsistently { database in
      try reader.oldest(ofType: type, in: ranges, limit: limit, of: partition, database)
    }
  }

  func loadActors(_ actors: [ActorName], of partition: PartitionID) throws(StoreError) -> [LoadedActor] {
    let reader = ActorRowReader(path: path)
    return try database.readConsistently { database in
      try actors.map { LoadedActor(name: $0, rows: try reader.rows(of: $0, in: partition, database)) }
    }
  }
}
