// What is deleted after its retention is gone at once and on every replica, and may begin anew.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Testing

@Suite struct RetentionTests {
  private typealias Host = HandDrivenHost

  /// A counter of 5 that has retired; nothing is written from here on but what the test says.
  private func retired() throws -> Host {
    var limits = PartitionLimits()
    limits.checkpointMilliseconds = 1_000_000_000
    limits.retention = ["counter": 1_000]
    (limits.retentionStep, limits.retentionStepMilliseconds, limits.retentionMilliseconds) = (1, 100, 100)
    var host = Host.serving(limits: limits)
    try host.increment(5, as: 1)
    host.settle()
    host.invoke("retire", try CBOREncoder().encode(Done()), as: Host.command(2))
    host.settle()
    host.checkpoint()
    return host
  }

  /// Its rows are still there until the next checkpoint. Replicas write theirs at different times, and must say the same.
  @Test func whoIsDeletedDoesNotComeBackFromOldRows() throws {
    var host = try retired()
    host.pass(5_000)
    host.settle()
    #expect(try host.value()?.value == 0)
    for _ in 0..<5 { host.pass(200) }
    #expect(try host.value()?.value == 0)
    try host.increment(3, as: 3)
    host.settle()
    host.checkpoint()
    #expect(try host.value()?.value == 3)
    var restarted = Host.serving(disk: host.disk)
    #expect(try restarted.value()?.value == 3)
  }

  /// Older nodes could not read the entry that deletes.
  @Test func nothingIsDeletedBelowTheFeatureLevel() throws {
    var host = try retired()
    host.setFeatureLevel(0)
    let before = host.records.count
    host.pass(5_000)
    host.settle()
    #expect(host.records.count == before)
    #expect(try host.value()?.value == 5)
    host.setFeatureLevel(1)
    host.pass(5_000)
    host.settle()
    #expect(try host.value()?.value == 0)
  }

  /// A disk that is full for long must not fill the log with deletions of the same.
  @Test func whoIsDeletedIsNotDeletedAgainBeforeThatIsWritten() throws {
    var host = try retired()
    let before = host.records.count
    for _ in 0..<20 {
      host.pass(1_000)
      host.settle()
    }
    #expect(host.records.count == before + 1)
    host.checkpoint()
    for _ in 0..<5 { host.pass(1_000) }
    #expect(host.disk.load(ActorKey(type: "counter", id: "a"), of: Host.partition).rows.isEmpty)
  }

  @Test func whatBeganAnewOutlivesTheDeletionOfOthers() throws {
    let partition = PartitionID(rawValue: 0)
    let (first, second) = (ActorKey(type: "counter", id: "a"), ActorKey(type: "counter", id: "b"))
    var dirty = DirtyRows()
    var changes = RecordChanges()
    changes.deleted = [first]
    dirty.add(changes, at: 1)
    changes = RecordChanges()
    changes.rows = [.put(RowID(actor: first, row: ""), [7])]
    dirty.add(changes, at: 2)
    changes = RecordChanges()
    changes.deleted = [second]
    dirty.add(changes, at: 3)
    let checkpoint = try dirty.takeCheckpoint(of: partition, at: 3)
    #expect(checkpoint.puts.map(\.value) == [[7]])
    #expect(checkpoint.deletedActors.map(\.actorID) == ["a", "b"])
  }
}
