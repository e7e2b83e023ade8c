// What people ask a data directory, of a running store and a stopped one.
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct StoreReportTests {
  @Test(arguments: [false, true])
  func usageSaysWhatUsesSpace(isRunning: Bool) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory, readModels: [GoldenStore.table])
    try await store.append(1, request(entries: (1...9).map { entry($0) })).get()
    try await store.append(1, request(entries: [entry(10)])).get()
    let rows = (0..<40).map {
      ActorRow(
        actorType: $0 < 10 ? "Agent" : "Queue", actorID: "a", rowKey: "r\($0)", index: 1,
        value: [UInt8](repeating: 1, count: 1000))
    }
    try await store.checkpoint(
      PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: 9, puts: rows)
    ).get()
    if !isRunning { store.close() }
    let usage = try StoreUsage.measure(directory: directory)
    #expect(usage.log.batches == 2 && usage.log.firstSequence == 1 && usage.log.lastSequence == 2)
    #expect(usage.log.bytes > 100)
    #expect(usage.actors.map(\.actorType) == ["Agent", "Queue"])
    #expect(usage.actors.map(\.rows) == [10, 30])
    #expect(usage.actors[1].bytes > 30_000 && usage.actors[1].bytes < 31_000)
    #expect(usage.stateFile.format == 2 && usage.stateFile.pageSize == 4096)
    #expect(usage.stateFile.tables.first?.name == "actor_row")
    #expect((usage.stateFile.tables.first?.bytes ?? 0) >= 40_000)
    #expect((usage.stateFile.walBytes > 0) == isRunning)
    store.close()
  }

  @Test func questionsAreAnsweredWithinLimits() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("golden")
    try await GoldenStore.make(in: directory)
    let answer = try StoreQuery.run(
      directory: directory, sql: "SELECT row_key, value, NULL FROM actor_row WHERE partition = 1 ORDER BY 1")
    #expect(answer.columns == ["row_key", "value", "NULL"])
    #expect(answer.rows == [["empty", "x''", nil], ["state", "x'010203'", nil]])
    let cut = try StoreQuery.run(directory: directory, sql: "SELECT 1 FROM actor_row", rowLimit: 2)
    #expect(cut.rows.count == 2 && cut.isCut)
    for sql in ["DELETE FROM actor_row", "SELECT 1; SELECT 2", "nonsense"] {
      let error = #expect(throws: StoreError.self) { try StoreQuery.run(directory: directory, sql: sql) }
      if case .damaged? = error { Issue.record("the question is wrong, not the file: \(sql)") }
    }
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    #expect {
      try StoreQuery.run(directory: directory, sql: endless, secondsLimit: 1)
    } throws: { error in
      "\(error)".contains("took too long")
    }
    #expect(
      StoreQuery.commandLine(directory: "/var/lib/a?b")
        == "sqlite3 -readonly 'file:/var/lib/a%3fb/state.db?mode=ro'")
  }
}
