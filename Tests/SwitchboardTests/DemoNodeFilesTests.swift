// Reading a stopped node's files: what a store wrote is what the count sees, and nothing is changed.
import ContactCenter
import Foundation
import NodeStore
import Switchboard
import Testing

struct DemoNodeFilesTests {
  @Test func readsWhatTheStoreWrote() async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/node-files-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let identity = StoreIdentity(cluster: "demo", node: "north")
    let store = try NodeStore.open(directory: directory, identity: identity, readModels: ReadModels.tables)
    let checkpoint = PartitionCheckpoint(
      partition: PartitionID(rawValue: 1), appliedIndex: 0,
      readModel: [
        ReadModelChange(
          table: "interaction", key: "i",
          columns: [
            "queue": .text("PS"), "state": .text("closed"), "agent": .text("ann"), "place": .integer(2),
            "priority": .integer(1), "arrived_ms": .integer(1_000), "answered_ms": .integer(1_500),
            "outcome": .text("completed"), "answers": .integer(1), "offers": .integer(3),
          ]),
        ReadModelChange(
          table: "agent", key: "ann",
          columns: ["state": .text("ready"), "slots": .integer(1), "capacity": .text("voice=1")]),
        ReadModelChange(
          table: "work_queue", key: "PS", columns: ["waiting": .integer(4), "reserving": .integer(5)]),
      ])
    try await withCheckedThrowingContinuation { continuation in
      store.checkpoint(checkpoint) { continuation.resume(with: $0) }
    }
    store.close()

    let snapshot = try NodeSnapshot(node: "north", directory: directory)
    #expect(
      snapshot
        == NodeSnapshot(
          node: "north",
          interactions: [
            "i": .init(
              queue: "PS", state: "closed", agent: "ann", place: 2, priority: 1, arrivedMs: 1_000,
              answeredMs: 1_500, outcome: "completed", answers: 1, offers: 3)
          ],
          agents: ["ann": .init(state: "ready", slots: 1, capacity: "voice=1")],
          queues: ["PS": .init(waiting: 4, reserving: 5)]))
    #expect(snapshot.waits == [0.5])

    // Reading is not opening: the next start is the second.
    let again = try NodeStore.open(directory: directory, identity: identity, readModels: ReadModels.tables)
    #expect(again.incarnation == 2)
    again.close()
  }

  @Test func aMissingFileIsAnError() {
    #expect(throws: StoreError.self) { try NodeSnapshot(node: "north", directory: "/nonexistent") }
  }
}
