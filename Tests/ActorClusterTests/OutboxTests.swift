// The sender's outbox and the receiver's watermarks.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Testing

@Suite struct OutboxTests {
  private let east = PartitionID(rawValue: 3)
  private let west = PartitionID(rawValue: 10)

  private func message(_ number: Int) throws -> DurableMessage {
    try DurableMessage(to: ActorKey(type: "counter", id: "c\(number)"), method: "deposit", argument: number)
  }

  private func numbers(
    _ outbox: Outbox, _ partition: PartitionID, after: UInt64 = 0, limit: Int = 100, committed: UInt64 = .max
  ) -> [UInt64] {
    outbox.messages(to: partition, after: after, limit: limit, committed: committed).map(\.sequence)
  }

  @Test func messagesAreNumberedPerReceiverFromOne() throws {
    var outbox = Outbox()
    for number in 1...3 { _ = try outbox.append(message(number), to: east, at: 7) }
    let changes = try outbox.append(message(4), to: west, at: 8)
    #expect(numbers(outbox, east) == [1, 2, 3])
    #expect(numbers(outbox, west) == [1])
    #expect(outbox.messages(to: east, after: 1, limit: 1, committed: 7).map(\.message) == [try message(2)])
    #expect(outbox.destinations == [east, west])
    #expect(outbox.count == 4)
    #expect(changes.map(\.text) == ["put $outbox/10 0000000000000001", "put $outbox/10 next"])
  }

  @Test func onlyCommittedMessagesWithinTheLimitGoOut() throws {
    var outbox = Outbox()
    for number in 1...6 { _ = try outbox.append(message(number), to: east, at: UInt64(10 + number)) }
    #expect(numbers(outbox, east, committed: 10) == [])
    #expect(numbers(outbox, east, committed: 13) == [1, 2, 3])
    #expect(numbers(outbox, east, after: 2, committed: 14) == [3, 4])
    #expect(numbers(outbox, east, after: 1, limit: 2) == [2, 3])
    #expect(numbers(outbox, east, after: 6) == [])
    #expect(numbers(outbox, east, after: .max) == [])
    #expect(numbers(outbox, west) == [])
  }

  @Test func anAcknowledgmentDropsAPrefixAndNumbersAreNeverUsedAgain() throws {
    var outbox = Outbox()
    for number in 1...4 { _ = try outbox.append(message(number), to: east, at: 1) }
    let changes = outbox.acknowledge(try acknowledgment(3, upTo: 2))
    #expect(
      changes.map(\.text) == ["delete $outbox/3 0000000000000001", "delete $outbox/3 0000000000000002"])
    #expect(outbox.acknowledge(try acknowledgment(3, upTo: 1)) == [])
    #expect(outbox.acknowledge(try acknowledgment(9, upTo: 5)) == [])
    #expect(numbers(outbox, east) == [3, 4])
    #expect(numbers(outbox, east, after: 3) == [4])
    _ = outbox.acknowledge(try acknowledgment(3, upTo: 4))
    #expect(outbox.destinations == [])
    #expect(outbox.count == 0)
    _ = try outbox.append(message(5), to: east, at: 2)
    #expect(numbers(outbox, east) == [5])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func restoredFromRowsEqualsLive(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var live = Outbox()
    var rows = StoredRows()
    let partitions = [east, west, PartitionID(rawValue: 0)]
    for step in 1...300 {
      let partition = random.pick(partitions)
      if random.chance(oneIn: 3) {
        let upTo = random.next() % UInt64(step)
        rows.apply(live.acknowledge(try acknowledgment(partition.rawValue, upTo: upTo)))
      } else {
        rows.apply(try live.append(message(step), to: partition, at: UInt64(step)))
      }
      guard random.chance(oneIn: 10) else { continue }
      var restored = Outbox()
      for row in rows.sorted {
        try restored.restore(partition: row.actorID, row: row.rowKey, value: row.value)
      }
      #expect(restored.count == live.count, "seed \(seed), step \(step)")
      #expect(restored.destinations == live.destinations, "seed \(seed), step \(step)")
      for partition in partitions {
        #expect(
          restored.messages(to: partition, after: 0, limit: 1_000, committed: 0)
            == live.messages(to: partition, after: 0, limit: 1_000, committed: .max),
          "seed \(seed), step \(step)")
        // The next number is the same, also for a line that has drained.
        var next = live
        #expect(
          try restored.append(message(step), to: partition, at: 0)
            == next.append(message(step), to: partition, at: 0), "seed \(seed), step \(step)")
      }
    }
  }

  @Test func watermarksGoUpAndComeBackFromTheirRows() throws {
    var live = Watermarks()
    var rows = StoredRows()
    #expect(live[east] == 0)
    for sequence: UInt64 in 1...300 { rows.apply(try live.advance(east, to: sequence)) }
    rows.apply(try live.advance(west, to: 1))
    var restored = Watermarks()
    for row in rows.sorted { try restored.restore(partition: row.actorID, value: row.value) }
    #expect(restored == live)
    #expect(restored[east] == 300)
    #expect(restored[west] == 1)
  }

  @Test func rowsThatNameNoPartitionAreRefused() {
    var outbox = Outbox()
    var watermarks = Watermarks()
    #expect(throws: ClusterError.self) { try outbox.restore(partition: "x", row: "next", value: [1]) }
    #expect(throws: ClusterError.self) { try watermarks.restore(partition: "-1", value: [1]) }
    #expect(throws: (any Error).self) { try outbox.restore(partition: "1", row: "next", value: [0xFF]) }
  }
}
