// What a backup says about itself: a value, kept in the backup's own `meta` table.
internal import Foundation
internal import GRDB

/// Whose state a backup holds, and up to where. Every partition is at its own applied index, all as one transaction of the
/// state file left them.
public struct BackupDescription: Codable, Equatable, Sendable {
  public struct Partition: Codable, Equatable, Sendable {
    public var partition: UInt32
    /// The last entry whose effects are included.
    public var appliedIndex: UInt64
    public var rows: Int
    /// Over the checksums of all its rows, in their order: a row that is missing is found.
    public var digest: UInt64
  }

  /// Of this description.
  public var version = 1
  public var cluster: String
  /// The node that made it.
  public var node: String
  public var topology: String
  public var incarnation: UInt64
  /// When the copy was finished, in UTC: `2026-01-31T23:59:59Z`.
  public var time: String
  /// Sorted.
  public var partitions: [Partition]
}

extension BackupDescription {
  private static let newestVersion = 1
  private static let key = "backup"
  private static let checksumKey = "backup_checksum"

  /// The description of a backup file.
  /// - Throws: `.backupRefused` when the file is no backup, or one of a newer version.
  public static func read(_ file: String) throws(StoreError) -> BackupDescription {
    try read(file, files: RealFiles())
  }

  static func read(_ file: String, files: any StoreFiles) throws(StoreError) -> BackupDescription {
    let reader = try StoreReader(file, files: files, view: .still)
    defer { reader.close() }
    return try reader.read { database in
      guard try database.tableExists("meta") else {
        throw StoreError.backupRefused(detail: "\(file) is no backup of this software")
      }
      return try BackupDescription(meta: try FileMeta.values(database), file: file)
    }
  }

  init(meta values: [String: String], file: String) throws(StoreError) {
    guard let text = values[Self.key] else {
      throw .backupRefused(detail: "\(file) is no finished backup: it does not say what it holds")
    }
    guard values[Self.checksumKey] == Self.checksum(of: text) else {
      throw .damaged(file: file, detail: "its description has a wrong checksum")
    }
    let found: BackupDescription
    do {
      found = try JSONDecoder().decode(BackupDescription.self, from: Data(text.utf8))
    } catch {
      throw .backupRefused(
        detail: "\(file) has a description that this version does not understand (\(error))")
    }
    guard found.version <= Self.newestVersion else {
      throw .backupRefused(
        detail:
          "\(file) has a description of version \(found.version); use the version that made it, or a newer one"
      )
    }
    self = found
  }

  /// Looks at every row of a copy of the state file.
  /// - Throws: `.damaged` when one is not what was written.
  init(of database: Database, file: String) throws {
    let values = try FileMeta.values(database)
    cluster = values["cluster"] ?? ""
    node = values["node"] ?? ""
    topology = values["topology"] ?? ""
    incarnation = values["incarnation"].flatMap { UInt64($0) } ?? 0
    time = try String.fetchOne(database, sql: "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now')") ?? ""
    partitions = try Self.partitions(database, file: file)
  }

  static func partitions(_ database: Database, file: String) throws -> [Partition] {
    var found: [UInt32: Partition] = [:]
    let checkpoints = try Row.fetchAll(
      database, sql: "SELECT partition, log_index, checksum FROM partition_checkpoint")
    for row in checkpoints {
      guard let number = Int64.fromDatabaseValue(row[0]).flatMap({ UInt32(exactly: $0) }),
        let stored = Int64.fromDatabaseValue(row[1]), let index = UInt64(exactly: stored),
        Int64.fromDatabaseValue(row[2])
          == StateChecksum.checkpoint(partition: Int64(number), index: stored)
      else {
        throw StoreError.damaged(file: file, detail: "a checkpoint is not what was written: \(row)")
      }
      found[number] = Partition(partition: number, appliedIndex: index, rows: 0, digest: 0)
    }
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT \(StateFile.rowColumns), partition FROM actor_row
        ORDER BY partition, actor_type, actor_id, row_key
        """)
    while let row = try rows.next() {
      guard let number = Int64.fromDatabaseValue(row[6]).flatMap({ UInt32(exactly: $0) }),
        var partition = found[number]
      else {
        throw StoreError.damaged(
          file: file, detail: "a row of a partition that has no checkpoint: \(row[6] as DatabaseValue)")
      }
      _ = try StateFile.actorRow(row, of: PartitionID(rawValue: number), file: file)
      partition.rows += 1
      var bytes: [UInt8] = []
      bytes.appendLittleEndian(Int64.fromDatabaseValue(row[5]) ?? 0)
      partition.digest = XXH64.hash(bytes, seed: partition.digest)
      found[number] = partition
    }
    return found.values.sorted { $0.partition < $1.partition }
  }

  /// Runs in a transaction of the caller's.
  func write(_ database: Database) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    for (key, value) in [(Self.key, text), (Self.checksumKey, Self.checksum(of: text))] {
      try database.execute(
        sql: "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        arguments: [key, value])
    }
  }

  /// What was a backup is the state of a node now.
  static func becomeState(_ database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM meta WHERE key = 'restored_from';
        UPDATE meta SET key = 'restored_from' WHERE key = '\(key)';
        DELETE FROM meta WHERE key = '\(checksumKey)';
        """)
  }

  private static func checksum(of text: String) -> String {
    String(XXH64.hash(text.utf8), radix: 16)
  }
}
