// Reads the read models of a data directory whose node is not running. Opens the state file read-only; takes no lock.
internal import GRDB

/// A row of a read-model table.
public struct ReadModelRow: Equatable, Sendable {
  public let key: String
  /// Every column of the table; `.null` where there is nothing.
  public let columns: [String: SQLValue]
}

extension NodeStore {
  /// All rows of a read model in the state file of a stopped node, in order of their keys. Nothing is written, and the
  /// directory's incarnation stays as it is.
  ///
  /// Meant for reports and checks on directories that nobody uses. The file of a node that was killed may lag behind its log:
  /// what the file holds is committed, but not all that is committed is in it.
  /// - Throws: `StoreError` when the file is missing, is no database, or does not have the table.
  public static func readModelRows(
    directory: String, table: ReadModelTable
  ) throws(StoreError) -> [ReadModelRow] {
    try readModelRows(directory: directory, table: table, files: RealFiles())
  }

  /// The same on any file system.
  package static func readModelRows(
    directory: String, table: ReadModelTable, files: any StoreFiles
  ) throws(StoreError) -> [ReadModelRow] {
    try ReadModelTable.validate([table])
    let path = DataDirectory(path: directory, files: files).stateFile
    guard try files.size(of: path) > 0 else {
      throw .io(file: path, detail: "it is missing or empty")
    }
    return try StoreError.mapping(path) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: files.databasePath(path), configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { database in
        let names = [table.keyColumn] + table.columns.map(\.name)
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return try Row.fetchAll(
          database, sql: "SELECT \(list) FROM \"\(table.name)\" ORDER BY \"\(table.keyColumn)\""
        ).map { row in
          var columns: [String: SQLValue] = [:]
          for (index, column) in table.columns.enumerated() {
            columns[column.name] = SQLValue(row[index + 1] as DatabaseValue)
          }
          return ReadModelRow(key: row[0], columns: columns)
        }
      }
    }
  }
}
