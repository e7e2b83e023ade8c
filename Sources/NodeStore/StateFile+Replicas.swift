// The SQL that ties a partition's rows to the replica that they belong to.
internal import GRDB
internal import Raft
internal import Synchronization

extension StateFile {
  static func createReplicaTable(_ database: Database) throws {
    try database.execute(
      sql:
        "CREATE TABLE IF NOT EXISTS partition_replica(partition INTEGER PRIMARY KEY NOT NULL, id INTEGER NOT NULL)"
    )
  }

  /// Deletes everything that the file has of a partition, and says that what comes is of this replica.
  func assign(_ partition: PartitionID, to replica: ReplicaID) throws(StoreError) {
    let number = Int64(partition.rawValue)
    let id = try Self.integer(replica.rawValue)
    try write(rows: 1, bytes: 0) { database in
      writes.withLock { $0.hasDeleted = true }
      for table in ["actor_row", "partition_checkpoint", "partition_snapshot"] {
        try database.execute(sql: "DELETE FROM \(table) WHERE partition = ?", arguments: [number])
      }
      try ActorRowReader(path: path).checkGone(partition, database)
      try readModels.deleteAll(partition: number, database)
      try database.execute(
        sql: """
          INSERT INTO partition_replica(partition, id) VALUES(?, ?)
          ON CONFLICT DO UPDATE SET id = excluded.id
          """,
        arguments: [number, id])
    }
  }

  /// Makes the rows follow the log, which is told first who its replicas are: a crash may have come between the two.
  /// - Returns: partitions whose log has lost that, and why they must not be used.
  func follow(
    _ replicas: [PartitionID: ReplicaID], _ notes: inout [String]
  ) throws(StoreError) -> [PartitionID: String] {
    var found: [PartitionID: ReplicaID] = [:]
    for row in try read({ try Row.fetchAll($0, sql: "SELECT partition, id FROM partition_replica") }) {
      let (partition, id) = try replica(in: row, of: path)
      found[partition] = id
    }
    var unusable: [PartitionID: String] = [:]
    for (partition, id) in found.sorted(by: { $0.key < $1.key })
    where replicas[partition].map({ $0 < id }) ?? true {
      unusable[partition] =
        "the log has lost that this replica is \(id) and has \(replicas[partition].map(\.description) ?? "none")"
    }
    for (partition, id) in replicas.sorted(by: { $0.key < $1.key })
    where found[partition] != id && unusable[partition] == nil {
      try assign(partition, to: id)
      notes.append("\(partition): the rows were of an earlier replica and are deleted")
    }
    return unusable
  }
}
