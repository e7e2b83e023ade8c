// What the golden files hold, as code. Whoever changes the format makes the next pair with it: GoldenFilesTests writes one where
// the variable GOLDEN_OUTPUT says.
import Foundation
import GRDB
import NodeStore
import Raft

/// A small store with something of everything: entries, a truncation, a compacted log, rows, read-model rows, an installed snapshot.
enum GoldenStore {
  static let identity = StoreIdentity(cluster: "golden", node: "north", topology: "3 partitions")
  static let table = ReadModelTable(
    name: "interaction", keyColumn: "id",
    columns: [
      ReadModelColumn(name: "state", kind: .text), ReadModelColumn(name: "waited", kind: .integer),
      ReadModelColumn(name: "score", kind: .real),
    ])
  static let membership = Membership(voters: (1...3).map { ReplicaID(rawValue: $0) })
  static let snapshot = PartitionSnapshot(
    appliedIndex: 40,
    rows: [row("Agent", "Ärger", "", 12, []), row("WorkQueue", "{vip}", "new", 40, [0, 255, 7])],
    readModel: [
      SnapshotReadModelRow(
        table: "interaction", key: "n", index: 39,
        columns: ["state": .text("waiting"), "waited": .integer(-4), "score": .real(0.25)])
    ])
  static let snapshotBase = LogBase(index: 40, term: 6, membership: membership)

  static func row(
    _ type: String, _ id: String, _ key: String, _ index: UInt64, _ value: [UInt8]
  ) -> ActorRow {
    ActorRow(actorType: type, actorID: id, rowKey: key, index: index, value: value)
  }

  static func entries(_ range: ClosedRange<LogIndex>, term: Term) -> [LogEntry] {
    range.map { LogEntry(index: $0, term: term, payload: .command([UInt8(truncatingIfNeeded: $0), 2, 3])) }
  }

  /// Changes a closed state file behind the store's back.
  static func change(_ directory: String, _ sql: String) async throws {
    let queue = try DatabaseQueue(path: directory + "/state.db")
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  /// Partition 1: a log with a truncation and a checkpoint. Partition 2: compacted up to 4. Partition 3: an installed snapshot.
  static func make(in directory: String) async throws {
    let store = try NodeStore.open(directory: directory, identity: identity, readModels: [table])
    func append(_ partition: UInt32, _ request: PersistRequest) async throws {
      try await store.append(partition, request).get()
    }
    try await append(
      1,
      request(
        hardState: HardState(term: 2, vote: ReplicaID(rawValue: 1), commit: 3),
        entries: entries(1...5, term: 1)))
    try await append(1, request(truncateFrom: 4, entries: entries(4...6, term: 2)))
    try await append(2, request(hardState: HardState(term: 3, commit: 6), entries: entries(1...6, term: 3)))
    let change = ReadModelChange(
      table: "interaction", key: "a", columns: ["state": .text("x"), "waited": .integer(7)])
    try await store.checkpoint(
      PartitionCheckpoint(
        partition: PartitionID(rawValue: 1), appliedIndex: 3,
        puts: [row("Agent", "a", "state", 2, [1, 2, 3]), row("Agent", "a", "empty", 3, [])],
        readModel: [change])
    ).get()
    try await store.checkpoint(
      PartitionCheckpoint(
        partition: PartitionID(rawValue: 2), appliedIndex: 5, puts: [row("WorkQueue", "q", "r", 5, [9])])
    ).get()
    try await append(2, request(base: LogBase(index: 4, term: 3, membership: membership)))
    let bytes = try snapshot.encoded()
    let installed: Result<Void, StoreError> = await withCheckedContinuation { continuation in
      store.installSnapshot(PartitionID(rawValue: 3), base: snapshotBase, bytes: bytes) {
        continuation.resume(returning: $0)
      }
    }
    try installed.get()
    try await append(
      3,
      request(
        base: snapshotBase, resetsLog: true, hardState: HardState(term: 6, commit: 40),
        entries: entries(41...42, term: 6)))
    store.close()
  }
}
