// Whose replicas are in these files, and what the node remembers of its peers, as everything above the store sees it.
public import Raft

extension NodeStore {
  /// Names these files: random, made with the log file. Another one under the same node's name means that its disk was lost.
  public var storeID: UInt64 { memory.store }

  /// Names this run: random, made by every `open`. Two runs with the same incarnation have begun from the same copy.
  public var life: UInt64 { memory.life }

  /// The partitions and nodes that the files were made for: see `StoreIdentity`.
  public var topology: String { memory.topology }

  /// These files took the place of others that were lost: no replica in them has a past, and each is assigned its id by the
  /// partition's leader.
  public var isAssignedOnly: Bool { memory.isAssignedOnly }

  /// The replica under which each partition's log is kept, as found at `open`. One that is missing here is the replica that
  /// the node was made with, unless `isAssignedOnly`.
  public var replicaIDs: [PartitionID: ReplicaID] { memory.replicas }

  /// What was remembered of the node's peers at `open`.
  public var peers: [RememberedPeer] { memory.peers }

  /// The number of the last batch that was in the log at `open`.
  public var foundSequence: UInt64 { memory.found }

  /// The number of the last batch that is on stable storage.
  public var durableSequence: UInt64 { max(memory.found, statistics().sequence) }

  /// Partitions whose files here must not be used any more, with the reason in words: each has to be assigned a new replica.
  public var unusablePartitions: [PartitionID: String] { memory.unusable }

  /// Makes this partition's files here those of another replica: what the log and the state have of it becomes void. In
  /// order with `append`.
  ///
  /// The replica before must not use the store any more: nothing of it may be on its way.
  /// - Parameter completion: success once it is on stable storage. A failure is final, as of `append`.
  public func assignReplica(
    _ partition: PartitionID, _ replica: ReplicaID,
    completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    log.append(LogWrite(.assignment(partition, replica))) { [state] result in
      guard case .success = result else { return completion(result) }
      // A crash before this is noticed by the next `open`, which deletes the rows then.
      state.run(completion) { (file) throws(StoreError) in try file.assign(partition, to: replica) }
    }
  }

  /// Remembers a peer for good. In order with `append`, and durable like it.
  public func rememberPeer(
    _ peer: RememberedPeer, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    log.append(LogWrite(.peer(peer)), completion: completion)
  }

  /// The data directory.
  package var path: String { directory.path }

  /// Leaves a marker, so that no later start takes this directory for what the node has acknowledged.
  public func markSuspect(_ reason: String) { directory.markSuspect(reason) }
}
