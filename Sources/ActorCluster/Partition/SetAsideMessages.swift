// Durable messages and timers that crash whoever decides them, kept for people: a pure value, part of the replicated state.
internal import CBOR
internal import NodeStore

/// What was set aside in a partition, by the entry that did it; the newest of them. Nothing reads them but people: `switchboard
/// ctl store look` shows the rows of type `$aside`.
package struct SetAsideMessages: Sendable {
  package static let rowType = "$aside"
  package static let capacity = 256

  /// What one row says.
  package struct Row: Codable, Equatable, Sendable {
    package var time: PartitionTime
    package var cause: LogRecord.Cause
    package var message: DurableMessage

    enum CodingKeys: Int, CodingKey {
      case time = 0
      case cause = 1
      case message = 2
    }
  }

  /// Indices of the entries, oldest first.
  package private(set) var indices: [UInt64] = []

  package init() {}

  package mutating func add(
    _ message: DurableMessage, because cause: LogRecord.Cause, at index: UInt64, time: PartitionTime
  ) throws -> [RowChange] {
    indices.append(index)
    var changes: [RowChange] = [
      .put(
        Self.row(index),
        try CBOREncoder().encode(Row(time: time, cause: cause, message: message)))
    ]
    while indices.count > Self.capacity { changes.append(.delete(Self.row(indices.removeFirst()))) }
    return changes
  }

  /// Rows come in order of their keys.
  package mutating func restore(row: String) throws {
    guard let index = UInt64(row, radix: 16) else {
      throw ClusterError.invalidCall("a stored row of a message set aside is named '\(row)'")
    }
    indices.append(index)
  }

  private static func row(_ index: UInt64) -> RowID {
    RowID(actor: ActorKey(type: rowType, id: "messages"), row: hex(index))
  }
}
