// The position of one event stream, and what follows from it: a pure value.
package import NodeStore

/// Takes what the feed and the log say, in any overlap, and gives each change once.
package struct EventReader: Sendable {
  package var position: EventPosition
  private let types: DurableTypes

  package init(position: EventPosition, types: DurableTypes) {
    self.position = position
    self.types = types
  }

  package mutating func skip(_ partition: PartitionID, to index: UInt64) {
    let slot = Int(partition.rawValue)
    position.indices[slot] = max(position.indices[slot], index)
  }

  /// What the reader has not seen yet; nil if there is nothing in it for a reader.
  /// - Throws: `ClusterError.unavailable` when the reader would miss something: it has to resume.
  package mutating func read(_ item: FeedItem) throws -> ActorEvents? {
    switch item {
    case .record(let record): return try read(record)
    case .skipped(let partition, let index):
      guard position.indices[Int(partition.rawValue)] >= index else {
        throw ClusterError.unavailable(
          reason: "this node has the state of \(partition) at entry \(index) without the events before it",
          retryAfterMilliseconds: 0)
      }
      return nil
    }
  }

  private mutating func read(_ record: AppliedRecord) throws -> ActorEvents? {
    let slot = Int(record.partition.rawValue)
    guard record.index > position.indices[slot] else { return nil }
    position.indices[slot] = record.index
    guard let actor = record.actor, !record.events.isEmpty, let type = types.types[actor.type] else {
      return nil
    }
    return ActorEvents(
      actor: actor, time: record.time, events: try type.decodeEvents(record.events), position: position)
  }
}
