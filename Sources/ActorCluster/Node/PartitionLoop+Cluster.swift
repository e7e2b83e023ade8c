// The cluster's state on its way between the system group and the partitions of a loop.
internal import CBOR
internal import Logging
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

extension PartitionLoop {
  /// What the loop of the system group remembers of the cluster's state.
  struct ClusterWatch {
    /// The entry that was applied when the state was looked at last.
    var seen: LogIndex?
    var revision: UInt64?
    /// As it was seen last; empty before it is founded, nil before it was seen.
    var state: ClusterState?
    var lastRun: Int64 = 0
    var session: SessionID
    var nextCommand: UInt64 = 1

    init() {
      var generator = SystemRandomNumberGenerator()
      session = SessionID(high: generator.next(), low: generator.next())
    }
  }

  private static let tendMilliseconds: Int64 = 250
  /// How long after a leadership was to be handed over it is tried again, in milliseconds.
  private static let handOverPause: Int64 = 3_000

  // MARK: from the node

  /// The cluster is another, or more is known of it.
  nonisolated func adopt(_ view: ClusterView) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        loop.view = view
        for partition in loop.hosts.keys { loop.situate(partition) }
      }
    }
  }

  /// Tells a host what follows for it from the cluster's state.
  func situate(_ partition: PartitionID) {
    let naming = view.naming
    hosts[partition]?.setNodes(naming.originals)
    hosts[partition]?.featureLevel = view.state?.level ?? 0
    guard let number = view.ownNumber, let target = view.target(of: partition) else { return }
    hosts[partition]?.isCopy = target.learners.contains(number)
  }

  func preferredLeader(of partition: PartitionID) -> NodeID? {
    guard partition != .system else { return nil }
    return view.state == nil ? topology.preferredLeader(of: partition) : view.preferredLeader(of: partition)
  }

  // MARK: to the node

  /// How far the partitions are that this loop leads.
  func reportPlacement(_ views: [PartitionID: ReplicaReplacement.View]) {
    guard let state = view.state else { return services.placed(nil, loop: number) }
    var report = PlacementReport(revision: state.revision)
    for (partition, view) in views.sorted(by: { $0.key < $1.key }) where partition != .system {
      report.add(partition.rawValue, view)
    }
    services.placed(report, loop: number)
  }

  func transfer(_ partition: PartitionID, to heir: ReplicaID) {
    let now = services.moment().monotonic
    guard let host = hosts[partition], host.raft.transferTarget == nil, let node = host.node(of: heir),
      now - (handOvers[partition] ?? -Self.handOverPause) >= Self.handOverPause
    else { return }
    handOvers[partition] = now
    hosts[partition]?.transferLeadership(to: node)
    touched.insert(partition)
  }

  /// Hands the cluster's state to the node, each time that it has changed.
  func lookAtCluster() {
    guard let host = hosts[.system], clusterWatch.seen != host.appliedIndex,
      case .known(let state) = host.clusterLook
    else { return }
    clusterWatch.seen = host.appliedIndex
    guard clusterWatch.state != state else { return }
    clusterWatch.state = state
    if !state.isEmpty { services.clusterIs(state) }
  }

  // MARK: the leader of the system group

  func tendCluster(_ moment: Moment) {
    guard let host = hosts[.system], moment.monotonic - clusterWatch.lastRun >= Self.tendMilliseconds else {
      return
    }
    clusterWatch.lastRun = moment.monotonic
    if clusterWatch.seen != host.appliedIndex, case .absent = host.clusterLook {
      hosts[.system]?.wantCluster()
      touched.insert(.system)
    }
    guard host.isServing, let state = clusterWatch.state, clusterWatch.seen == host.appliedIndex else {
      return
    }
    let levels = hearsay.levels
    let order = ClusterCaretaker.next(
      ClusterCaretaker.View(
        state: state, founding: hearsay.founding, caughtUp: host.caughtUpNumbers, reports: hearsay.reports,
        levels: levels, raises: hearsay.raisesLevel), now: moment.monotonic)
    if let order { carryOut(order, moment) }
  }

  private func carryOut(_ order: ClusterCaretaker.Order, _ moment: Moment) {
    let (method, argument): (String, [UInt8]?) =
      switch order {
      case .found(let founding): ("found", try? CBOREncoder().encode(founding))
      case .activate(let number): ("activate", try? CBOREncoder().encode(number))
      case .finish(let number): ("finish", try? CBOREncoder().encode(number))
      case .announce(let announcement): ("announce", try? CBOREncoder().encode(announcement))
      case .raise: ("raise", try? CBOREncoder().encode(Done()))
      }
    guard let argument else { return }
    let command = CommandID(session: clusterWatch.session, sequence: clusterWatch.nextCommand)
    clusterWatch.nextCommand += 1
    let call = CallID(rawValue: nextCall)
    nextCall += 1
    // Nobody waits: what comes of it shows in the state, and what is refused is looked at again.
    hosts[.system]?.invoke(
      PartitionCall(
        id: call, command: command, firstOutstanding: command.sequence, actor: ClusterActor.key,
        method: method, argument: argument, deadline: nil), moment)
    touched.insert(.system)
    services.logger.info("tends the cluster", metadata: ["order": "\(order)"])
  }
}

extension PartitionHost {
  /// The numbers of the nodes whose replica is alive and has all that this leader has.
  var caughtUpNumbers: Set<UInt64> {
    guard let view = replacementView else { return [] }
    return Set(
      view.progress.filter { $0.isRecentlyActive && $0.isCaughtUp(with: view) }
        .map { ReplicaNaming.original(of: $0.id).rawValue })
  }
}
