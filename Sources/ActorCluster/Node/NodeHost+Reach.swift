// Whose leaders this node reaches, and which others do.
internal import NIOConcurrencyHelpers
internal import NodeStore
internal import PeerTransport

extension NodeHost {
  /// For pings.
  var reachedLeaders: [UInt8] {
    let heard = peers.withLockedValue { $0.agreeing }
    return LeaderReach.bits(topology.placement.partitions) { partition in
      directory.leader(of: partition).map { $0 == services.node || heard.contains($0) } ?? false
    }
  }

  /// Whether a node that this one hears reaches the partition's leader, and so relays to it.
  func isRelayed(_ partition: PartitionID) -> Bool {
    reach.withLockedValue { $0.isReached(partition, at: clock.monotonic()) }
  }
}
