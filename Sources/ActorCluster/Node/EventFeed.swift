// Committed records as they are applied on this node, for event streams.
internal import CBOR
internal import NIOConcurrencyHelpers
package import NodeStore

/// What event streams are told, in order for each partition.
package enum FeedItem: Sendable {
  case record(AppliedRecord)
  /// The node's replica has the effects of all entries up to `index`, and has not said which they are.
  case skipped(PartitionID, through: UInt64)
}

/// Hands every applied record to all subscribers. A subscriber that does not keep up within its buffer is ended,
/// never slowed down for and never given a gap: it resumes from its position.
package final class EventFeed: Sendable {
  package static let buffer = 16_384

  private struct State {
    var next: UInt64 = 1
    var subscribers: [UInt64: AsyncStream<FeedItem>.Continuation] = [:]
  }

  private let state = NIOLockedValueBox(State())

  package init() {}

  package func subscribe() -> AsyncStream<FeedItem> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: FeedItem.self, bufferingPolicy: .bufferingOldest(Self.buffer))
    let id = state.withLockedValue { state in
      defer { state.next += 1 }
      state.subscribers[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { _ in
      self.state.withLockedValue { _ = $0.subscribers.removeValue(forKey: id) }
    }
    return stream
  }

  package func publish(_ record: AppliedRecord) {
    guard record.actor != nil, !record.events.isEmpty else { return }
    hand(.record(record))
  }

  /// Ends those streams that have not seen all up to `index`, once they have read what came before.
  package func skipped(_ partition: PartitionID, through index: UInt64) {
    hand(.skipped(partition, through: index))
  }

  private func hand(_ item: FeedItem) {
    let subscribers = state.withLockedValue { Array($0.subscribers.values) }
    for subscriber in subscribers {
      if case .dropped = subscriber.yield(item) { subscriber.finish() }
    }
  }

  package func finish() {
    let subscribers = state.withLockedValue { Array($0.subscribers.values) }
    for subscriber in subscribers { subscriber.finish() }
  }
}

/// Where an event stream stands: the index of the last event seen of each partition. Its text is an event's id,
/// opaque to clients, and means the same on every node.
public struct EventPosition: Equatable, Sendable, CustomStringConvertible {
  package var indices: [UInt64]

  package init(indices: [UInt64]) {
    self.indices = indices
  }

  /// Hexadecimal CBOR. Nil for text that is no position of this cluster.
  public init?(_ text: String, placement: Placement) {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2), digits.count <= 20 * Int(placement.partitionCount) + 20 else {
      return nil
    }
    var bytes: [UInt8] = []
    for position in stride(from: 0, to: digits.count, by: 2) {
      guard let high = hexadecimalValue(digits[position]), let low = hexadecimalValue(digits[position + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    guard let indices = try? CBORDecoder().decode([UInt64].self, from: bytes),
      indices.count == Int(placement.partitionCount)
    else { return nil }
    self.indices = indices
  }

  public var description: String {
    let bytes = (try? CBOREncoder().encode(indices)) ?? []
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// One committed change of an actor.
public struct ActorEvents: Sendable {
  public let actor: ActorKey
  public let time: PartitionTime
  /// The events of the actor's type, in order.
  public let events: [any Sendable]
  /// Where a stream that has seen this stands.
  public let position: EventPosition
}
