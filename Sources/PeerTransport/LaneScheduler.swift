// Which lane may send its next piece. Pure: touches nothing.

/// Control first; then start-time fair queueing (Goyal, Vin, Cheng 1996) of the others with weights 8:4:1, by bytes.
///
/// Each lane has a tag: what it has sent, divided by its weight. The smallest tag is next, and of equal ones the higher
/// lane. A lane that had nothing to send comes back with the tag of the piece in service at least, so that silence earns no
/// claim.
///
/// Guarantees, with pieces of at most `p` bytes: a lane that comes back waits for no more than the piece in service and
/// those of lanes that are behind it; while several lanes wait, what two of them have sent, divided by their weights,
/// differs by at most two pieces.
package struct LaneScheduler: Hashable, Sendable {
  /// Bytes count so much more in a lane of less weight: 8/8, 8/4, 8/1.
  private static let costs: SIMD4<UInt64> = [0, 1, 2, 8]

  private var tags: SIMD4<UInt64> = .zero
  /// The tag of the piece taken last.
  private var now: UInt64 = 0
  private var waited: LaneSet = []

  package init() {}

  /// The lane whose piece goes out next; nil when none waits.
  package mutating func next(waiting: LaneSet) -> Lane? {
    guard !waiting.contains(Lane.control) else {
      waited.formIntersection(waiting)
      return .control
    }
    var best: Lane?
    var smallest = UInt64.max
    for index in 1...3 {
      guard let lane = Lane(rawValue: UInt8(index)), waiting.contains(lane) else { continue }
      if !waited.contains(lane) { tags[index] = max(tags[index], now) }
      if best == nil || tags[index] < smallest {
        best = lane
        smallest = tags[index]
      }
    }
    waited = waiting
    if best != nil { now = smallest }
    return best
  }

  /// A piece of so many bytes was taken from the lane.
  package mutating func took(_ bytes: Int, from lane: Lane) {
    tags[lane.index] &+= UInt64(bytes) &* Self.costs[lane.index]
  }
}
