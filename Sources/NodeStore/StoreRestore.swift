// Makes the data directory of a node of a new cluster out of a backup. Touches files; no node runs.
internal import CBOR
internal import Foundation
internal import GRDB
public import Raft

/// A backup becomes a cluster again: every node of the new cluster restores the same file, and then starts. Their logs begin
/// after what the backup holds, as after a snapshot. It is another cluster, under another name: what the old one acknowledged
/// after the backup is not in it, so nobody of the old one may meet it.
public enum StoreRestore {
  /// The term of the log's beginning: the same on every node, and lower than any that the cluster will elect a leader in.
  private static let term: Term = 1

  /// - Parameters:
  ///   - backup: as `NodeStore.backup` made it. It is not changed.
  ///   - directory: missing, or without a store.
  ///   - identity: the new one. Its cluster's name must not be the backup's.
  ///   - membership: who votes at the beginning, the same on every node of the new cluster.
  /// - Returns: the point that was restored.
  /// - Throws: `.backupRefused` in words; `.damaged` when the backup is not what was written. A failure in the middle leaves a
  ///   directory that no node starts from: remove it and repeat.
  @discardableResult
  public static func run(
    backup: String, directory: String, identity: StoreIdentity, membership: Membership
  ) throws(StoreError) -> BackupDescription {
    try run(
      backup: backup, directory: directory, identity: identity, membership: membership,
      adjusting: { _ in [] })
  }

  /// What a backup holds of each partition is of that partition's last checkpoint, so two partitions need not be of one
  /// moment.
  /// - Parameter adjusting: is given the partitions' own tables (types that begin with `$`), and says what has to change in
  ///   them for the partitions to fit each other. It must give the same on every node. Only `puts` and `deletes` count.
  package static func run(
    backup: String, directory path: String, identity: StoreIdentity, membership: Membership,
    adjusting: ([PartitionID: LoadedPartition]) throws -> [PartitionCheckpoint],
    files: any StoreFiles = RealFiles()
  ) throws(StoreError) -> BackupDescription {
    let description = try BackupDescription.read(backup, files: files)
    guard description.cluster != identity.cluster else {
      throw .backupRefused(
        detail:
          "it is of the cluster \"\(identity.cluster)\" itself; give the restored cluster a new name, because the nodes of "
          + "the old one must not talk to it")
    }
    let directory = DataDirectory(path: path, files: files)
    try files.prepareDirectory(path)
    let lock = try files.lock(directory.lockFile)
    defer { withExtendedLifetime(lock) {} }
    // SQLite would put the pages of an old WAL over those of the backup, and an old marker would have the next start doubt
    // the files that are made here.
    for file in [
      directory.logFile, directory.logFile + "-wal", directory.stateFile, directory.stateFile + "-wal",
      directory.suspectMarker, directory.cutMarker, directory.assignedMarker, directory.supersededMarker,
    ] where try files.isThere(file) {
      throw .backupRefused(detail: "\(file) is there already; restore into an empty directory")
    }
    // The log is made last: a state file without a log is refused at a start.
    try makeState(backup, description, directory, identity, membership, adjusting)
    let log = try LogFile(path: directory.logFile, files: files, identity: identity, durability: .full)
    try log.close()
    try directory.sync()
    return description
  }

  private static func makeState(
    _ backup: String, _ description: BackupDescription, _ directory: DataDirectory,
    _ identity: StoreIdentity, _ membership: Membership,
    _ adjusting: ([PartitionID: LoadedPartition]) throws -> [PartitionCheckpoint]
  ) throws(StoreError) {
    let files = directory.files
    let file = directory.stateFile
    try files.copy(backup, to: file)
    let database = try DatabaseFile(path: file, files: files, durability: .full)
    let old = StoreIdentity(
      cluster: description.cluster, node: description.node, topology: description.topology)
    try StoreMigrations.state.run(on: database, identity: old)
    let members = try StoreError.mapping(file) { try CBOREncoder().encode(membership) }
    // Every node holds the state of the cluster itself.
    let equals = try StoreError.mapping(file) {
      try CBOREncoder().encode(Membership(voters: membership.voters))
    }
    try database.write { database in
      guard try BackupDescription.partitions(database, file: file) == description.partitions else {
        throw StoreError.damaged(file: backup, detail: "its rows are not those that it was made with")
      }
      for (key, value) in [
        ("cluster", identity.cluster), ("node", identity.node), ("topology", identity.topology),
        ("incarnation", "0"),
      ] {
        try database.execute(sql: "UPDATE meta SET value = ? WHERE key = ?", arguments: [value, key])
      }
      try BackupDescription.becomeState(database)
      // The new cluster's replicas are those that it is made with.
      try database.execute(sql: "DELETE FROM partition_snapshot; DELETE FROM partition_replica")
      try adjust(description, file, database, adjusting)
      for partition in description.partitions where partition.appliedIndex > 0 {
        // As after the installation of a snapshot: the first start has the log begin there.
        try StateFile.putMarker(
          partition: Int64(partition.partition), index: try StateFile.integer(partition.appliedIndex),
          term: Int64(term),
          membership: partition.partition == PartitionID.system.rawValue ? equals : members, database)
      }
    }
    try database.close()
    try files.sync(file)
    try directory.sync()
  }

  private static func adjust(
    _ description: BackupDescription, _ file: String, _ database: Database,
    _ adjusting: ([PartitionID: LoadedPartition]) throws -> [PartitionCheckpoint]
  ) throws {
    let reader = ActorRowReader(path: file)
    var tables: [PartitionID: LoadedPartition] = [:]
    for partition in description.partitions {
      let id = PartitionID(rawValue: partition.partition)
      tables[id] = LoadedPartition(
        appliedIndex: partition.appliedIndex,
        rows: try reader.tables(of: id, skipping: NodeStore.retiredType, database))
    }
    for change in try adjusting(tables) {
      let number = Int64(change.partition.rawValue)
      for key in change.deletes {
        try database.execute(
          sql:
            "DELETE FROM actor_row WHERE partition = ? AND actor_type = ? AND actor_id = ? AND row_key = ?",
          arguments: [number, key.actorType, key.actorID, key.rowKey])
      }
      for row in change.puts { try StateFile.put(row, partition: number, database) }
    }
  }
}
