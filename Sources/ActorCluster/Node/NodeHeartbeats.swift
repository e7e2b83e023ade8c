// Heartbeats between nodes, for all their partitions together: a pure value.
package import NodeStore
package import PeerTransport

/// One heartbeat from a node to another: that it lives, what it leads, and how far it has heard the other.
///
/// Idle groups send nothing of their own (design: consensus). This stands for the heartbeats of all of them.
package struct AliveFrame: Codable, Equatable, Sendable {
  package struct Led: Codable, Equatable, Sendable {
    package var partition: PartitionID
    package var term: UInt64
    /// What is committed, as the leader knows it; nil of a version that does not say it, and before the leader's first tick.
    package var commit: UInt64?

    package init(partition: PartitionID, term: UInt64, commit: UInt64? = nil) {
      self.partition = partition
      self.term = term
      self.commit = commit
    }

    enum CodingKeys: Int, CodingKey {
      case partition = 0
      case term = 1
      case commit = 2
    }
  }

  /// Counts the heartbeats to this receiver.
  package var number: UInt64
  /// The last number that the sender has from this receiver.
  package var heard: UInt64
  /// What the sender leads, in order of partition.
  package var led: [Led]

  enum CodingKeys: Int, CodingKey {
    case number = 0
    case heard = 1
    case led = 2
  }
}

package struct NodeHeartbeats: Sendable {
  private struct Peer: Sendable {
    var sent: UInt64 = 0
    var heard: UInt64 = 0
  }

  /// A peer that has not heard the last few is not counted: the way to it may be cut in one direction.
  private static let tolerance: UInt64 = 3

  private var peers: [NodeID: Peer] = [:]

  package init() {}

  package mutating func next(to node: NodeID, led: [AliveFrame.Led]) -> AliveFrame {
    var peer = peers[node] ?? Peer()
    peer.sent += 1
    peers[node] = peer
    return AliveFrame(number: peer.sent, heard: peer.heard, led: led)
  }

  /// Whether the peer hears this node, too: then it counts for leaders here.
  package mutating func received(_ frame: AliveFrame, from node: NodeID) -> Bool {
    var peer = peers[node] ?? Peer()
    peer.heard = frame.number
    peers[node] = peer
    return frame.heard <= peer.sent && peer.sent - frame.heard <= Self.tolerance && frame.heard > 0
  }

  /// The peer's process is another than before: it starts to count anew.
  package mutating func forget(_ node: NodeID) { peers[node] = nil }
}
