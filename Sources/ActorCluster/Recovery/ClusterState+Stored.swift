// The cluster's state out of the files of a stopped node: pure.
internal import CBOR
internal import NodeStore
internal import Raft

extension ClusterState {
  /// As the whole log has it, whatever of it is known to be committed: when a node goes on alone, all of it counts.
  /// - Parameter loaded: the last checkpoint of the system group.
  /// - Returns: nil where nothing was founded, or where that cannot be read.
  init?(stored loaded: LoadedPartition, log: RecoveredLog?) {
    let rows = loaded.rows.filter {
      $0.actorType == ClusterActor.actorType && $0.actorID == ClusterActor.key.id
    }
    do {
      try self.init(
        id: ClusterActor.key.id, rows: rows.map { StateRow(key: $0.rowKey, value: $0.value) })
      for entry in log?.entries ?? [] where entry.index > loaded.appliedIndex {
        guard case .command(let bytes) = entry.payload else { continue }
        let record = try CBORDecoder().decode(LogRecord.self, from: bytes)
        guard record.actor == ClusterActor.key, !record.events.isEmpty else { continue }
        for event in try CBORDecoder().decode([ClusterEvent].self, from: record.events) {
          _ = apply(event, at: record.time)
        }
      }
    } catch {
      return nil
    }
    if isEmpty { return nil }
  }
}
