// Snapshots and durable checkpoints, as everything above the store sees them.
public import Raft

extension NodeStore {
  /// Puts a snapshot in the place of a partition's rows, read-model rows and applied index, in one transaction, and syncs the
  /// state file. Afterwards have the log begin after it: `append` a request with this base and `resetsLog`. A crash in between
  /// is repaired by the next `open`, which has the log begin there.
  ///
  /// - Parameters:
  ///   - bytes: what `readSnapshot` gave another replica. They are checked and decoded here, on the state writer's queue.
  ///   - completion: success once it is on stable storage. `.unusableSnapshot` when the bytes are no snapshot, or one that is
  ///     older than the checkpoint or not at the base's index. After any failure the partition is as it was, or the store is
  ///     suspect and every later write of the state file fails.
  public func installSnapshot(
    _ partition: PartitionID, base: LogBase, bytes: [UInt8],
    completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    state.run(completion) { (file) throws(StoreError) in
      try file.install(partition, base: base, bytes: bytes)
    }
  }

  /// All rows of a partition, read models included, as its latest checkpoint left them: at `appliedIndex`. Encoded on the
  /// state writer's queue.
  public func readSnapshot(
    _ partition: PartitionID,
    completion: @escaping @Sendable (Result<EncodedSnapshot, StoreError>) -> Void
  ) {
    state.run(completion) { [faults = state.faults] (file) throws(StoreError) in
      try faults.beforeRead()
      return try file.snapshot(partition)
    }
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
