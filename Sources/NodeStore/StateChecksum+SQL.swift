// The same checksums for SQL: functions that the writing connection has, for rows that are there already.
internal import Foundation
internal import GRDB

extension StateChecksum {
  /// Its column in read-model tables; in the store's own tables it is `checksum`.
  static let readModelColumn = "log_checksum"

  /// Gives a connection the functions.
  static func register(in database: Database) {
    database.add(function: ofActorRow)
    database.add(function: ofCheckpoint)
    database.add(function: ofMarker)
    database.add(function: ofReadModelRow)
  }

  /// `actor_row_checksum(partition, actor_type, actor_id, row_key, log_index, value)`
  private static let ofActorRow = DatabaseFunction("actor_row_checksum", argumentCount: 6, pure: true) {
    values in
    guard let partition = Int64.fromDatabaseValue(values[0]), let type = String.fromDatabaseValue(values[1]),
      let id = String.fromDatabaseValue(values[2]), let key = String.fromDatabaseValue(values[3]),
      let index = Int64.fromDatabaseValue(values[4]), let value = Data.fromDatabaseValue(values[5])
    else { return nil }
    return actorRow(
      ActorRow(actorType: type, actorID: id, rowKey: key, index: 0, value: [UInt8](value)),
      partition: partition, index: index)
  }

  /// `checkpoint_checksum(partition, log_index)`
  private static let ofCheckpoint = DatabaseFunction("checkpoint_checksum", argumentCount: 2, pure: true) {
    values in
    guard let partition = Int64.fromDatabaseValue(values[0]), let index = Int64.fromDatabaseValue(values[1])
    else { return nil }
    return checkpoint(partition: partition, index: index)
  }

  /// `marker_checksum(partition, log_index, log_term, membership)`
  private static let ofMarker = DatabaseFunction("marker_checksum", argumentCount: 4, pure: true) { values in
    guard let partition = Int64.fromDatabaseValue(values[0]), let index = Int64.fromDatabaseValue(values[1]),
      let term = Int64.fromDatabaseValue(values[2]), let membership = Data.fromDatabaseValue(values[3])
    else { return nil }
    return marker(partition: partition, index: index, term: term, membership: [UInt8](membership))
  }

  /// `read_model_checksum(names, value, …)`: the names are joined by commas, and sorted.
  private static let ofReadModelRow = DatabaseFunction("read_model_checksum", pure: true) { values in
    guard let first = values.first, let names = String.fromDatabaseValue(first) else { return nil }
    let columns = zip(names.split(separator: ","), values.dropFirst()).map { (name: $0, value: SQLValue($1)) }
    return readModelRow(columns)
  }

  /// The call of `read_model_checksum` for a row of a table with these columns.
  static func readModelCall(columns: [String]) -> String {
    let sorted = columns.filter { $0 != readModelColumn }.sorted {
      Array($0.utf8).lexicographicallyPrecedes($1.utf8)
    }
    let list = sorted.map { ", \"\($0)\"" }.joined()
    return "read_model_checksum('\(sorted.joined(separator: ","))'\(list))"
  }
}
