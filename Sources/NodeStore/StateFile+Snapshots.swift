// The SQL of snapshots and of making checkpoints durable.
internal import CBOR
internal import Foundation
internal import GRDB
internal import PlantedBugs
internal import Raft
internal import Synchronization

extension StateFile {
  /// Where the log of a partition must begin at least: a snapshot took the place of its state.
  struct Marker {
    var partition: PartitionID
    var base: LogBase
  }

  static func createSnapshotTable(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS partition_snapshot(
          partition INTEGER PRIMARY KEY NOT NULL, log_index INTEGER NOT NULL, log_term INTEGER NOT NULL,
          membership BLOB NOT NULL, checksum INTEGER NOT NULL)
        """)
  }

  /// Puts a snapshot in the place of all that the file has of the partition. On stable storage when this returns.
  func install(_ partition: PartitionID, base: LogBase, bytes: [UInt8]) throws(StoreError) {
    let snapshot: PartitionSnapshot
    do throws(SnapshotDecodingError) {
      snapshot = try PartitionSnapshot(encoded: bytes)
    } catch {
      throw .unusableSnapshot(detail: "\(partition): \(error)")
    }
    guard snapshot.appliedIndex == base.index else {
      throw .unusableSnapshot(
        detail:
          "\(partition): a snapshot at \(snapshot.appliedIndex) with a log that begins after \(base.index)")
    }
    let number = Int64(partition.rawValue)
    let index = try Self.integer(base.index)
    let term = try Self.integer(base.term)
    let membership = try StoreError.mapping(path) { try CBOREncoder().encode(base.membership) }
    let count = snapshot.rows.count + snapshot.readModel.count
    try writeSynced(rows: count, bytes: Self.bytes(snapshot.rows)) { database in
      let stored = try Self.appliedIndex(database, partition: number)
      guard index >= stored else {
        throw StoreError.unusableSnapshot(
          detail: "\(partition): a snapshot at \(index) after a checkpoint at \(stored)")
      }
      writes.withLock { $0.hasDeleted = true }
      if !isPlanted(.keepStateOnInstall) {
        try database.execute(sql: "DELETE FROM actor_row WHERE partition = ?", arguments: [number])
        try ActorRowReader(path: path).checkGone(partition, database)
        try readModels.deleteAll(partition: number, database)
      }
      for row in snapshot.rows {
        try Self.put(row, partition: number, database)
      }
      for row in snapshot.readModel {
        try readModels.restore(row, partition: number, index: try Self.integer(row.index), database)
      }
      try Self.advance(database, partition: number, to: index)
      try Self.putMarker(partition: number, index: index, term: term, membership: membership, database)
    }
  }

  static func putMarker(
    partition: Int64, index: Int64, term: Int64, membership: [UInt8], _ database: Database
  ) throws {
    let checksum = StateChecksum.marker(
      partition: partition, index: index, term: term, membership: membership)
    try database.execute(
      sql: """
        INSERT INTO partition_snapshot(partition, log_index, log_term, membership, checksum)
        VALUES(?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
          log_index = excluded.log_index, log_term = excluded.log_term, membership = excluded.membership,
          checksum = excluded.checksum
        """,
      arguments: [partition, index, term, Data(membership), checksum])
  }

  /// The partition as its latest checkpoint left it, read models included.
  func snapshot(_ partition: PartitionID) throws(StoreError) -> EncodedSnapshot {
    let number = Int64(partition.rawValue)
    let snapshot = try database.readConsistently { database in
      PartitionSnapshot(
        appliedIndex: UInt64(try Self.appliedIndex(database, partition: number)),
        rows: try rows(of: partition, database),
        readModel: try readModels.rows(partition: number, file: path, database))
    }
    return EncodedSnapshot(appliedIndex: snapshot.appliedIndex, bytes: try snapshot.encoded())
  }

  /// Makes every checkpoint so far durable and says up to where, per partition.
  func sync() throws(StoreError) -> [PartitionID: UInt64] {
    try writeSynced(rows: 1, bytes: 0) { database in
      // In a commit with `synchronous=FULL` SQLite syncs the WAL, and with it every commit before.
      try database.execute(
        sql: """
          INSERT INTO meta(key, value) VALUES('syncs', '1')
          ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1
          """)
    }
    return try checkpoints()
  }

  /// The last snapshot that was installed, of each partition that has had one; sorted. A start gives up the log for one, so
  /// one that is not what was written is given in words only.
  func markers() throws(StoreError) -> (sound: [Marker], bad: [PartitionID: String]) {
    let decoder = CBORDecoder()
    return try read { database in
      var sound: [Marker] = []
      var bad: [PartitionID: String] = [:]
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT partition, log_index, log_term, membership, checksum FROM partition_snapshot
          ORDER BY partition
          """)
      while let row = try rows.next() {
        guard let number = Int64.fromDatabaseValue(row[0]),
          let partition = UInt32(exactly: number).map(PartitionID.init(rawValue:))
        else { continue }
        guard let index = Int64.fromDatabaseValue(row[1]), let term = Int64.fromDatabaseValue(row[2]),
          let membership = Data.fromDatabaseValue(row[3]).map({ [UInt8]($0) }),
          Int64.fromDatabaseValue(row[4])
            == StateChecksum.marker(partition: number, index: index, term: term, membership: membership),
          let members = try? decoder.decode(Membership.self, from: membership)
        else {
          bad[partition] = "\(path): what says which snapshot was installed has a wrong checksum"
          continue
        }
        sound.append(
          Marker(
            partition: partition,
            base: LogBase(index: UInt64(clamping: index), term: UInt64(clamping: term), membership: members)))
      }
      return (sound, bad)
    }
  }
}
