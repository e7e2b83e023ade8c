// What uses the space of a data directory: values, and the questions that fill them. Read-only; the node may run.
internal import Foundation
internal import GRDB

/// The space of one data directory.
public struct StoreUsage: Codable, Equatable, Sendable {
  public struct File: Codable, Equatable, Sendable {
    public var path: String
    public var format: Int
    public var fileBytes: Int
    public var walBytes: Int
    public var pageSize: Int
    public var pages: Int
    /// Not in use; used again, or given back in steps.
    public var freePages: Int
    /// The greatest first.
    public var tables: [Table]
  }

  public struct Table: Codable, Equatable, Sendable {
    public var name: String
    public var rows: Int
    /// Of its pages, where SQLite can tell (`isEstimate` is false); otherwise of its values and a few bytes for each row.
    public var bytes: Int
    public var isEstimate: Bool
  }

  public struct Actors: Codable, Equatable, Sendable {
    public var partition: UInt32
    public var actorType: String
    public var rows: Int
    /// Of keys and values.
    public var bytes: Int
  }

  public struct Log: Codable, Equatable, Sendable {
    public var batches: Int
    /// Of the batches, framing included.
    public var bytes: Int
    /// 0 when there is none.
    public var firstSequence: Int64
    public var lastSequence: Int64
  }

  public var log: Log
  public var logFile: File
  public var stateFile: File
  /// Sorted by partition and type.
  public var actors: [Actors]

  /// Looks at a data directory, of a running node or a stopped one.
  /// - Throws: what keeps the files from being read; `.io` when a question took longer than `secondsLimit`.
  public static func measure(directory: String, secondsLimit: Int = 60) throws(StoreError) -> StoreUsage {
    let files = RealFiles()
    let directory = DataDirectory(path: directory, files: files)
    let limit = DispatchTimeInterval.seconds(secondsLimit)
    let logReader = try StoreReader(directory.logFile, files: files, view: .live)
    defer { logReader.close() }
    let stateReader = try StoreReader(directory.stateFile, files: files, view: .live)
    defer { stateReader.close() }
    let log = try logReader.read(within: limit) { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT count(*), coalesce(sum(length(batch)), 0), min(seq), max(seq) FROM log")
      return Log(
        batches: number(row, 0), bytes: number(row, 1), firstSequence: Int64(number(row, 2)),
        lastSequence: Int64(number(row, 3)))
    }
    let actors = try stateReader.read(within: limit) { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT partition, actor_type, count(*),
            sum(length(value) + length(actor_type) + length(actor_id) + length(row_key))
          FROM actor_row GROUP BY partition, actor_type ORDER BY partition, actor_type
          """
      ).map { row in
        Actors(
          partition: UInt32(clamping: number(row, 0)), actorType: String.fromDatabaseValue(row[1]) ?? "?",
          rows: number(row, 2), bytes: number(row, 3))
      }
    }
    return StoreUsage(
      log: log, logFile: try file(logReader, files, limit), stateFile: try file(stateReader, files, limit),
      actors: actors)
  }

  private static func file(
    _ reader: StoreReader, _ files: any StoreFiles, _ limit: DispatchTimeInterval
  ) throws(StoreError) -> File {
    let path = reader.path
    let fileBytes = try files.size(of: path)
    let walBytes = try files.size(of: path + "-wal")
    return try reader.read(within: limit) { database in
      func pragma(_ name: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(name)") ?? 0 }
      return File(
        path: path, format: try FileMeta.values(database)["format"].flatMap { Int($0) } ?? 0,
        fileBytes: fileBytes, walBytes: walBytes, pageSize: try pragma("page_size"),
        pages: try pragma("page_count"), freePages: try pragma("freelist_count"),
        tables: try tables(database).sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) })
    }
  }

  private static func tables(_ database: Database) throws -> [Table] {
    let names = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
    let pages = try bytesOfPages(database)
    return try names.map { name in
      let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM \"\(name)\"") ?? 0
      if let bytes = pages?[name] { return Table(name: name, rows: rows, bytes: bytes, isEstimate: false) }
      let lengths = try database.columns(in: name).map { "coalesce(length(\"\($0.name)\"), 0)" }
      let sum =
        try Int.fetchOne(
          database,
          sql: "SELECT coalesce(sum(\(lengths.joined(separator: " + "))), 0) FROM \"\(name)\"") ?? 0
      return Table(name: name, rows: rows, bytes: sum + rows * 12, isEstimate: true)
    }
  }

  /// Indexes count with their tables; nil when SQLite was compiled without `dbstat`.
  private static func bytesOfPages(_ database: Database) throws -> [String: Int]? {
    do {
      var bytes: [String: Int] = [:]
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat s LEFT JOIN sqlite_master m ON m.name = s.name
          WHERE s.aggregate = TRUE GROUP BY 1
          """)
      for row in rows { bytes[String.fromDatabaseValue(row[0]) ?? "?"] = number(row, 1) }
      return bytes
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      return nil
    }
  }

  private static func number(_ row: Row?, _ position: Int) -> Int {
    row.flatMap { Int.fromDatabaseValue($0[position]) } ?? 0
  }
}
