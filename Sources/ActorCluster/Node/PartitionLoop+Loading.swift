// What a partition asks of the state file to bring state into memory.
internal import Logging
internal import NodeStore
internal import Raft

extension PartitionLoop {
  func load(_ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.loadTables(partition) { self.submit(.loaded($0), to: partition, of: replica) }
  }

  func loadActors(_ actors: [ActorKey], epoch: UInt64, _ partition: PartitionID) {
    let names = actors.map { ActorName(actorType: $0.type, actorID: $0.id) }
    let replica = hosts[partition]?.raft.id
    let isAlone = view.isAlone
    services.store.loadActors(names, of: partition) { result in
      if case .failure(let error) = result, Self.isReadAgain(after: error, isAlone: isAlone) {
        return self.afterPause(partition, of: replica) { loop in
          loop.complain("actors cannot be loaded, and are tried again", "\(error)", partition)
          loop.loadActors(actors, epoch: epoch, partition)
        }
      }
      self.submit(.actorsLoaded(result, epoch: epoch), to: partition, of: replica)
    }
  }

  /// A file that somebody holds is free again soon. Where there is no other node that could take over and give the partition
  /// back, a disk that fails to read is asked again, too.
  private static func isReadAgain(after error: StoreError, isAlone: Bool) -> Bool {
    if case .io = error { return isAlone }
    return error.isRetryable
  }

  func findRetired(_ ranges: [Range<String>], limit: Int, _ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.oldestRows(ofType: RetiredActor.rowType, in: ranges, limit: limit, of: partition) {
      result in
      // Whatever keeps the file from being read shows elsewhere; this is asked again.
      self.submit(.retiredFound((try? result.get()) ?? []), to: partition, of: replica)
    }
  }
}
