// Snapshots and durable checkpoints, as everything above the store sees them.
public import Raft

extension NodeStore {
  /// Puts a snapshot in the place of a partition's rows, read-model rows and applied index, in one transaction, and syncs the
  /// state file. Afterwards have the log begin after it: `append` a request with this base and `resetsLog`. A crash in between
  /// is repaired by the next `open`, which has the log begin there.
  ///
  /// - Parameter completion: success once it is on stable storage. `.invalidRequest` when the snapshot is older than the
  ///   checkpoint or not at the base's index. After any failure the partition is as it was, or the store is suspect and every
  ///   later write of the state file fails.
  public func installSnapshot(
    _ partition: PartitionID, base: LogBase, snapshot: PartitionSnapshot,
    completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    state.run(completion) { (file) throws(StoreError) in
      try file.install(partition, base: base, snapshot: snapshot)
    }
  }

  /// All rows of a partition, read models included, as its latest checkpoint left them: at `appliedIndex`.
  public func readSnapshot(
    _ partition: PartitionID,
    completion: @escaping @Sendable (Result<PartitionSnapshot, StoreError>) -> Void
  ) {
    state.run(completion) { (file) throws(StoreError) in try file.snapshot(partition) }
  }

  /// Makes every checkpoint that was asked for before this call durable. The log of a partition may be compacted up to the
  /// index that is given for it, and no further.
  ///
  /// - Parameter completion: the applied index of each partition that has a checkpoint. A failed sync is final: the directory
  ///   is marked as suspect, and every later write of the state file fails.
  public func syncState(
    completion: @escaping @Sendable (Result<[PartitionID: UInt64], StoreError>) -> Void
  ) {
    state.run(completion) { (file) throws(StoreError) in try file.sync() }
  }
}
