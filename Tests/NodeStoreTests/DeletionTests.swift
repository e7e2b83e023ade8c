// Whole actors are deleted by a checkpoint, and what they used goes back to the file system.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct DeletionTests {
  private let partition = PartitionID(rawValue: 1)

  private func row(_ id: String, _ key: String, _ index: UInt64, _ value: [UInt8] = [1]) -> ActorRow {
    ActorRow(actorType: "Interaction", actorID: id, rowKey: key, index: index, value: value)
  }

  /// Deleted actors go first: what the same checkpoint puts stays.
  @Test func deletedActorsAreGoneAndNobodyElse() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    for number in 1...2 as ClosedRange<UInt32> {
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: PartitionID(rawValue: number), appliedIndex: 1,
          puts: [row("a", "1", 1), row("a", "2", 1), row("aa", "1", 1), row("b", "1", 1)])
      ).get()
    }
    try await store.checkpoint(
      PartitionCheckpoint(
        partition: partition, appliedIndex: 2, puts: [row("b", "new", 2)],
        deletedActors: [
          ActorName(actorType: "Interaction", actorID: "a"),
          ActorName(actorType: "Interaction", actorID: "b"),
          ActorName(actorType: "Agent", actorID: "aa"),
        ])
    ).get()
    let loaded = try await store.loadPartition(partition)
    #expect(loaded == LoadedPartition(appliedIndex: 2, rows: [row("aa", "1", 1), row("b", "new", 2)]))
    let other = try await store.loadPartition(PartitionID(rawValue: 2))
    #expect(other.rows.count == 4)
    store.close()
  }

  @Test func spaceIsGivenBackInSteps() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    let ids = (0..<300).map { "i\($0)" }
    let value = [UInt8](repeating: 7, count: 64 << 10)
    for (position, id) in ids.enumerated() {
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: partition, appliedIndex: UInt64(position) + 1,
          puts: [row(id, "r", UInt64(position) + 1, value)])
      ).get()
    }
    func pages() async throws -> (all: Int, free: Int) {
      var configuration = Configuration()
      configuration.readonly = true
      let reader = try DatabaseQueue(path: directory + "/state.db", configuration: configuration)
      defer { try? reader.close() }
      return try await reader.read { database in
        (
          all: try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0,
          free: try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        )
      }
    }
    let before = try await pages()
    #expect(before.all > 300 * 16)
    for start in stride(from: 0, to: 280, by: 40) {
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: partition, appliedIndex: 301 + UInt64(start),
          deletedActors: ids[start..<start + 40].map {
            ActorName(actorType: "Interaction", actorID: $0)
          })
      ).get()
    }
    // The steps are jobs that enqueue each other.
    while store.statistics().pendingStateJobs > 0 { try await Task.sleep(for: .milliseconds(5)) }
    let after = try await pages()
    #expect(after.all < before.all / 2, "\(before) \(after)")
    #expect(after.free <= 1024 + 256 || after.free * 4 <= after.all, "\(before) \(after)")
    store.close()
    let size = try FileManager.default.attributesOfItem(atPath: directory + "/state.db")[.size] as? NSNumber
    #expect((size?.intValue ?? .max) < before.all * 4096 / 2)
    let loaded = try await openAndLoad(directory)
    #expect(loaded.rows.count == 20)
  }

  private func openAndLoad(_ directory: String) async throws -> LoadedPartition {
    let store = try openStore(directory)
    defer { store.close() }
    return try await store.loadPartition(partition)
  }
}
