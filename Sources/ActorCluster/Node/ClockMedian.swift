// The voters' clocks as this node knows them: a pure value.
package import PeerTransport
internal import PlantedBugs

/// The median of a majority of the nodes' wall clocks, from what their pings said (design: partition time).
package struct ClockMedian: Sendable {
  private struct Reading: Sendable {
    /// The node's wall clock less our monotonic clock, milliseconds.
    var offset: Int64
    var taken: Int64
  }

  package static let staleMilliseconds: Int64 = 10_000

  /// The year 10889: a peer may say anything, and arithmetic on it must not overflow.
  private static let latest: Int64 = 1 << 48

  /// A longer one says nothing of the way.
  private static let longestRoundTrip: Int64 = 2_000

  /// Of all nodes of the cluster.
  package var nodeCount: Int
  private var readings: [NodeID: Reading] = [:]

  package init(nodeCount: Int) {
    self.nodeCount = nodeCount
  }

  /// - Parameters:
  ///   - wall: what the node read on its clock, half a round trip ago.
  ///   - roundTrip: to the node and back, in milliseconds; 0 while it is not known.
  package mutating func observe(_ node: NodeID, wall: Int64, roundTrip: Int64 = 0, monotonic: Int64) {
    let way = min(max(0, roundTrip), Self.longestRoundTrip) / 2
    readings[node] = Reading(
      offset: min(max(wall, 0), Self.latest) + way - monotonic, taken: monotonic)
  }

  /// Milliseconds since 1970; nil while fewer than a majority of clocks are known. Of an even number the lower
  /// of the two middle ones, so that one fast clock out of two does not count.
  package func median(monotonic: Int64) -> Int64? {
    let fresh = readings.values.filter { monotonic - $0.taken <= Self.staleMilliseconds }
      .map(\.offset).sorted()
    guard fresh.count * 2 > nodeCount else { return nil }
    return fresh[isPlanted(.fireTimerEarly) ? fresh.count - 1 : (fresh.count - 1) / 2] + monotonic
  }

  /// How far clocks may be apart that count as one opinion.
  package static let agreementMilliseconds: Int64 = 5_000

  /// The median, if a majority of the nodes' clocks are near it: of two that are left of three, one of which is in 1970,
  /// nobody can say which is right. Partition time then goes by the monotonic clock.
  package func agreed(monotonic: Int64) -> Int64? {
    guard let median = median(monotonic: monotonic) else { return nil }
    let near = readings.values.count {
      monotonic - $0.taken <= Self.staleMilliseconds
        && ($0.offset + monotonic - median).magnitude <= Self.agreementMilliseconds.magnitude
    }
    return near * 2 > nodeCount || isPlanted(.fireTimerEarly) ? median : nil
  }

  /// A node's wall clock less the agreed median, in milliseconds; nil where one of them is not known.
  package func offset(of node: NodeID, monotonic: Int64) -> Int64? {
    guard let reading = readings[node], monotonic - reading.taken <= Self.staleMilliseconds,
      let median = agreed(monotonic: monotonic)
    else { return nil }
    return reading.offset + monotonic - median
  }

  /// Of all nodes that are heard.
  package func offsets(monotonic: Int64) -> [NodeID: Int64] {
    readings.reduce(into: [:]) { offsets, reading in
      offsets[reading.key] = offset(of: reading.key, monotonic: monotonic)
    }
  }
}
