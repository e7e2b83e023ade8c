// Partitions of a backup that are not of one moment: no later message may be lost, or wait forever.
import ActorCluster
import CBOR
import NodeStore
import Testing

@Suite struct RestoredMessagesTests {
  private let sender = PartitionID(rawValue: 2)
  private let receiver = PartitionID(rawValue: 5)

  private func message(_ number: Int) throws -> DurableMessage {
    try DurableMessage(to: ActorKey(type: "counter", id: "c\(number)"), method: "deposit", argument: number)
  }

  /// - Parameters:
  ///   - sent: so many messages.
  ///   - acknowledged: of those, in the sender's checkpoint.
  ///   - applied: in the receiver's; nil when the backup has not got it.
  private func tables(
    sent: Int, acknowledged: UInt64, applied: UInt64?
  ) throws -> [PartitionID: LoadedPartition] {
    var (outbox, rows, inbox) = (Outbox(), StoredRows(), StoredRows())
    for number in 1...max(1, sent) where number <= sent {
      rows.apply(try outbox.append(message(number), to: receiver, at: 3), at: 3)
    }
    if acknowledged > 0 {
      rows.apply(outbox.acknowledge(try acknowledgment(5, upTo: acknowledged)), at: 4)
    }
    var tables = [sender: LoadedPartition(appliedIndex: 4, rows: rows.sorted)]
    if let applied {
      var watermarks = Watermarks()
      if applied > 0 { inbox.apply(try watermarks.advance(sender, to: applied), at: 9) }
      tables[receiver] = LoadedPartition(appliedIndex: 9, rows: inbox.sorted)
    }
    return tables
  }

  /// What the two have after the restore, from their rows.
  private func restored(
    _ tables: [PartitionID: LoadedPartition]
  ) throws -> (outbox: Outbox, inbox: Watermarks) {
    let changes = try RestoredMessages.adjusted(tables)
    func rows(_ partition: PartitionID) -> [ActorRow] {
      var rows: [ActorRowKey: ActorRow] = [:]
      for row in tables[partition]?.rows ?? [] { rows[row.key] = row }
      for change in changes where change.partition == partition {
        for key in change.deletes { rows[key] = nil }
        for row in change.puts { rows[row.key] = row }
      }
      return rows.values.sorted {
        ($0.actorType, $0.actorID, $0.rowKey) < ($1.actorType, $1.actorID, $1.rowKey)
      }
    }
    var (outbox, inbox) = (Outbox(), Watermarks())
    for row in rows(sender) {
      try outbox.restore(partition: row.actorID, row: row.rowKey, value: row.value)
    }
    for row in rows(receiver) { try inbox.restore(partition: row.actorID, value: row.value) }
    return (outbox, inbox)
  }

  @Test(
    arguments: [
      // Of one moment: all applied; some under way; nothing yet.
      (4, 4, 4, []), (4, 2, 3, [4]), (4, 0, 0, [1, 2, 3, 4]), (0, 0, 0, []),
      // The receiver is ahead of what the sender remembers.
      (4, 2, 9, []), (0, 0, 3, []),
      // The sender no longer holds what the receiver has forgotten.
      (6, 4, 1, [5, 6]), (6, 6, 1, []), (6, 6, 0, []), (6, 5, nil, [6]),
    ] as [(Int, UInt64, UInt64?, [Int])])
  func whatIsSentLaterArrives(sent: Int, acknowledged: UInt64, applied: UInt64?, held: [Int]) throws {
    let tables = try tables(sent: sent, acknowledged: acknowledged, applied: applied)
    var (outbox, inbox) = try restored(tables)
    _ = try outbox.append(message(100), to: receiver, at: 20)
    let out = outbox.messages(to: receiver, after: 0, limit: 100, committed: .max)
    #expect(out.map(\.message) == (try (held + [100]).map(message)))
    // As the receiver does it: each must be the next one.
    for numbered in out {
      #expect(numbered.sequence == inbox[sender] + 1)
      _ = try inbox.advance(sender, to: numbered.sequence)
    }
    #expect(outbox.count == held.count + 1)
  }

  @Test func aReceiverForgetsSendersThatTheBackupHasNotGot() throws {
    var tables = try tables(sent: 0, acknowledged: 0, applied: 7)
    tables[sender] = nil
    #expect(try restored(tables).inbox[sender] == 0)
  }

  @Test func otherRowsStayAsTheyAre() throws {
    let tables = [
      sender: LoadedPartition(
        appliedIndex: 1,
        rows: [
          .init(
            actorType: "$session", actorID: "s", rowKey: "header", index: 1, value: [1])
        ])
    ]
    let changes = try RestoredMessages.adjusted(tables)
    #expect(changes.allSatisfy { $0.puts.isEmpty && $0.deletes.isEmpty })
  }
}
