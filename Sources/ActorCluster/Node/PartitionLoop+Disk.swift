// What partitions do on a disk that is full, short of room or slow, or with a clock that is off: they give their leaderships away, and wait.
internal import NIOCore
internal import NodeStore
internal import Raft

extension PartitionLoop {
  /// How long after a leadership was to be handed over it is tried again, in milliseconds. A transfer that does not come
  /// about holds up the partition's commands for a while.
  private static let handOverPause: Int64 = 3_000

  /// Has the partitions know what the disk is fit for, and hands leaderships over that must not stay.
  func heedDisk(_ moment: Moment) {
    let level = services.disk.level
    for partition in hosts.keys { hosts[partition]?.refusesCommands = !level.takesCommands }
    guard !level.mayLead || services.clocks.isOff else { return }
    for partition in hosts.keys.sorted() {
      guard let host = hosts[partition], host.isLeader, host.raft.transferTarget == nil,
        moment.monotonic - (handOvers[partition] ?? -Self.handOverPause) >= Self.handOverPause,
        let refuge = refuge(for: partition, host, at: moment.monotonic)
      else { continue }
      handOvers[partition] = moment.monotonic
      hosts[partition]?.transferLeadership(to: refuge)
    }
  }

  /// Writes a checkpoint, however long it takes until the disk has room. There is at most one of each partition.
  func write(_ checkpoint: PartitionCheckpoint, _ partition: PartitionID) {
    let replica = hosts[partition]?.raft.id
    services.store.checkpoint(checkpoint) { result in
      switch result {
      case .success: self.submit(.checkpointed(checkpoint.appliedIndex), to: partition, of: replica)
      case .failure(.diskFull):
        self.afterPause(partition, of: replica) { $0.writeAgain(checkpoint, partition) }
      case .failure(let error): self.storeFailed(error)
      }
    }
  }

  private func writeAgain(_ checkpoint: PartitionCheckpoint, _ partition: PartitionID) {
    guard let host = hosts[partition] else { return }
    switch host.retry(of: checkpoint) {
    case .write: write(checkpoint, partition)
    case .wait: afterPause(partition, of: host.raft.id) { $0.writeAgain(checkpoint, partition) }
    case .drop: hosts[partition]?.checkpointed(at: checkpoint.appliedIndex)
    }
  }

  /// Tries something again that found the disk full, unless another replica has taken the place of this one: what is left of it
  /// must not get into the other's files.
  nonisolated func afterPause(
    _ partition: PartitionID, of replica: ReplicaID?,
    _ work: @escaping @Sendable (isolated PartitionLoop) -> Void
  ) {
    eventLoop.scheduleTask(in: .seconds(1)) {
      self.assumeIsolated { loop in
        if !loop.isStopped, loop.hosts[partition]?.raft.id == replica { work(loop) }
      }
    }
  }
}
