// Bringing parts of a partition's state into memory, as everything above the store sees it.

extension NodeStore {
  /// The latest checkpoint of a partition, including those that were asked for before this call, without the rows of actors:
  /// only the tables of the partition itself (types that begin with `$`), but not that of retired actors, which only grows.
  public func loadTables(
    _ partition: PartitionID, completion: @escaping @Sendable (Result<LoadedPartition, StoreError>) -> Void
  ) {
    state.run(completion) { (file) throws(StoreError) in
      try file.loadTables(partition, skipping: Self.retiredType)
    }
  }

  /// The rows of single actors as the last checkpoints left them; all of one moment. Does not wait for checkpoints under way.
  public func loadActors(
    _ actors: [ActorName], of partition: PartitionID,
    completion: @escaping @Sendable (Result<[LoadedActor], StoreError>) -> Void
  ) {
    reader.read(completion) { reader, database in
      try actors.map { LoadedActor(name: $0, rows: try reader.rows(of: $0, in: partition, database)) }
    }
  }

  /// Rows of one type whose actor ids are in these ranges, in that order, the lowest first in each.
  public func oldestRows(
    ofType type: String, in ranges: [Range<String>], limit: Int, of partition: PartitionID,
    completion: @escaping @Sendable (Result<[ActorRow], StoreError>) -> Void
  ) {
    reader.read(completion) { reader, database in
      try reader.oldest(ofType: type, in: ranges, limit: limit, of: partition, database)
    }
  }

  /// The size of the state file without its WAL, in bytes; 0 when it cannot be told.
  public var stateBytes: Int { (try? directory.files.size(of: directory.stateFile)) ?? 0 }

  /// The table of actors that wait for the end of their retention.
  static let retiredType = "$retired"
}
