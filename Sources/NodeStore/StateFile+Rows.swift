// How rows of the state file are read: the one place that trusts what SQLite gives, because it compares the checksum.
internal import Foundation
internal import GRDB
internal import Synchronization

extension StateFile {
  /// What `actorRow` needs, in its order.
  static let rowColumns = "actor_type, actor_id, row_key, log_index, value, checksum"

  func actorRow(_ row: Row, of partition: PartitionID) throws(StoreError) -> ActorRow {
    try Self.actorRow(row, of: partition, file: path)
  }

  /// Makes a value of a row with `rowColumns`.
  /// - Throws: `.damaged`, naming partition, actor and row, when it is not what was written. Also for a value of another type:
  ///   a flipped bit in a row's header changes the types.
  static func actorRow(_ row: Row, of partition: PartitionID, file: String) throws(StoreError) -> ActorRow {
    let type = String.fromDatabaseValue(row[0])
    let id = String.fromDatabaseValue(row[1])
    let key = String.fromDatabaseValue(row[2])
    let place = "\(partition), actor \(type ?? "?")/\(id ?? "?"), row \"\(key ?? "?")\""
    guard let type, let id, let key, let number = Int64.fromDatabaseValue(row[3]),
      let index = UInt64(exactly: number), let value = Data.fromDatabaseValue(row[4])
    else {
      throw .damaged(file: file, detail: "\(place) has columns that nobody wrote")
    }
    let found = ActorRow(actorType: type, actorID: id, rowKey: key, index: index, value: [UInt8](value))
    let checksum = StateChecksum.actorRow(found, partition: Int64(partition.rawValue), index: number)
    guard Int64.fromDatabaseValue(row[5]) == checksum else {
      throw .damaged(file: file, detail: "\(place) has a wrong checksum")
    }
    return found
  }

  /// A partition whose applied index is not what was written would apply entries twice, or leave some out.
  func checkCheckpoint(of partition: PartitionID, _ database: Database) throws {
    let number = Int64(partition.rawValue)
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT log_index, checksum FROM partition_checkpoint WHERE partition = ?",
        arguments: [number])
    else {
      // Rows are never written without one.
      let hasRows = try Row.fetchOne(
        database, sql: "SELECT 1 FROM actor_row WHERE partition = ? LIMIT 1", arguments: [number])
      guard hasRows == nil else {
        throw StoreError.damaged(file: path, detail: "\(partition) has rows, but no checkpoint")
      }
      return
    }
    guard let index = Int64.fromDatabaseValue(row[0]),
      Int64.fromDatabaseValue(row[1]) == StateChecksum.checkpoint(partition: number, index: index)
    else {
      throw StoreError.damaged(file: path, detail: "the checkpoint of \(partition) has a wrong checksum")
    }
  }

  /// Deletes all rows of an actor; the primary key finds them.
  func deleteRows(of actor: ActorName, partition: Int64, _ database: Database) throws {
    try database.cachedStatement(
      sql: "DELETE FROM actor_row WHERE partition = ? AND actor_type = ? AND actor_id = ?"
    ).execute(arguments: [partition, actor.actorType, actor.actorID])
    let count = database.changesCount
    writes.withLock { writes in
      writes.pages += count
      writes.hasDeleted = true
    }
  }
}
