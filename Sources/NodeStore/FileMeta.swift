// The `meta` table that both files have: whose file it is, its format, and the incarnation.
internal import GRDB

/// Reads, checks and writes `meta(key, value)`.
struct FileMeta {
  /// The newest format of both files that this version reads and the one that it writes.
  static let newestFormat = 2

  /// The format that the file has.
  private(set) var format = Self.newestFormat
  private(set) var incarnation: UInt64
  /// Whether this call made the table.
  private(set) var isNew = false

  /// Checks a file that exists, or makes a new one with this identity. Runs in a transaction of the caller's.
  init(_ database: Database, file: String, identity: StoreIdentity) throws {
    guard try database.tableExists("meta") else {
      guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 else {
        throw StoreError.damaged(
          file: file, detail: "it is an SQLite database, but not one of this software's")
      }
      try Self.create(database, identity: identity)
      incarnation = 0
      isNew = true
      return
    }
    let values = try Self.values(database)
    guard let format = values["format"].flatMap({ Int($0) }) else {
      throw StoreError.damaged(file: file, detail: "it does not say its format")
    }
    guard format <= Self.newestFormat else {
      throw StoreError.newerFormat(file: file, version: format)
    }
    self.format = format
    guard let cluster = values["cluster"], let node = values["node"], let topology = values["topology"],
      let incarnation = values["incarnation"].flatMap({ UInt64($0) })
    else {
      throw StoreError.damaged(file: file, detail: "it does not say whose it is")
    }
    let found = StoreIdentity(cluster: cluster, node: node, topology: topology)
    guard found.fits(identity) else {
      throw StoreError.wrongIdentity(file: file, expected: identity, found: found)
    }
    self.incarnation = incarnation
  }

  mutating func setIncarnation(_ incarnation: UInt64, _ database: Database) throws {
    try database.execute(
      sql: "UPDATE meta SET value = ? WHERE key = 'incarnation'", arguments: [String(incarnation)])
    self.incarnation = incarnation
  }

  private static func create(_ database: Database, identity: StoreIdentity) throws {
    try database.execute(
      sql: "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID")
    let rows = [
      ("format", String(newestFormat)), ("cluster", identity.cluster), ("node", identity.node),
      ("topology", identity.topology), ("incarnation", "0"),
    ]
    for (key, value) in rows {
      try database.execute(sql: "INSERT INTO meta(key, value) VALUES(?, ?)", arguments: [key, value])
    }
    try database.execute(
      sql: "INSERT INTO meta(key, value) VALUES('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))")
  }

  /// All of the table; it may be one of any format.
  static func values(_ database: Database) throws -> [String: String] {
    var values: [String: String] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT key, value FROM meta") {
      // A damaged file may hold other types.
      guard let key = String.fromDatabaseValue(row[0]) else { continue }
      values[key] = String.fromDatabaseValue(row[1])
    }
    return values
  }
}
