// Read models: plain SQL tables that reports read. Declarations, changes and their validation; no SQL runs here.

/// A value in a read-model column.
public enum SQLValue: Equatable, Sendable {
  case text(String)
  case integer(Int64)
  case real(Double)
  case null
}

/// A column of a read-model table.
public struct ReadModelColumn: Equatable, Sendable {
  public enum Kind: String, Equatable, Sendable {
    case text = "TEXT"
    case integer = "INTEGER"
    case real = "REAL"

    func accepts(_ value: SQLValue) -> Bool {
      switch (self, value) {
      case (.text, .text), (.integer, .integer), (.real, .real), (_, .null): true
      default: false
      }
    }
  }

  public var name: String
  public var kind: Kind

  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// A table of the state file that reports may read with plain SQL. The store creates it, and adds columns that it does
/// not have yet; it never drops one, so that an older version can still open the file. Besides these columns it has
/// `log_partition` and `log_index`, the partition and the applied index of the checkpoint that last wrote the row, and
/// `log_checksum`, which `switchboard ctl store verify` compares.
public struct ReadModelTable: Equatable, Sendable {
  public var name: String
  public var keyColumn: String
  public var columns: [ReadModelColumn]

  public init(name: String, keyColumn: String, columns: [ReadModelColumn]) {
    self.name = name
    self.keyColumn = keyColumn
    self.columns = columns
  }
}

/// One change of a read-model row.
public struct ReadModelChange: Equatable, Sendable {
  public var table: String
  public var key: String
  /// nil deletes the row. Columns that are not named keep their value, or are NULL in a new row.
  public var columns: [String: SQLValue]?

  public init(table: String, key: String, columns: [String: SQLValue]?) {
    self.table = table
    self.key = key
    self.columns = columns
  }
}

extension ReadModelTable {
  static let partitionColumn = "log_partition"
  static let indexColumn = "log_index"
  /// SQLite's functions take about 100 arguments, and the checksum is one function's over all columns.
  static let columnLimit = 80

  /// Refuses names that are no plain identifiers, that the store uses itself, or that occur twice.
  static func validate(_ tables: [ReadModelTable]) throws(StoreError) {
    var tableNames = Set(StateFile.ownTables)
    for table in tables {
      try checkIdentifier(table.name, of: table)
      guard tableNames.insert(table.name.lowercased()).inserted else {
        throw .invalidReadModel(table: table.name, detail: "the table's name is taken")
      }
      guard table.columns.count <= columnLimit else {
        throw .invalidReadModel(
          table: table.name, detail: "it has \(table.columns.count) columns; \(columnLimit) are possible")
      }
      var columnNames: Set = [partitionColumn, indexColumn, StateChecksum.readModelColumn]
      for column in [table.keyColumn] + table.columns.map(\.name) {
        try checkIdentifier(column, of: table)
        guard columnNames.insert(column.lowercased()).inserted else {
          throw .invalidReadModel(table: table.name, detail: "the column name \"\(column)\" is taken")
        }
      }
    }
  }

  /// ASCII letters, digits and underscores, not starting with a digit, at most 63 of them, not `sqlite_…`.
  private static func checkIdentifier(_ name: String, of table: ReadModelTable) throws(StoreError) {
    let bytes = Array(name.utf8)
    let isPlain = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard let first = bytes.first, isPlain, bytes.count <= 63,
      !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else {
      throw .invalidReadModel(
        table: table.name,
        detail: "\"\(name)\" is no identifier (1 to 63 ASCII letters, digits and underscores, no digit first)"
      )
    }
    guard !name.lowercased().hasPrefix("sqlite_") else {
      throw .invalidReadModel(
        table: table.name, detail: "\"\(name)\" starts with sqlite_, which SQLite reserves")
    }
  }
}
