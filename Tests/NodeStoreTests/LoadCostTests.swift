// What a start reads does not grow with what is done with.
import GRDB
import GRDBSQLite
import NodeStore
import Raft
import Testing

@Suite struct LoadCostTests {
  private func row(_ type: String, _ id: Int) -> ActorRow {
    ActorRow(actorType: type, actorID: "\(id)", rowKey: "", index: 1, value: [1])
  }

  /// A partition's own tables, on both sides of one with many rows that is skipped.
  @Test func skippedTablesCostNothing() async throws {
    let scratch = try ScratchDirectory()
    let partition = PartitionID(rawValue: 3)
    var steps: [Int] = []
    for count in [10, 10_000] {
      let directory = scratch.directory("\(count)")
      let store = try openStore(directory)
      let kept = [row("$a", 1), row("$z", 1)]
      let skipped = (0..<count).map { row("$retired", $0) }
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: partition, appliedIndex: 1, puts: kept + skipped + [row("interaction", 1)])
      ).get()
      store.close()
      let database = try DatabaseQueue(path: directory + "/state.db")
      steps.append(
        try await database.read { database in
          let reader = ActorRowReader(path: database.description)
          #expect(try reader.tables(of: partition, skipping: "$retired", database) == kept)
          return try Self.steps(of: database) {
            _ = try reader.tables(of: partition, skipping: "$retired", database)
          }
        })
      let all = try await database.read {
        try ActorRowReader(path: "").tables(of: partition, skipping: nil, $0)
      }
      #expect(all.count == count + 2)
    }
    #expect(steps[0] > 10)
    #expect(steps[1] < 2 * steps[0], "\(steps)")
  }

  /// Instructions of SQLite's virtual machine.
  private static func steps(of database: Database, _ work: () throws -> Void) rethrows -> Int {
    let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    count.initialize(to: 0)
    defer { count.deallocate() }
    sqlite3_progress_handler(
      database.sqliteConnection, 1,
      { counter in
        counter?.assumingMemoryBound(to: Int.self).pointee += 1
        return 0
      }, count)
    defer { sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil) }
    try work()
    return count.pointee
  }
}
