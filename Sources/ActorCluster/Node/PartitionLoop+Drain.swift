// Leaderships that go to another node in order: because the node is drained, because a person wants it, and back to where they
// are spread.
internal import NodeStore
internal import PeerTransport
internal import Raft

/// What became of a leadership that a person wanted elsewhere.
enum HandOver: Equatable, Sendable {
  case begun
  case isThere
  case notLeader(NodeID?)
  case notCaughtUp
  case busy(NodeID?)
}

extension PartitionLoop {
  /// What a loop remembers of leaderships that it hands over.
  struct HandOvers {
    var spread = LeaderSpread()
    /// When each was last to be handed over because the node is drained.
    var drained: [PartitionID: Int64] = [:]
    var lastLook: Int64 = 0
  }

  /// How long after a leadership was to be handed over it is tried again, in milliseconds.
  private static let pause: Int64 = 1_000

  /// Hands leaderships over while the node is drained: one in a tick, so that they do not all stand still at once.
  func heedDrain(_ moment: Moment) {
    let now = moment.monotonic
    let operations = services.operations
    if now - handedOver.lastLook >= LeaderSpread.stride {
      handedOver.lastLook = now
      operations.setCannotLead(
        Set(hosts.values.filter(\.cannotLead).map(\.id)),
        notVoting: Set(hosts.values.filter(\.hasNoVote).map(\.id)), loop: number)
      let news = operations.peers(at: now)
      for partition in hosts.keys where hosts[partition]?.cannotLead == true {
        hosts[partition]?.unfit = Set(news.filter { $0.value.cannotLead.contains(partition) }.keys)
      }
    }
    guard operations.isDraining else { return }
    operations.observe(leads: services.ledNow.keys.sorted(), disk: services.disk, at: now)
    for partition in hosts.keys.sorted() {
      guard let host = hosts[partition], host.isLeader, host.raft.transferTarget == nil,
        now - (handedOver.drained[partition] ?? -Self.pause) >= Self.pause,
        let refuge = refuge(for: partition, host, at: now)
      else { continue }
      handedOver.drained[partition] = now
      hosts[partition]?.transferLeadership(to: refuge)
      return
    }
  }

  /// The node that should take a leadership from this one, which must not keep it.
  func refuge(for partition: PartitionID, _ host: PartitionHost, at now: Int64) -> NodeID? {
    services.disk.refuge(for: partition, at: now) { node in
      host.isCaughtUp(node) && services.clocks.mayLead(node, at: now)
        && services.operations.mayLead(node, partition, at: now)
    }
  }

  /// Hands one leadership at a time to the node that should have it, once that node has been up for a while.
  func spreadLeaders(_ moment: Moment) {
    let now = moment.monotonic
    guard handedOver.spread.isDue(at: now) else { return }
    for partition in hosts.keys.sorted() {
      guard let host = hosts[partition], host.isServing, host.raft.transferTarget == nil,
        let preferred = preferredLeader(of: partition), preferred != services.node,
        let since = connectedSince[preferred], now - since >= timing.settleMilliseconds,
        host.isCaughtUp(preferred), services.mayLead(preferred, at: now),
        services.operations.mayLead(preferred, partition, at: now),
        !services.operations.isPlaced(partition, at: now),
        handedOver.spread.mayHand(partition, to: preferred, upSince: since, at: now)
      else { continue }
      handedOver.spread.handed(partition, to: preferred, upSince: since, at: now)
      hosts[partition]?.transferLeadership(to: preferred)
      return
    }
  }

  /// Hands a leadership over because a person wants it.
  func handOver(_ partition: PartitionID, to node: NodeID) -> HandOver {
    guard let host = hosts[partition], host.isLeader else {
      return .notLeader(services.leader(of: partition))
    }
    guard node != services.node else { return .isThere }
    if let target = host.raft.transferTarget { return .busy(host.node(of: target)) }
    guard host.isCaughtUp(node) else { return .notCaughtUp }
    hosts[partition]?.transferLeadership(to: node)
    touched.insert(partition)
    scheduleDrain()
    return .begun
  }
}
