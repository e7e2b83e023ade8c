// The part of a verification that reads every row of the state file and compares its checksum.
internal import Foundation
internal import GRDB

extension VerificationRun {
  mutating func stateRows(_ reader: StoreReader, _ progress: (StoreVerification.Progress) -> Void) {
    actorRows(reader, progress)
    var found: [PartitionID: UInt64] = [:]
    table(reader, "partition_checkpoint", "SELECT partition, log_index, checksum FROM partition_checkpoint") {
      (run, row) in
      guard let partition = run.partition(row[0], of: reader), let index = Int64.fromDatabaseValue(row[1]),
        Int64.fromDatabaseValue(row[2])
          == StateChecksum.checkpoint(partition: Int64(partition.rawValue), index: index)
      else { return false }
      found[partition] = UInt64(clamping: index)
      return true
    }
    checkpoints = found
    table(
      reader, "partition_snapshot",
      "SELECT partition, log_index, log_term, membership, checksum FROM partition_snapshot"
    ) { (run, row) in
      guard let partition = run.partition(row[0], of: reader), let index = Int64.fromDatabaseValue(row[1]),
        let term = Int64.fromDatabaseValue(row[2]), let membership = Data.fromDatabaseValue(row[3]),
        Int64.fromDatabaseValue(row[4])
          == StateChecksum.marker(
            partition: Int64(partition.rawValue), index: index, term: term, membership: [UInt8](membership))
      else { return false }
      run.markers[partition] = UInt64(clamping: index)
      return true
    }
    readModels(reader, progress)
  }

  private mutating func actorRows(
    _ reader: StoreReader, _ progress: (StoreVerification.Progress) -> Void
  ) {
    do throws(StoreError) {
      try reader.read { database in
        let total = try Int.fetchOne(database, sql: "SELECT count(*) FROM actor_row") ?? 0
        let rows = try Row.fetchCursor(
          database, sql: "SELECT \(StateFile.rowColumns), partition FROM actor_row")
        while let row = try rows.next() {
          verification.rows += 1
          if verification.rows % 4096 == 0 {
            progress(StoreVerification.Progress(phase: "actor rows", done: verification.rows, total: total))
          }
          guard let partition = partition(row[6], of: reader) else {
            damage(reader.path, nil, "actor_row", "row \(verification.rows) has no partition that can be one")
            continue
          }
          do throws(StoreError) {
            _ = try StateFile.actorRow(row, of: partition, file: reader.path)
          } catch {
            guard case .damaged(let file, let detail) = error else { throw error }
            damage(file, partition, "actor_row", detail)
          }
        }
      }
    } catch {
      damage(error, "actor_row")
    }
  }

  private mutating func readModels(
    _ reader: StoreReader, _ progress: (StoreVerification.Progress) -> Void
  ) {
    let tables: [(name: String, columns: [String], key: String)]
    do throws(StoreError) {
      tables = try reader.read { database in
        try ReadModelSQL.tableNames(in: database).map { name in
          let columns = try database.columns(in: name)
          return (name, columns.map(\.name), columns.first { $0.primaryKeyIndex == 1 }?.name ?? "rowid")
        }
      }
    } catch {
      damage(error, "sqlite_master")
      return
    }
    for (name, columns, key) in tables {
      progress(
        StoreVerification.Progress(phase: "read model \(name)", done: verification.readModelRows, total: 0))
      let checked = columns.filter { $0 != StateChecksum.readModelColumn }
        .sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
      guard checked.count < columns.count else {
        damage(reader.path, nil, name, "it has no checksums")
        continue
      }
      let list = ([StateChecksum.readModelColumn, key] + checked).map { "\"\($0)\"" }.joined(separator: ", ")
      table(reader, name, "SELECT \(list) FROM \"\(name)\"") { (run, row) in
        run.verification.readModelRows += 1
        let values = checked.enumerated().map { (name: Substring($1), value: SQLValue(row[$0 + 2])) }
        return Int64.fromDatabaseValue(row[0]) == StateChecksum.readModelRow(values)
      }
    }
  }

  /// - Parameter isRight: false for a row that is not what was written.
  private mutating func table(
    _ reader: StoreReader, _ name: String, _ sql: String,
    _ isRight: (inout VerificationRun, Row) -> Bool
  ) {
    do throws(StoreError) {
      try reader.read { database in
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
          guard !isRight(&self, row) else { continue }
          damage(reader.path, nil, name, "the row \(row.description.prefix(200)) has a wrong checksum")
        }
      }
    } catch {
      damage(error, name)
    }
  }

  private func partition(_ value: DatabaseValue, of reader: StoreReader) -> PartitionID? {
    Int64.fromDatabaseValue(value).flatMap { UInt32(exactly: $0) }.map(PartitionID.init(rawValue:))
  }
}
