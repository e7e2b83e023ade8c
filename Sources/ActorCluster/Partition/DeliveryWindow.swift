// What a leader has under way between its outbox and other partitions: a pure value, not replicated.
package import NodeStore

/// Remembers what was sent and not acknowledged, and which acknowledgments came in or are owed. A new leader
/// starts with an empty one, and sends everything that its outbox holds again; watermarks make that harmless.
package struct DeliveryWindow: Sendable {
  private struct Line: Sendable {
    /// Last number sent.
    var sent: UInt64 = 0
    var acknowledged: UInt64 = 0
    var lastProgress: Int64 = 0
  }

  package static let resendMilliseconds: Int64 = 500

  private var lines: [PartitionID: Line] = [:]
  /// Acknowledgments from receivers that no record carries yet.
  private var toRecord: [PartitionID: UInt64] = [:]
  /// Committed watermarks that their senders were not told.
  private var owed: [PartitionID: UInt64] = [:]
  private var now: Int64 = 0
  package private(set) var oldestUnrecorded: Int64 = .max

  package init() {}

  /// What goes out next starts after this number, with room for so many.
  package func next(to partition: PartitionID, window: Int) -> (after: UInt64, room: Int) {
    let line = lines[partition] ?? Line()
    let after = max(line.sent, line.acknowledged)
    return (after, max(0, window - Int(clamping: after - line.acknowledged)))
  }

  package mutating func sent(to partition: PartitionID, upTo sequence: UInt64) {
    var line = lines[partition] ?? Line()
    if line.sent <= line.acknowledged { line.lastProgress = now }
    line.sent = max(line.sent, sequence)
    lines[partition] = line
  }

  package mutating func acknowledged(by partition: PartitionID, upTo sequence: UInt64) {
    var line = lines[partition] ?? Line()
    guard sequence > line.acknowledged else { return }
    line.acknowledged = sequence
    line.lastProgress = now
    lines[partition] = line
    toRecord[partition] = sequence
    oldestUnrecorded = min(oldestUnrecorded, now)
  }

  /// The receiver has a new leader, or refused: send from the last acknowledged on.
  package mutating func rewind(_ partition: PartitionID) {
    guard var line = lines[partition] else { return }
    line.sent = line.acknowledged
    lines[partition] = line
  }

  package mutating func tick(_ monotonic: Int64) {
    now = monotonic
    lines = lines.mapValues { line in
      guard line.sent > line.acknowledged, now - line.lastProgress > Self.resendMilliseconds else {
        return line
      }
      return Line(sent: line.acknowledged, acknowledged: line.acknowledged, lastProgress: now)
    }
  }

  /// Acknowledgments for the next record to carry.
  package mutating func takeToRecord() -> [OutboxAcknowledgment] {
    guard !toRecord.isEmpty else { return [] }
    defer {
      toRecord = [:]
      oldestUnrecorded = .max
    }
    return toRecord.keys.sorted().compactMap { key in
      toRecord[key].map { OutboxAcknowledgment(partition: key, sequence: $0) }
    }
  }

  /// The record that should have carried it was not accepted.
  package mutating func restoreToRecord(_ acknowledgments: [OutboxAcknowledgment]) {
    for acknowledgment in acknowledgments {
      toRecord[acknowledgment.partition] = max(
        toRecord[acknowledgment.partition] ?? 0, acknowledgment.sequence)
      oldestUnrecorded = min(oldestUnrecorded, now)
    }
  }

  package mutating func applied(from partition: PartitionID, _ sequence: UInt64) {
    owed[partition] = max(owed[partition] ?? 0, sequence)
  }

  package mutating func takeOwed() -> [(PartitionID, UInt64)] {
    defer { owed = [:] }
    return owed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
