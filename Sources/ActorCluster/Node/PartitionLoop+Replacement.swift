// Replicas that come back under new ids: what the loop does as the leader of their partitions, and for its own.
internal import Logging
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

extension PartitionLoop {
  /// What a loop remembers of replacements.
  struct Replacements {
    /// As leader.
    var reconcilers: [PartitionID: ReplicaReplacement] = [:]
    /// Own replicas that were assigned and do not vote yet.
    var joining: Set<PartitionID> = []
    var lastRun: Int64 = 0
  }

  private static let pauseMilliseconds: Int64 = 250
  /// Partitions of this loop in which nodes are brought back at the same time: each may need a snapshot.
  private static let atOnce = 2

  /// An event of one replica: dropped if another has taken its place.
  nonisolated func submit(_ event: PartitionEvent, to partition: PartitionID, of replica: ReplicaID?) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        guard loop.hosts[partition]?.raft.id == replica else { return }
        loop.handle(event, partition)
      }
    }
  }

  // MARK: as leader

  nonisolated func asked(by node: ReplicaID, store: UInt64, _ need: ReplicaNeed) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        guard let host = loop.hosts[need.partition], host.isServing else { return }
        loop.replacements.reconcilers[need.partition, default: ReplicaReplacement()].asked(
          by: node, store: store, need, now: loop.services.moment().monotonic)
      }
    }
  }

  func replaceReplicas(_ moment: Moment) {
    guard moment.monotonic - replacements.lastRun >= Self.pauseMilliseconds else { return }
    replacements.lastRun = moment.monotonic
    var views: [PartitionID: ReplicaReplacement.View] = [:]
    for partition in hosts.keys.sorted() {
      guard var view = hosts[partition]?.replacementView else {
        // What this node assigned as an earlier leader it does not know any more.
        replacements.reconcilers[partition] = nil
        continue
      }
      view.target = self.view.target(of: partition)
      view.revision = self.view.state?.revision ?? 0
      views[partition] = view
    }
    reportPlacement(views)
    var room = Self.atOnce - views.values.count(where: ReplicaReplacement.isUnderWay)
    for (partition, view) in views.sorted(by: { $0.key < $1.key }) {
      let mayBegin = room > 0
      let wasUnderWay = ReplicaReplacement.isUnderWay(view)
      let steps = replacements.reconcilers[partition, default: ReplicaReplacement()].next(
        view, now: moment.monotonic, mayBegin: mayBegin)
      for step in steps where take(step, partition) && !wasUnderWay { room -= 1 }
    }
    for partition in replacements.joining.sorted() where hosts[partition]?.hasJoined == true {
      replacements.joining.remove(partition)
      services.joined(partition)
    }
  }

  /// Whether it was a change that began something.
  private func take(_ step: ReplicaReplacement.Step, _ partition: PartitionID) -> Bool {
    switch step {
    case .tell(let node, let replica, let store):
      guard let node = hosts[partition]?.node(of: node) else { return false }
      let epochs = services.epochs
      let number = ReplicaNaming.original(of: replica).rawValue
      let isWitness = view.target(of: partition)?.witnesses.contains(number)
      services.send(
        .replicaAssigned(
          ReplicaAssignedFrame(
            partition: partition, replica: replica, store: store, epochs: epochs.isEmpty ? nil : epochs,
            isWitness: isWitness)),
        to: node)
      return false
    case .dismiss(let node, let replica, let store):
      guard let node = hosts[partition]?.node(of: node) else { return false }
      services.send(
        .replicaDismissed(ReplicaAssignedFrame(partition: partition, replica: replica, store: store)),
        to: node)
      return false
    case .transfer(let heir):
      transfer(partition, to: heir)
      return false
    case .change(let change, let words):
      do {
        try hosts[partition]?.changeMembership(change)
      } catch {
        // Refused while another change is under way: asked again.
        return false
      }
      touched.insert(partition)
      services.logger.notice(
        "changing who has a replica", metadata: ["partition": "\(partition.label)", "because": "\(words)"])
      return true
    }
  }

  // MARK: own replicas

  /// Ends a replica whose id is to be given up, then calls `work` on the event loop: nothing of it is on its way to the
  /// store any more but what was asked for before.
  nonisolated func retire(_ partition: PartitionID, then work: @escaping @Sendable () -> Void) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        guard !loop.isStopped else { return }
        // Its callers get their answers.
        loop.hosts[partition]?.sendAllAway()
        loop.touched.insert(partition)
        loop.drain()
        loop.hosts[partition] = nil
        loop.replacements.joining.remove(partition)
      }
      work()
    }
  }

  /// Begins with a replica that takes the place of a retired one, or of none.
  nonisolated func install(_ host: PartitionHost) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        guard !loop.isStopped else { return }
        loop.hosts[host.id] = host
        loop.equip(host.id)
        loop.situate(host.id)
        loop.replacements.joining.insert(host.id)
        loop.touched.insert(host.id)
        loop.scheduleDrain()
      }
    }
  }

  /// Nothing is said, taken or written any more.
  nonisolated func halt() {
    eventLoop.execute { self.assumeIsolated { $0.stopNow() } }
  }
}
