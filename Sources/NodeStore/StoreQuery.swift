// One question of a person to a file of a data directory, read-only and with limits; the node may run.
internal import Foundation
internal import GRDB

/// The answer to a `SELECT`.
public struct StoreQuery: Codable, Equatable, Sendable {
  public var columns: [String]
  /// As text; blobs in hexadecimal, nil for NULL.
  public var rows: [[String?]]
  /// Whether there were more rows than the limit.
  public var isCut: Bool

  /// Asks the log or the state file.
  /// - Parameters:
  ///   - file: `log.db` or `state.db`, in the directory.
  ///   - sql: one statement that only reads.
  ///   - rowLimit: more rows are left out.
  ///   - secondsLimit: then the question is stopped: while it is read, the WAL of a live node cannot be emptied.
  /// - Throws: `.io` with SQLite's words when it is no such statement, or took too long.
  public static func run(
    directory: String, file: String = "state.db", sql: String, rowLimit: Int = 1000, secondsLimit: Int = 5
  ) throws(StoreError) -> StoreQuery {
    let reader = try StoreReader(directory + "/" + file, files: RealFiles(), view: .live)
    defer { reader.close() }
    let path = reader.path
    return try reader.read(within: .seconds(secondsLimit)) { database in
      let statement = try database.makeStatement(sql: sql)
      guard statement.isReadonly else {
        throw StoreError.io(file: path, detail: "only questions are answered here, and this statement writes")
      }
      var answer = StoreQuery(columns: statement.columnNames, rows: [], isCut: false)
      let rows = try Row.fetchCursor(statement)
      while let row = try rows.next() {
        guard answer.rows.count < rowLimit else {
          answer.isCut = true
          break
        }
        answer.rows.append(row.databaseValues.map(text))
      }
      return answer
    }
  }

  private static func text(_ value: DatabaseValue) -> String? {
    switch value.storage {
    case .null: nil
    case .int64(let number): String(number)
    case .double(let number): String(number)
    case .string(let text): text
    case .blob(let data): "x'" + data.map { String(format: "%02x", $0) }.joined() + "'"
    }
  }

  /// What a person gives `sqlite3` to look into a file that a node has open, without a way to write.
  public static func commandLine(directory: String, file: String = "state.db") -> String {
    let path = StoreReader.escaped(directory + "/" + file).replacing("'", with: "'\\''")
    return "sqlite3 -readonly 'file:\(path)?mode=ro'"
  }
}
