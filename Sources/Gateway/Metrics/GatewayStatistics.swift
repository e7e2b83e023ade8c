// What a gateway counts. Safe from any thread; one per gateway.
internal import NIOConcurrencyHelpers

/// Requests and event streams of one gateway.
package final class GatewayStatistics: Sendable {
  package struct Snapshot: Equatable, Sendable {
    package var underWay = 0
    package var eventStreams = 0
    package var eventStreamsOpened = 0
    package var requests: [Answered: Int] = [:]
  }

  /// Requests are counted by what cannot grow without bound: method and status.
  package struct Answered: Hashable, Comparable, Sendable {
    package var method: String
    package var status: Int

    package init(method: String, status: Int) {
      self.method = method
      self.status = status
    }

    package static func < (left: Self, right: Self) -> Bool {
      (left.method, left.status) < (right.method, right.status)
    }
  }

  private static let methods: Set<String> = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]
  private let state = NIOLockedValueBox(Snapshot())

  package init() {}

  package var snapshot: Snapshot { state.withLockedValue { $0 } }

  /// False when `limit` requests are under way: then nothing was counted.
  package func begin(limit: Int) -> Bool {
    state.withLockedValue { state in
      guard state.underWay < limit else { return false }
      state.underWay += 1
      return true
    }
  }

  package func end() { state.withLockedValue { $0.underWay -= 1 } }

  package func answered(method: String, status: Int) {
    let method = Self.methods.contains(method) ? method : "other"
    state.withLockedValue { $0.requests[Answered(method: method, status: status), default: 0] += 1 }
  }

  /// Nil when `limit` event streams are open.
  package func openEventStream(limit: Int) -> EventStreamLease? {
    let isOpen = state.withLockedValue { state in
      guard state.eventStreams < limit else { return false }
      state.eventStreams += 1
      state.eventStreamsOpened += 1
      return true
    }
    return isOpen ? EventStreamLease(self) : nil
  }

  fileprivate func closeEventStream() { state.withLockedValue { $0.eventStreams -= 1 } }
}

/// One open event stream. Its place is free again when the last reference to this is gone, whatever became of the request.
package final class EventStreamLease: Sendable {
  private let statistics: GatewayStatistics

  fileprivate init(_ statistics: GatewayStatistics) { self.statistics = statistics }

  deinit { statistics.closeEventStream() }
}
