// The SQL of read-model tables: creating, widening, writing. Names were validated before they come here.
internal import GRDB

/// Writes changes of declared tables.
struct ReadModelSQL: Sendable {
  private let tables: [String: ReadModelTable]
  private let order: [String]

  init(_ tables: [ReadModelTable]) {
    self.tables = Dictionary(tables.map { ($0.name, $0) }) { first, _ in first }
    order = tables.map(\.name)
  }

  /// Creates what is missing, whole tables and single columns.
  func createTables(_ database: Database) throws {
    for table in order.compactMap({ tables[$0] }) {
      let columns = table.columns.map { "\"\($0.name)\" \($0.kind.rawValue), " }.joined()
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS "\(table.name)"("\(table.keyColumn)" TEXT PRIMARY KEY NOT NULL, \(columns)
            \(ReadModelTable.partitionColumn) INTEGER NOT NULL, \(ReadModelTable.indexColumn) INTEGER NOT NULL,
            \(StateChecksum.readModelColumn) INTEGER)
          """)
      try widen(table, database)
    }
  }

  private func widen(_ table: ReadModelTable, _ database: Database) throws {
    let existing = try database.columns(in: table.name)
    func kind(of name: String) -> String? {
      existing.first { $0.name.lowercased() == name.lowercased() }?.type
    }
    guard
      existing.contains(where: {
        $0.name.lowercased() == table.keyColumn.lowercased() && $0.primaryKeyIndex == 1
      })
    else {
      throw StoreError.invalidReadModel(
        table: table.name, detail: "the existing table's key column is not \"\(table.keyColumn)\"")
    }
    for column in table.columns {
      switch kind(of: column.name) {
      case nil:
        try database.execute(
          sql: "ALTER TABLE \"\(table.name)\" ADD COLUMN \"\(column.name)\" \(column.kind.rawValue)")
      case column.kind.rawValue:
        break
      case .some(let other):
        throw StoreError.invalidReadModel(
          table: table.name,
          detail: "the existing column \"\(column.name)\" is \(other), not \(column.kind.rawValue)")
      }
    }
  }

  func apply(_ change: ReadModelChange, partition: Int64, index: Int64, _ database: Database) throws {
    guard let table = tables[change.table] else {
      throw StoreError.invalidRequest(
        detail: "a change of the read model \"\(change.table)\", which nobody declared")
    }
    guard let values = change.columns else {
      try database.cachedStatement(sql: "DELETE FROM \"\(table.name)\" WHERE \"\(table.keyColumn)\" = ?")
        .execute(arguments: [change.key])
      return
    }
    let named = table.columns.filter { values[$0.name] != nil }
    guard named.count == values.count else {
      let unknown = values.keys.filter { name in !table.columns.contains { $0.name == name } }.sorted()
      throw StoreError.invalidRequest(detail: "read model \"\(table.name)\" has no column \(unknown)")
    }
    var arguments: [any DatabaseValueConvertible] = [change.key]
    for column in named {
      let value = values[column.name] ?? .null
      guard column.kind.accepts(value) else {
        throw StoreError.invalidRequest(
          detail:
            "column \"\(column.name)\" of read model \"\(table.name)\" is \(column.kind.rawValue), not \(value)"
        )
      }
      arguments.append(value.databaseValue)
    }
    arguments += [partition, index]
    try database.cachedStatement(sql: Self.upsert(table, named)).execute(
      arguments: StatementArguments(arguments))
    // Over all columns as they are now: the change may name only some, and an older version may know fewer.
    let columns = try database.columns(in: table.name).map(\.name)
    try database.cachedStatement(
      sql: """
        UPDATE "\(table.name)" SET \(StateChecksum.readModelColumn) = \(StateChecksum.readModelCall(columns: columns))
        WHERE "\(table.keyColumn)" = ?
        """
    ).execute(arguments: [change.key])
  }

  /// Every read model that the file has, declared or not; sorted.
  static func tableNames(in database: Database) throws -> [String] {
    try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .filter {
        name in
        guard !StateFile.ownTables.contains(name), !name.hasPrefix("sqlite_") else { return false }
        return try database.columns(in: name).contains { $0.name == ReadModelTable.partitionColumn }
      }
  }

  /// The rows that a partition wrote, with the columns that are declared and not NULL; sorted by table and key.
  /// - Throws: `.damaged` when a row is not what was written: another replica would take it, and give it a checksum.
  func rows(partition: Int64, file: String, _ database: Database) throws -> [SnapshotReadModelRow] {
    var found: [SnapshotReadModelRow] = []
    for table in order.sorted().compactMap({ tables[$0] }) {
      let names = [table.keyColumn, ReadModelTable.indexColumn] + table.columns.map(\.name)
      let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
      let checksum = StateChecksum.readModelCall(columns: try database.columns(in: table.name).map(\.name))
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT \(list), \(StateChecksum.readModelColumn) IS \(checksum) FROM "\(table.name)" WHERE \(ReadModelTable.partitionColumn) = ?
          ORDER BY "\(table.keyColumn)"
          """,
        arguments: [partition])
      while let row = try rows.next() {
        guard Int64.fromDatabaseValue(row[names.count]) == 1, let key = String.fromDatabaseValue(row[0]),
          let index = Int64.fromDatabaseValue(row[1])
        else {
          throw StoreError.damaged(
            file: file, detail: "\(table.name), row \(row[0] as DatabaseValue) has a wrong checksum")
        }
        var columns: [String: SQLValue] = [:]
        for (position, column) in table.columns.enumerated() {
          let value = SQLValue(row[position + 2] as DatabaseValue)
          if value != .null { columns[column.name] = value }
        }
        found.append(
          SnapshotReadModelRow(
            table: table.name, key: key, index: UInt64(clamping: index), columns: columns))
      }
    }
    return found
  }

  /// Deletes the rows that a partition wrote.
  func deleteAll(partition: Int64, _ database: Database) throws {
    for table in order {
      try database.execute(
        sql: "DELETE FROM \"\(table)\" WHERE \(ReadModelTable.partitionColumn) = ?", arguments: [partition])
    }
  }

  /// Puts a row of a snapshot. What this version does not declare is left out: a read model is for reports, and the snapshot
  /// may be from a newer version or an older one.
  func restore(
    _ row: SnapshotReadModelRow, partition: Int64, index: Int64, _ database: Database
  ) throws {
    guard let table = tables[row.table] else { return }
    let columns = row.columns.filter { name, value in
      table.columns.contains { $0.name == name && $0.kind.accepts(value) }
    }
    let change = ReadModelChange(table: row.table, key: row.key, columns: columns)
    try apply(change, partition: partition, index: index, database)
  }

  private static func upsert(_ table: ReadModelTable, _ columns: [ReadModelColumn]) -> String {
    let written = columns.map(\.name) + [ReadModelTable.partitionColumn, ReadModelTable.indexColumn]
    let names = ([table.keyColumn] + written).map { "\"\($0)\"" }.joined(separator: ", ")
    let marks = Array(repeating: "?", count: written.count + 1).joined(separator: ", ")
    let updates = written.map { "\"\($0)\" = excluded.\"\($0)\"" }.joined(separator: ", ")
    return "INSERT INTO \"\(table.name)\"(\(names)) VALUES(\(marks)) ON CONFLICT DO UPDATE SET \(updates)"
  }
}

extension SQLValue {
  init(_ value: DatabaseValue) {
    switch value.storage {
    case .null, .blob: self = .null
    case .int64(let number): self = .integer(number)
    case .double(let number): self = .real(number)
    case .string(let text): self = .text(text)
    }
  }

  var databaseValue: DatabaseValue {
    switch self {
    case .text(let text): text.databaseValue
    case .integer(let integer): integer.databaseValue
    case .real(let real): real.databaseValue
    case .null: .null
    }
  }
}
