// A node's files in a simulation: what was written, and what of it survives a crash.
import ActorCluster
import NodeStore
import Raft

/// The log and checkpoints of one node. A crash loses what was not reported as persisted.
struct SimulatedDisk {
  struct Log {
    var hardState = HardState()
    var entries: [LogEntry] = []

    mutating func write(_ request: PersistRequest) {
      if let from = request.truncateFrom { entries.removeAll { $0.index >= from } }
      entries += request.entries
      if let state = request.hardState { hardState = state }
    }
  }

  private var logs: [PartitionID: Log] = [:]
  private var rows: [PartitionID: [ActorRowKey: ActorRow]] = [:]
  private var checkpoints: [PartitionID: UInt64] = [:]

  init() {}

  /// Makes a request durable.
  mutating func sync(_ request: PersistRequest, _ partition: PartitionID) {
    logs[partition, default: Log()].write(request)
  }

  mutating func write(_ checkpoint: PartitionCheckpoint) {
    for actor in checkpoint.deletedActors {
      rows[checkpoint.partition]?.keys
        .filter { $0.actorType == actor.actorType && $0.actorID == actor.actorID }
        .forEach { rows[checkpoint.partition]?[$0] = nil }
    }
    for row in checkpoint.puts { rows[checkpoint.partition, default: [:]][row.key] = row }
    for key in checkpoint.deletes { rows[checkpoint.partition, default: [:]][key] = nil }
    checkpoints[checkpoint.partition] = checkpoint.appliedIndex
  }

  func log(_ partition: PartitionID) -> Log { logs[partition] ?? Log() }

  /// The partition's own tables.
  func load(_ partition: PartitionID) -> LoadedPartition {
    LoadedPartition(
      appliedIndex: checkpoints[partition] ?? 0,
      rows: sorted(partition) { $0.actorType.hasPrefix("$") && $0.actorType != RetiredActor.rowType })
  }

  func load(_ actor: ActorKey, of partition: PartitionID) -> LoadedActor {
    LoadedActor(
      name: ActorName(actorType: actor.type, actorID: actor.id),
      rows: sorted(partition) { $0.actorType == actor.type && $0.actorID == actor.id })
  }

  func retired(_ ranges: [Range<String>], limit: Int, _ partition: PartitionID) -> [ActorRow] {
    let all = sorted(partition) { row in
      row.actorType == RetiredActor.rowType && ranges.contains { $0.contains(row.actorID) }
    }
    return Array(all.prefix(limit))
  }

  private func sorted(_ partition: PartitionID, where isWanted: (ActorRow) -> Bool) -> [ActorRow] {
    (rows[partition] ?? [:]).values.filter(isWanted).sorted {
      ($0.actorType, $0.actorID, $0.rowKey) < ($1.actorType, $1.actorID, $1.rowKey)
    }
  }
}
