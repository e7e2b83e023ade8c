// Which nodes reach the leaders of which partitions, by what they say: a pure value.
package import NodeStore
package import PeerTransport

/// A node that is cut off from a leader, and not from a majority, has its calls relayed by one that says here that it reaches it.
package struct LeaderReach: Sendable {
  private struct Peer: Sendable {
    var bits: [UInt8]
    var at: Int64
  }

  /// Pings come twice a second.
  package static let silence: Int64 = 2_000

  private var peers: [NodeID: Peer] = [:]

  package init() {}

  /// A bit for each partition: the lowest of the first byte is partition 0.
  package static func bits(_ partitions: [PartitionID], _ reaches: (PartitionID) -> Bool) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: ((partitions.map(\.rawValue).max().map(Int.init) ?? -1) + 8) / 8)
    for partition in partitions where reaches(partition) {
      bits[Int(partition.rawValue) / 8] |= 1 << (partition.rawValue % 8)
    }
    return bits
  }

  /// - Parameter bits: nil of a version that does not say it.
  package mutating func received(_ bits: [UInt8]?, from node: NodeID, at now: Int64) {
    peers[node] = bits.map { Peer(bits: Array($0.prefix(8_192)), at: now) }
  }

  /// Whether another node reaches the partition's leader.
  package func isReached(_ partition: PartitionID, at now: Int64) -> Bool {
    peers.values.contains { peer in
      let byte = Int(partition.rawValue) / 8
      return now - peer.at <= Self.silence && byte < peer.bits.count
        && peer.bits[byte] & 1 << (partition.rawValue % 8) != 0
    }
  }
}
