// What people ask of a running node: to be drained, and to hand a leadership over. A shell around pure values; safe from any
// thread.
internal import NIOConcurrencyHelpers
internal import NodeStore
internal import PeerTransport

final class NodeOperations: Sendable {
  private struct State {
    var drain = NodeDrain()
    var peers = PeerNews()
    /// By loop.
    var cannotLead: [Int: Set<PartitionID>] = [:]
    /// When people chose the leaders of partitions.
    var placed: [PartitionID: Int64] = [:]
  }

  /// How long a leader that a person chose is left where it is, in milliseconds.
  static let placement: Int64 = 600_000

  private let state = NIOLockedValueBox(State())

  // MARK: this node

  var isDraining: Bool { state.withLockedValue { !$0.drain.isActive } }

  func beginDrain(at now: Int64) -> Bool { state.withLockedValue { $0.drain.begin(at: now) } }

  func endDrain() -> Bool { state.withLockedValue { $0.drain.end() } }

  func observe(leads: [PartitionID], disk: DiskMonitor, at now: Int64) {
    let fit = disk.status(at: now).peers.filter(\.value.mayLead).keys
    state.withLockedValue { state in
      guard !state.drain.isActive else { return }
      let news = state.peers.fresh(at: now)
      let hasRefuge = fit.contains { news[$0]?.phase == .active }
      // The system group is for nobody but the nodes, and goes with the rest.
      state.drain.observe(leads: leads.filter { $0 != .system }, hasRefuge: hasRefuge, at: now)
    }
  }

  func drain(at now: Int64) -> DrainStatus { state.withLockedValue { $0.drain.status(at: now) } }

  /// What a loop found of its partitions.
  func setCannotLead(_ partitions: Set<PartitionID>, loop: Int) {
    state.withLockedValue { state in
      if state.cannotLead[loop] ?? [] != partitions { state.cannotLead[loop] = partitions }
    }
  }

  /// A person chose the partition's leader.
  func place(_ partition: PartitionID, at now: Int64) { state.withLockedValue { $0.placed[partition] = now } }

  /// What pings say of this node.
  func news(version: String, at now: Int64) -> NodeNews {
    state.withLockedValue { state in
      state.placed = state.placed.filter { now - $0.value < Self.placement }
      return NodeNews(
        phase: state.drain.phase, cannotLead: state.cannotLead.values.reduce(into: []) { $0.formUnion($1) },
        placed: Set(state.placed.keys), version: version)
    }
  }

  // MARK: other nodes

  func received(_ news: NodeNews, from node: NodeID, at now: Int64) {
    state.withLockedValue { $0.peers.received(news, from: node, at: now) }
  }

  func peers(at now: Int64) -> [NodeID: NodeNews] { state.withLockedValue { $0.peers.fresh(at: now) } }

  func mayLead(_ node: NodeID, _ partition: PartitionID, at now: Int64) -> Bool {
    state.withLockedValue { $0.peers.mayLead(node, partition, at: now) }
  }

  /// Whether a person chose the partition's leader, here or at another node.
  func isPlaced(_ partition: PartitionID, at now: Int64) -> Bool {
    state.withLockedValue { state in
      state.placed[partition].map { now - $0 < Self.placement } ?? false
        || state.peers.isPlaced(partition, at: now)
    }
  }
}
