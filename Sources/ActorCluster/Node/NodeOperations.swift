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
    var notVoting: [Int: Set<PartitionID>] = [:]
    var placed = ChosenLeaders()
  }

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
  func setCannotLead(_ partitions: Set<PartitionID>, notVoting: Set<PartitionID>, loop: Int) {
    state.withLockedValue { state in
      if state.cannotLead[loop] ?? [] != partitions { state.cannotLead[loop] = partitions }
      if state.notVoting[loop] ?? [] != notVoting { state.notVoting[loop] = notVoting }
    }
  }

  /// What loops found to be without a vote that counts.
  var notVoting: Set<PartitionID> {
    state.withLockedValue { $0.notVoting.values.reduce(into: []) { $0.formUnion($1) } }
  }

  /// A person chooses the partition's leader.
  /// - Returns: what to hand to `unplace` if nothing comes of it.
  func place(_ partition: PartitionID, at now: Int64) -> ChosenLeaders.Choice? {
    state.withLockedValue { $0.placed.place(partition, at: now) }
  }

  func unplace(_ partition: PartitionID, to before: ChosenLeaders.Choice?) {
    state.withLockedValue { $0.placed.unplace(partition, to: before) }
  }

  /// What pings say of this node.
  func news(version: String, at now: Int64) -> NodeNews {
    state.withLockedValue { state in
      NodeNews(
        phase: state.drain.phase, cannotLead: state.cannotLead.values.reduce(into: []) { $0.formUnion($1) },
        placed: state.placed.current(at: now), version: version)
    }
  }

  // MARK: other nodes

  func received(_ news: NodeNews, from node: NodeID, at now: Int64) {
    state.withLockedValue { $0.peers.received(news, from: node, at: now) }
  }

  func disconnected(_ node: NodeID) { state.withLockedValue { $0.peers.disconnected(node) } }

  func peers(at now: Int64, within silence: Int64 = DiskPeers.silence) -> [NodeID: NodeNews] {
    state.withLockedValue { $0.peers.fresh(at: now, within: silence) }
  }

  func mayLead(_ node: NodeID, _ partition: PartitionID, at now: Int64) -> Bool {
    state.withLockedValue { $0.peers.mayLead(node, partition, at: now) }
  }

  /// See `PeerNews.mayGiveUp`.
  func mayGiveUp(_ partition: PartitionID, others: Set<NodeID>, own: NodeID, at now: Int64) -> Bool {
    state.withLockedValue { $0.peers.mayGiveUp(partition, others: others, own: own, at: now) }
  }

  /// Whether a person chose the partition's leader, here or at another node.
  func isPlaced(_ partition: PartitionID, at now: Int64) -> Bool {
    state.withLockedValue { state in
      state.placed.isPlaced(partition, at: now) || state.peers.isPlaced(partition, at: now)
    }
  }
}
