// Rows that are not what was written are found, each in its place, and hurt nobody else.
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct StateIntegrityTests {
  private let table = GoldenStore.table

  /// Two partitions with a row each, one read-model row, one installed snapshot; closed.
  private func made(_ scratch: ScratchDirectory) async throws -> String {
    let directory = scratch.directory("golden")
    try await GoldenStore.make(in: directory)
    return directory
  }

  private func open(_ directory: String) throws -> NodeStore {
    try NodeStore.open(directory: directory, identity: GoldenStore.identity, readModels: [table])
  }

  private func change(_ directory: String, _ sql: String) async throws {
    try await GoldenStore.change(directory, sql)
  }

  @Test(arguments: [
    "value = x'010204'", "log_index = 1", "row_key = 'other'", "actor_id = 'b'", "partition = 2",
    "value = 'text'", "log_index = 'x'", "log_index = -1", "checksum = 7",
  ])
  func aChangedRowFailsItsPartitionOnly(change what: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    try await change(
      directory, "UPDATE actor_row SET \(what) WHERE actor_id = 'a' AND row_key = 'state'")
    let store = try open(directory)
    let bad = PartitionID(rawValue: what == "partition = 2" ? 2 : 1)
    let error = await #expect(throws: StoreError.self) { try await store.loadPartition(bad) }
    guard case .damaged(let file, let detail)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(file == directory + "/state.db")
    #expect(detail.hasPrefix("\(bad), actor Agent/") && detail.contains("row \""), "\(detail)")
    let other = PartitionID(rawValue: 3)
    let loaded = try await store.loadPartition(other)
    #expect(loaded.rows == GoldenStore.snapshot.rows)
    store.close()
    let verification = try StoreVerification.run(directory: directory)
    #expect(verification.damageCount == 1, "\(verification.findings)")
    #expect(verification.findings.first?.partition == bad.rawValue)
  }

  @Test(arguments: [
    ("UPDATE partition_checkpoint SET log_index = 2 WHERE partition = 1", "partition_checkpoint"),
    ("UPDATE partition_snapshot SET log_term = 2", "partition_snapshot"),
    ("UPDATE interaction SET waited = 8 WHERE id = 'a'", "interaction"),
    ("UPDATE interaction SET id = 'b' WHERE id = 'a'", "interaction"),
    ("UPDATE interaction SET score = 1.5 WHERE id = 'a'", "interaction"),
    ("UPDATE interaction SET log_checksum = NULL WHERE id = 'a'", "interaction"),
  ])
  func verifyFindsWhatNobodyLoads(sql: String, place: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    try await change(directory, sql)
    let verification = try StoreVerification.run(directory: directory)
    #expect(verification.damageCount == 1, "\(verification.findings)")
    #expect(verification.findings.first?.place == place)
  }

  @Test func aWrongAppliedIndexFailsTheLoad() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    try await change(directory, "UPDATE partition_checkpoint SET log_index = 2 WHERE partition = 1")
    let store = try open(directory)
    await #expect(throws: StoreError.self) { try await store.loadPartition(PartitionID(rawValue: 1)) }
    store.close()
  }

  /// Every kind of change of a read-model row, with columns that come later: its checksum stays that of all its columns.
  @Test func readModelChecksumsFollowPartialChanges() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let narrow = ReadModelTable(
      name: "interaction", keyColumn: "id", columns: [ReadModelColumn(name: "state", kind: .text)])
    func write(_ table: ReadModelTable, _ index: UInt64, _ changes: [String: SQLValue]) async throws {
      let store = try openStore(directory, readModels: [table])
      _ = await store.append(1, request(entries: [entry(index)]))
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: PartitionID(rawValue: 1), appliedIndex: index,
          readModel: [ReadModelChange(table: "interaction", key: "a", columns: changes)])
      ).get()
      store.close()
      #expect(try StoreVerification.run(directory: directory).findings == [], "after \(changes)")
    }
    try await write(narrow, 1, ["state": .text("x")])
    try await write(table, 2, ["waited": .integer(.max), "score": .real(-0.0)])
    try await write(table, 3, ["score": .real(.nan), "waited": .null])
    try await write(narrow, 4, ["state": .text("Ärger, 'quoted'")])
  }

  /// A header that is none any more: the state comes back from the log where that reaches back, and is missing elsewhere.
  @Test func aStateFileThatIsNoDatabaseIsSetAside() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    try flipBit(of: directory + "/state.db", at: 3)
    let store = try open(directory)
    #expect(store.stateMissing == [PartitionID(rawValue: 2), PartitionID(rawValue: 3)])
    #expect(store.openNotes.contains { $0.contains("cannot be opened") && $0.contains("set aside") })
    let loaded = try await store.loadPartition(PartitionID(rawValue: 1))
    #expect(loaded == LoadedPartition())
    store.close()
    #expect(FileManager.default.fileExists(atPath: directory + "/state.db.set-aside"))
    let again = try open(directory)
    #expect(again.stateMissing == [PartitionID(rawValue: 2), PartitionID(rawValue: 3)])
    again.close()
  }
}
