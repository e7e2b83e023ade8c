// Read models are tables that plain SQL reads.
import GRDB
import NodeStore
import Testing

@Suite struct ReadModelTests {
  private let table = ReadModelTable(
    name: "interaction", keyColumn: "id",
    columns: [
      ReadModelColumn(name: "order", kind: .text), ReadModelColumn(name: "waited", kind: .integer),
      ReadModelColumn(name: "score", kind: .real),
    ])

  private func checkpoint(_ index: UInt64, _ changes: [ReadModelChange]) -> PartitionCheckpoint {
    PartitionCheckpoint(partition: PartitionID(rawValue: 3), appliedIndex: index, readModel: changes)
  }

  @Test func rowsAreReadableWhileTheStoreIsOpen() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory, readModels: [table])
    let first = checkpoint(
      5,
      [
        ReadModelChange(
          table: "interaction", key: "a", columns: ["order": .text("O'Hara \"x\""), "waited": .integer(-4)]),
        ReadModelChange(table: "interaction", key: "b", columns: ["score": .real(0.5)]),
        ReadModelChange(table: "interaction", key: "c", columns: [:]),
      ])
    let second = checkpoint(
      6,
      [
        ReadModelChange(table: "interaction", key: "a", columns: ["score": .real(2), "waited": .null]),
        ReadModelChange(table: "interaction", key: "b", columns: nil),
        ReadModelChange(table: "interaction", key: "nobody", columns: nil),
      ])
    let errors = [await store.checkpoint(first).error, await store.checkpoint(second).error]
    #expect(errors == [nil, nil])
    var configuration = Configuration()
    configuration.readonly = true
    let reader = try DatabaseQueue(path: directory + "/state.db", configuration: configuration)
    let rows = try await reader.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, "order", waited, score, log_partition, log_index FROM interaction ORDER BY id
          """
      ).map { row in
        row.map { "\($0.0)=\(String.fromDatabaseValue($0.1) ?? $0.1.description)" }.joined(separator: " ")
      }
    }
    #expect(
      rows == [
        "id=a order=O'Hara \"x\" waited=NULL score=2.0 log_partition=3 log_index=6",
        "id=c order=NULL waited=NULL score=NULL log_partition=3 log_index=5",
      ])
    try reader.close()
    store.close()
  }

  @Test func newColumnsAreAddedAndOldOnesKept() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let old = try openStore(directory, readModels: [table])
    _ = await old.checkpoint(
      checkpoint(1, [ReadModelChange(table: "interaction", key: "a", columns: ["waited": .integer(1)])]))
    old.close()
    var wider = table
    wider.columns.append(ReadModelColumn(name: "channel", kind: .text))
    let new = try openStore(directory, readModels: [wider])
    let error = await new.checkpoint(
      checkpoint(2, [ReadModelChange(table: "interaction", key: "a", columns: ["channel": .text("voice")])])
    ).error
    #expect(error == nil)
    new.close()
    // The older version again.
    let again = try openStore(directory, readModels: [table])
    again.close()
    let row = try await DatabaseQueue(path: directory + "/state.db").read { database in
      try Row.fetchOne(database, sql: "SELECT waited, channel FROM interaction").map { "\($0)" }
    }
    #expect(row == "[waited:1 channel:\"voice\"]")
  }

  @Test func changedKindOrKeyIsRefused() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try openStore(directory, readModels: [table]).close()
    var changed = table
    changed.columns[1].kind = .text
    let otherKey = ReadModelTable(name: "interaction", keyColumn: "key", columns: [])
    for declaration in [changed, otherKey] {
      #expect {
        try openStore(directory, readModels: [declaration])
      } throws: { error in
        guard case StoreError.invalidReadModel(table: "interaction", _) = error else { return false }
        return true
      }
    }
  }

  @Test(arguments: [
    "", "1st", "a b", "a\"; DROP TABLE meta; --", "größe", "sqlite_x", "actor_row", "META",
    String(repeating: "x", count: 64),
  ])
  func badTableNames(_ name: String) throws {
    let scratch = try ScratchDirectory()
    #expect {
      try openStore(
        scratch.directory("data"), readModels: [ReadModelTable(name: name, keyColumn: "id", columns: [])])
    } throws: { error in
      guard case StoreError.invalidReadModel = error else { return false }
      return true
    }
  }

  @Test(arguments: ["ID", "log_index", "LOG_partition", "a-b"])
  func badColumnNames(_ name: String) throws {
    let scratch = try ScratchDirectory()
    let table = ReadModelTable(
      name: "t", keyColumn: "id", columns: [ReadModelColumn(name: name, kind: .text)])
    #expect {
      try openStore(scratch.directory("data"), readModels: [table])
    } throws: { error in
      guard case StoreError.invalidReadModel = error else { return false }
      return true
    }
  }

  @Test(arguments: [
    ReadModelChange(table: "unknown", key: "a", columns: nil),
    ReadModelChange(table: "interaction", key: "a", columns: ["nothing": .null]),
    ReadModelChange(table: "interaction", key: "a", columns: ["waited": .text("long")]),
  ])
  func badChangesTakeTheWholeCheckpointBack(_ change: ReadModelChange) async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"), readModels: [table])
    var checkpoint = checkpoint(1, [change])
    checkpoint.puts = [ActorRow(actorType: "Agent", actorID: "a", rowKey: "k", index: 1, value: [1])]
    let error = await store.checkpoint(checkpoint).error
    guard case .invalidRequest? = error else {
      Issue.record("\(change) was accepted: \(String(describing: error))")
      return
    }
    let loaded = try await store.loadPartition(PartitionID(rawValue: 3))
    #expect(loaded == LoadedPartition())
    store.close()
  }
}
