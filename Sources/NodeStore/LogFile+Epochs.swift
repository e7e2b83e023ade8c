// The SQL of the epochs that the log file remembers.
internal import Foundation
internal import GRDB

extension LogFile {
  /// Runs in a transaction of the caller's.
  /// - Parameter holdsNothing: the files are new, and hold only what leaders will assign to them.
  static func prepareEpochs(_ database: Database, holdsNothing: Bool) throws {
    try database.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS epoch(
          number INTEGER PRIMARY KEY NOT NULL, forks BLOB NOT NULL, checksum INTEGER NOT NULL)
        """)
    if holdsNothing { try write([StoreEpoch(number: StoreEpoch.none)], database) }
  }

  /// All that are known, ascending; none in files of the first epoch.
  static func epochs(_ database: Database, file: String) throws -> [StoreEpoch] {
    try Row.fetchAll(database, sql: "SELECT number, forks, checksum FROM epoch ORDER BY number").map { row in
      guard let number = Int64.fromDatabaseValue(row[0]).flatMap({ UInt64(exactly: $0) }),
        let forks = Data.fromDatabaseValue(row[1]), let checksum = Int64.fromDatabaseValue(row[2]),
        let epoch = StoreEpoch(
          number: number, stored: Array(forks), checksum: UInt64(bitPattern: checksum))
      else {
        throw StoreError.damaged(file: file, detail: "an epoch is not what was written")
      }
      return epoch
    }
  }

  /// Takes the place of what is there. Runs in a transaction of the caller's.
  static func write(_ epochs: [StoreEpoch], _ database: Database) throws {
    try database.execute(sql: "DELETE FROM epoch")
    for epoch in epochs.sorted(by: { $0.number < $1.number }).suffix(StoreEpoch.kept) {
      let (forks, checksum) = try epoch.stored()
      try database.execute(
        sql: "INSERT INTO epoch(number, forks, checksum) VALUES(?, ?, ?)",
        arguments: [try StateFile.integer(epoch.number), Data(forks), Int64(bitPattern: checksum)])
    }
  }
}

extension VerificationRun {
  /// Files of a version before epochs have none.
  mutating func epochs(of reader: StoreReader) {
    do throws(StoreError) {
      let isThere = try reader.read { try $0.tableExists("epoch") }
      if isThere { _ = try reader.read { try LogFile.epochs($0, file: reader.path) } }
    } catch {
      damage(error, "epoch")
    }
  }
}
