// The SQL of reading a part of a partition: its own tables, single actors, the oldest rows of a type.
package import GRDB

/// Reads on any connection to the state file.
package struct ActorRowReader {
  /// For errors.
  let path: String

  package init(path: String) {
    self.path = path
  }

  /// The partition's own tables, whose types begin with `$`, without `skipped`. Sorted by their keys.
  package func tables(
    of partition: PartitionID, skipping skipped: String?, _ database: Database
  ) throws -> [ActorRow] {
    // `%` follows `$`. What is skipped may have millions of rows: it is passed over, not filtered out.
    let ranges = skipped.map {
      [("actor_type >= ? AND actor_type < ?", ["$", $0]), ("actor_type > ? AND actor_type < ?", [$0, "%"])]
    }
    return try (ranges ?? [("actor_type >= ? AND actor_type < ?", ["$", "%"])]).flatMap { range, bounds in
      try rows(
        database, "partition = ? AND \(range) ORDER BY actor_type, actor_id, row_key",
        [Int64(partition.rawValue)] + StatementArguments(bounds), partition)
    }
  }

  /// Every row of an actor, sorted by row key.
  func rows(of actor: ActorName, in partition: PartitionID, _ database: Database) throws -> [ActorRow] {
    let key: StatementArguments = [Int64(partition.rawValue), actor.actorType, actor.actorID]
    let place = "actor \(actor.actorType)/\(actor.actorID)"
    let found = try rows(
      database, "partition = ? AND actor_type = ? AND actor_id = ? ORDER BY row_key", key, partition)
    guard found.allSatisfy({ $0.actorType == actor.actorType && $0.actorID == actor.actorID }) else {
      throw StoreError.damaged(file: path, detail: "among the rows of \(place) are others")
    }
    let own = [String(partition.rawValue), actor.actorType, actor.actorID]
    for isBefore in [true, false] {
      let condition = "(partition, actor_type, actor_id) \(isBefore ? "<" : ">") (?, ?, ?)"
      try checkNeighbors(database, condition, key, isBefore: isBefore, of: place) { $0 != own }
    }
    return found
  }

  /// After all rows of a partition were deleted: that none was passed over.
  func checkGone(_ partition: PartitionID, _ database: Database) throws {
    let key: StatementArguments = [Int64(partition.rawValue)]
    for isBefore in [true, false] {
      let condition = "partition \(isBefore ? "<=" : ">=") ?"
      try checkNeighbors(database, condition, key, isBefore: isBefore, of: "\(partition)") {
        $0[0] != String(partition.rawValue)
      }
    }
  }

  /// SQLite finds rows by their keys and places, and these may be what is damaged: a row is then not found, or ends a search too
  /// early, as if there were none. But where the search ends, the next rows have a wrong checksum or are out of order.
  /// - Parameter isOther: what the key of a neighbor (partition, type, id) must be.
  private func checkNeighbors(
    _ database: Database, _ condition: String, _ key: StatementArguments, isBefore: Bool, of place: String,
    isOther: ([String]) -> Bool
  ) throws {
    let order = isBefore ? " DESC" : ""
    let columns = ["partition", "actor_type", "actor_id", "row_key"].map { $0 + order }
    let statement = try database.cachedStatement(
      sql: """
        SELECT \(StateFile.rowColumns), partition FROM actor_row WHERE \(condition)
        ORDER BY \(columns.joined(separator: ", ")) LIMIT 2
        """)
    var last: (partition: UInt32, row: ActorRow)?
    let cursor = try Row.fetchCursor(statement, arguments: key)
    while let row = try cursor.next() {
      guard let partition = Int64.fromDatabaseValue(row[6]).flatMap(UInt32.init(exactly:)) else {
        throw StoreError.damaged(file: path, detail: "beside \(place): a row of no partition")
      }
      let found: ActorRow
      do throws(StoreError) {
        found = try StateFile.actorRow(row, of: PartitionID(rawValue: partition), file: path)
      } catch {
        guard case .damaged(let file, let detail) = error else { throw error }
        throw StoreError.damaged(file: file, detail: "beside \(place): \(detail)")
      }
      let next = (partition: partition, row: found)
      let isOrdered =
        last.map { isBefore ? Self.precedes(next, $0) : Self.precedes($0, next) }
        ?? isOther([String(partition), found.actorType, found.actorID])
      guard isOrdered else {
        throw StoreError.damaged(file: path, detail: "beside \(place): rows are out of order")
      }
      last = next
    }
  }

  /// As SQLite orders them.
  private static func precedes(
    _ first: (partition: UInt32, row: ActorRow), _ second: (partition: UInt32, row: ActorRow)
  ) -> Bool {
    if first.partition != second.partition { return first.partition < second.partition }
    for column in [\ActorRow.actorType, \.actorID, \.rowKey] {
      let (one, other) = (first.row[keyPath: column].utf8, second.row[keyPath: column].utf8)
      if !one.elementsEqual(other) { return one.lexicographicallyPrecedes(other) }
    }
    return false
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
