// A node's files in a simulation: what was written, and what of it survives a crash.
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
    for row in checkpoint.puts { rows[checkpoint.partition, default: [:]][row.key] = row }
    for key in checkpoint.deletes { rows[checkpoint.partition, default: [:]][key] = nil }
    checkpoints[checkpoint.partition] = checkpoint.appliedIndex
  }

  func log(_ partition: PartitionID) -> Log { logs[partition] ?? Log() }

  func load(_ partition: PartitionID) -> LoadedPartition {
    let sorted = (rows[partition] ?? [:]).values.sorted {
      ($0.actorType, $0.actorID, $0.rowKey) < ($1.actorType, $1.actorID, $1.rowKey)
    }
    return LoadedPartition(appliedIndex: checkpoints[partition] ?? 0, rows: sorted)
  }
}
