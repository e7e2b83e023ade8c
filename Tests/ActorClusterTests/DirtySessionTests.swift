// What a checkpoint writes of the session table: each row that the state file needs, and no row that nobody will read.
import ActorCluster
import NodeStore
import Testing

@Suite struct DirtySessionTests {
  private let session = SessionID(high: 0, low: 1)
  private let partition = PartitionID(rawValue: 0)

  private func id(_ sequence: UInt64) -> CommandID { CommandID(session: session, sequence: sequence) }

  private func put(_ sequence: UInt64) -> SessionChange {
    .reply(id(sequence), StoredReply(reply: [UInt8(sequence)], fingerprint: 7))
  }

  private func delete(_ sequence: UInt64) -> SessionChange { .reply(id(sequence), nil) }

  private func checkpoint(_ changes: [SessionChange], _ dirty: inout DirtyRows) throws -> PartitionCheckpoint
  {
    for (index, change) in changes.enumerated() {
      var record = RecordChanges()
      record.sessions = [change]
      dirty.add(record, at: UInt64(index + 1))
    }
    return try dirty.takeCheckpoint(of: partition, at: UInt64(changes.count))
  }

  @Test func aReplyThatIsForgottenBeforeACheckpointIsNeverWritten() throws {
    var dirty = DirtyRows()
    let written = try checkpoint([put(1), put(2), delete(1), delete(2), put(3)], &dirty)
    #expect(written.puts.map(\.rowKey) == ["0000000000000003"])
    #expect(written.deletes == [])
  }

  @Test func aReplyThatIsInTheFileIsDeletedThere() throws {
    var dirty = DirtyRows()
    _ = try checkpoint([put(1)], &dirty)
    let second = try checkpoint([delete(1)], &dirty)
    #expect(second.deletes.map(\.rowKey) == ["0000000000000001"])
    #expect(second.puts == [])
  }

  /// A session that was dropped for its age may come back with the same ids.
  @Test func whatIsForgottenAgainIsDeletedIfTheFileHasTheFirst() throws {
    var dirty = DirtyRows()
    _ = try checkpoint([put(1)], &dirty)
    let second = try checkpoint([delete(1), put(1), delete(1)], &dirty)
    #expect(second.deletes.map(\.rowKey) == ["0000000000000001"])
    #expect(second.puts == [])
  }

  /// A state that is loaded while a checkpoint is being written is without it, and the file may have it: what is applied once
  /// more cannot be taken for unwritten (simulator, seed 17).
  @Test func whatACheckpointUnderWayMayHaveWrittenIsDeleted() throws {
    var dirty = DirtyRows(writtenThrough: 2)
    let again = try checkpoint([put(1), put(2), put(3), delete(1), delete(2), delete(3)], &dirty)
    #expect(again.deletes.map(\.rowKey) == ["0000000000000001", "0000000000000002"])
    #expect(again.puts == [])
  }

  @Test func theLastHeaderIsWritten() throws {
    var table = SessionTable()
    var dirty = DirtyRows()
    let changes = (1...3).flatMap { sequence in
      table.record(id(sequence), reply: [], firstOutstanding: sequence, at: 0)
    }
    let written = try checkpoint(changes, &dirty)
    #expect(written.puts.map(\.rowKey) == ["0000000000000003", "header"])
    var restored = SessionTable()
    for row in written.puts {
      try restored.restore(session: row.actorID, row: row.rowKey, value: row.value)
    }
    #expect(restored.lookup(id(2)) == .forgotten)
    #expect(restored.lookup(id(3)) == .replied([]))
  }
}
