// When a leadership is handed to the node that should have it by preference: a pure value.
package import NodeStore
package import PeerTransport

/// Leaders are spread over the nodes again after a node was away, one at a time. A node may not be able to keep what it is
/// given, for reasons that nobody else knows: each time a leadership comes back, it is left alone twice as long.
package struct LeaderSpread: Sendable {
  private struct Try: Sendable {
    var node: NodeID
    var at: Int64
    /// How often in a row it came back.
    var returns: Int
  }

  /// Between two leaderships that are handed over, so that they do not all move at once. Milliseconds.
  package static let stride: Int64 = 250
  /// How long a leadership that came back once is left alone, in milliseconds; doubled each time, up to an hour.
  package static let pause: Int64 = 30_000
  private static let doublings = 7

  private var last: Int64?
  private var tries: [PartitionID: Try] = [:]

  package init() {}

  package func isDue(at now: Int64) -> Bool { last.map { now - $0 >= Self.stride } ?? true }

  /// - Parameter since: when the node's process was first heard: one that has started anew may have become able.
  package func mayHand(_ partition: PartitionID, to node: NodeID, upSince since: Int64, at now: Int64) -> Bool
  {
    guard let before = tries[partition], before.node == node, since <= before.at else { return true }
    return now - before.at >= Self.pause << Int64(before.returns)
  }

  package mutating func handed(
    _ partition: PartitionID, to node: NodeID, upSince since: Int64, at now: Int64
  ) {
    last = now
    var returns = 0
    if let before = tries[partition], before.node == node, since <= before.at {
      // Kept for long, it did not come back because the node was unable.
      let isOld = now - before.at >= 4 * (Self.pause << Int64(before.returns))
      returns = isOld ? 0 : min(before.returns + 1, Self.doublings)
    }
    tries[partition] = Try(node: node, at: now, returns: returns)
  }
}
