// Durable messages on their way: the sender's outbox and the receiver's watermarks. Pure values, part of a
// partition's replicated state.
internal import CBOR
internal import DequeModule
package import NodeStore

/// A message with its number among those that one partition sends another.
package struct NumberedMessage: Codable, Equatable, Sendable {
  package var sequence: UInt64
  package var message: DurableMessage

  package init(sequence: UInt64, message: DurableMessage) {
    self.sequence = sequence
    self.message = message
  }

  enum CodingKeys: Int, CodingKey {
    case sequence = 0
    case message = 1
  }
}

/// What a partition has to deliver to each other one, in order, until the receiver has applied it.
package struct Outbox: Sendable {
  package static let rowType = "$outbox"
  private static let nextRow = "next"
  /// A batch of messages ends with the one that reaches this.
  private static let batchBytes = 1 << 20

  private struct Line: Sendable {
    var next: UInt64 = 1
    /// With the index of the log entry that sent it; 0 for one restored from a checkpoint.
    var messages: Deque<(numbered: NumberedMessage, index: UInt64)> = []
  }

  private var lines: [PartitionID: Line] = [:]
  /// Messages held, to all partitions together.
  package private(set) var count = 0

  package init() {}

  /// Partitions that messages are waiting for, in order.
  package var destinations: [PartitionID] {
    lines.filter { !$0.value.messages.isEmpty }.keys.sorted()
  }

  /// Numbers what is held for `partition` from 1 again, without the messages up to number `applied`.
  package mutating func beginAnew(to partition: PartitionID, after applied: UInt64) throws -> [RowChange] {
    guard let line = lines.removeValue(forKey: partition) else { return [] }
    var changes: [RowChange] = line.messages.map { .delete(Self.row(partition, hex($0.numbered.sequence))) }
    changes.append(.delete(Self.row(partition, Self.nextRow)))
    count -= line.messages.count
    for message in line.messages where message.numbered.sequence > applied {
      changes += try append(message.numbered.message, to: partition, at: message.index)
    }
    return changes
  }

  /// Partitions that messages were ever sent to, in order.
  package var all: [PartitionID] { lines.keys.sorted() }

  package mutating func append(
    _ message: DurableMessage, to partition: PartitionID, at index: UInt64
  ) throws -> [RowChange] {
    var line = lines.removeValue(forKey: partition) ?? Line()
    let numbered = NumberedMessage(sequence: line.next, message: message)
    line.messages.append((numbered, index))
    line.next += 1
    count += 1
    let next = line.next
    lines[partition] = line
    return [
      .put(Self.row(partition, hex(numbered.sequence)), try CBOREncoder().encode(message)),
      .put(Self.row(partition, Self.nextRow), try CBOREncoder().encode(next)),
    ]
  }

  /// Drops what the receiver has applied.
  package mutating func acknowledge(_ acknowledgment: OutboxAcknowledgment) -> [RowChange] {
    guard var line = lines.removeValue(forKey: acknowledgment.partition) else { return [] }
    var changes: [RowChange] = []
    while let first = line.messages.first?.numbered, first.sequence <= acknowledgment.sequence {
      line.messages.removeFirst()
      count -= 1
      changes.append(.delete(Self.row(acknowledgment.partition, hex(first.sequence))))
    }
    lines[acknowledgment.partition] = line
    return changes
  }

  /// Up to `limit` messages to `partition` that come after number `sequence` and were sent by entries up to
  /// `committed`.
  package func messages(
    to partition: PartitionID, after sequence: UInt64, limit: Int, committed: UInt64
  ) -> [NumberedMessage] {
    guard let line = lines[partition], let first = line.messages.first?.numbered else { return [] }
    let skip = sequence < first.sequence ? 0 : Int(clamping: sequence - first.sequence + 1)
    var bytes = 0
    return line.messages.dropFirst(skip).prefix(limit).prefix { message in
      defer { bytes += message.numbered.message.argument.count }
      return message.index <= committed && bytes < Self.batchBytes
    }.map(\.numbered)
  }

  // MARK: rows

  package mutating func restore(partition text: String, row: String, value: [UInt8]) throws {
    guard let raw = UInt32(text) else {
      throw ClusterError.invalidCall("stored outbox row names no partition: '\(text)'")
    }
    let partition = PartitionID(rawValue: raw)
    var line = lines.removeValue(forKey: partition) ?? Line()
    if row == Self.nextRow {
      line.next = try CBORDecoder().decode(UInt64.self, from: value)
    } else if let sequence = UInt64(row, radix: 16) {
      // Rows come in order of key, and keys are fixed-width numbers: so do messages.
      let message = try CBORDecoder().decode(DurableMessage.self, from: value)
      line.messages.append((NumberedMessage(sequence: sequence, message: message), 0))
      count += 1
    }
    lines[partition] = line
  }

  private static func row(_ partition: PartitionID, _ key: String) -> RowID {
    RowID(actor: ActorKey(type: rowType, id: String(partition.rawValue)), row: key)
  }
}

/// How far the messages of each other partition have been applied here.
package struct Watermarks: Equatable, Sendable {
  package static let rowType = "$inbox"

  private var applied: [PartitionID: UInt64] = [:]

  package init() {}

  /// The number of the last message from `partition` that was applied; 0 for none.
  package subscript(partition: PartitionID) -> UInt64 { applied[partition] ?? 0 }

  /// Who has sent any; sorted.
  package var sources: [PartitionID] { applied.keys.sorted() }

  package mutating func advance(_ partition: PartitionID, to sequence: UInt64) throws -> [RowChange] {
    applied[partition] = sequence
    let id = RowID(actor: ActorKey(type: Self.rowType, id: String(partition.rawValue)), row: "")
    return [.put(id, try CBOREncoder().encode(sequence))]
  }

  package mutating func forgetAll() -> [RowChange] {
    defer { applied = [:] }
    return sources.map {
      .delete(RowID(actor: ActorKey(type: Self.rowType, id: String($0.rawValue)), row: ""))
    }
  }

  package mutating func restore(partition text: String, value: [UInt8]) throws {
    guard let raw = UInt32(text) else {
      throw ClusterError.invalidCall("stored watermark names no partition: '\(text)'")
    }
    applied[PartitionID(rawValue: raw)] = try CBORDecoder().decode(UInt64.self, from: value)
  }
}
