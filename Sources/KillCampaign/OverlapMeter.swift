// How many operations were under way at the same time. Pure.

/// Measures over all keys. An operation of unknown outcome counts as under way until its client gave it up, although the
/// checker keeps it open for ever.
package struct OverlapMeter: Sendable {
  private var open = 0
  private var invoked = 0
  private var pairs = 0
  private var area: Int64 = 0
  private var since: Int64
  private let start: Int64

  package init(now: Int64) {
    since = now
    start = now
  }

  package mutating func began(now: Int64) {
    advance(now)
    pairs += open
    open += 1
    invoked += 1
  }

  package mutating func ended(now: Int64) {
    advance(now)
    open -= 1
  }

  /// Operations under way, averaged over time.
  package var timeAverage: Double { since > start ? Double(area) / Double(since - start) : 0 }

  /// Other operations that were under way at some moment of an operation, averaged over operations.
  package var averageOverlap: Double { invoked > 0 ? 2 * Double(pairs) / Double(invoked) : 0 }

  private mutating func advance(_ now: Int64) {
    area += Int64(open) * (now - since)
    since = now
  }
}
