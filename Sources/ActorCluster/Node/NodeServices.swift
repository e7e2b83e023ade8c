// What partition loops use of their node.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NodeStore
internal import PeerTransport
internal import Raft
internal import Synchronization

/// The node around its partition loops: store, links, clocks, event feed. Safe from any thread.
final class NodeServices: Sendable {
  let node: NodeID
  let store: NodeStore
  let feed: EventFeed
  let disk: DiskMonitor
  let operations = NodeOperations()
  let crashes: CrashWatch
  let logger: Logger
  let clocks: NodeClocks
  private let clock: ClusterClock
  private let directory: LeaderDirectory
  private let links: any FrameLinks
  private let router: NIOLockedValueBox<Router?>
  private let onStoreFailure: @Sendable (StoreError) -> Void
  private let led = NIOLockedValueBox<[PartitionID: UInt64]>([:])
  /// When each partition loop ticked last, by its number, and what was committed then where it leads.
  private let ticks = NIOLockedValueBox<[Int: (at: Int64, commits: [PartitionID: UInt64])]>([:])
  private let confirmed = NIOLockedValueBox<Set<PartitionID>>([])
  /// Tells systems without replicas whom to call.
  let onLeading = NIOLockedValueBox<(@Sendable (PartitionID, UInt64) -> Void)?>(nil)
  private let refused = Atomic<UInt64>(0)
  /// Of each partition loop, by its number: how far the partitions that it leads are.
  private let placements = NIOLockedValueBox<[Int: PlacementReport]>([:])

  /// How messages between partitions of this node find their loops; set once the loops exist.
  struct Router: Sendable {
    let submit: @Sendable (PartitionEvent, PartitionID) -> Void
    let submitToAll: @Sendable (PartitionEvent) -> Void
    /// A replica's own files cannot be used.
    let wantReplica: @Sendable (PartitionID, ReplicaID, String) -> Void
    /// Of this node's files.
    let epochs: @Sendable () -> [StoreEpoch]
    /// A replica that was assigned votes.
    let joined: @Sendable (PartitionID) -> Void
    /// The state of the cluster, as it is committed and applied here.
    let clusterIs: @Sendable (ClusterState) -> Void
  }

  init(
    node: NodeID, store: NodeStore, feed: EventFeed, links: any FrameLinks, directory: LeaderDirectory,
    clock: ClusterClock, nodeCount: Int, disk: DiskSettings, clocks: ClockSettings, logger: Logger,
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) {
    self.node = node
    self.store = store
    self.feed = feed
    self.disk = DiskMonitor(store: store, settings: disk, logger: logger)
    crashes = CrashWatch(node: node, store: store, clock: clock, logger: logger)
    self.links = links
    self.directory = directory
    self.clock = clock
    self.logger = logger
    self.onStoreFailure = onStoreFailure
    self.clocks = NodeClocks(node: node, nodeCount: nodeCount, clock: clock, settings: clocks)
    router = NIOLockedValueBox(nil)
  }

  func attach(_ router: Router) { self.router.withLockedValue { $0 = router } }

  // MARK: time

  func moment() -> Moment { clocks.moment() }

  /// How far each node's wall clock is ahead of the median, in milliseconds; none while that is not known.
  func clockOffsets() -> [NodeID: Int64] { clocks.status().offsets }

  func observeClock(of node: NodeID, wall: Int64, roundTrip: Int64) {
    clocks.observe(node, wall: wall, roundTrip: roundTrip)
  }

  /// Whether leaderships should be given to a node: by its disk and its clock.
  func mayLead(_ node: NodeID, at now: Int64) -> Bool {
    disk.mayLead(node, at: now) && clocks.mayLead(node, at: now)
  }

  // MARK: limits

  /// Commands refused by a limit since the start, for alarms.
  var refusals: UInt64 { refused.load(ordering: .relaxed) }

  func countRefusal() { refused.wrappingAdd(1, ordering: .relaxed) }

  func setNodeCount(_ count: Int) { clocks.setNodeCount(count) }

  // MARK: the cluster

  func clusterIs(_ state: ClusterState) { router.withLockedValue { $0 }?.clusterIs(state) }

  func placed(_ report: PlacementReport?, loop: Int) { placements.withLockedValue { $0[loop] = report } }

  /// How far the partitions are that this node leads; nil while it does not know where they are to be.
  var placement: PlacementReport? {
    let reports = placements.withLockedValue { $0 }.sorted { $0.key < $1.key }.map(\.value)
    guard var all = reports.first(where: { $0.revision == reports.map(\.revision).max() }) else { return nil }
    for report in reports { all.add(report) }
    return all
  }

  // MARK: what partitions want carried out

  func send(_ frame: Frame, to node: NodeID) { links.send(frame, to: node) }

  /// To the leader of the batch's partition; a batch that finds none is sent again when one is known.
  func deliver(_ batch: MessageBatch) {
    guard let leader = directory.leader(of: batch.to) else { return }
    if leader == node {
      router.withLockedValue { $0 }?.submit(.messages(batch), batch.to)
    } else {
      links.send(.messages(batch), to: leader)
    }
  }

  func acknowledge(_ acknowledgment: MessageAcknowledgment) {
    guard let leader = directory.leader(of: acknowledgment.sender) else { return }
    if leader == node {
      let event = PartitionEvent.acknowledged(by: acknowledgment.receiver, upTo: acknowledgment.upTo)
      router.withLockedValue { $0 }?.submit(event, acknowledgment.sender)
    } else {
      links.send(.acknowledgment(acknowledgment), to: leader)
    }
  }

  func leadership(of partition: PartitionID, leader: NodeID?, term: UInt64, isSelf: Bool) {
    logger.info(
      isSelf ? "leading partition" : "following partition",
      metadata: [
        "partition": "\(partition.label)", "term": "\(term)",
        "leader": "\(leader.map(\.description) ?? "none yet")",
      ])
    led.withLockedValue { $0[partition] = isSelf ? term : nil }
    if isSelf { onLeading.withLockedValue { $0 }?(partition, term) }
    if directory.setLeader(leader, of: partition), leader != nil {
      router.withLockedValue { $0 }?.submitToAll(.destinationChanged(partition))
    }
  }

  func leader(of partition: PartitionID) -> NodeID? { directory.leader(of: partition) }

  func wantReplica(_ partition: PartitionID, above replica: ReplicaID, reason: String) {
    router.withLockedValue { $0 }?.wantReplica(partition, replica, reason)
  }

  var epochs: [StoreEpoch] { router.withLockedValue { $0 }?.epochs() ?? [] }

  func joined(_ partition: PartitionID) { router.withLockedValue { $0 }?.joined(partition) }

  func storeFailed(_ error: StoreError) { onStoreFailure(error) }

  // MARK: heartbeats

  func ticked(_ loop: Int, at monotonic: Int64, commits: [PartitionID: UInt64]) {
    ticks.withLockedValue { $0[loop] = (monotonic, commits) }
  }

  /// What this node leads, for its heartbeats: a loop that has not ticked for a while speaks for nobody.
  func led(loops: Int, within milliseconds: Int64) -> [AliveFrame.Led] {
    let now = clock.monotonic()
    let ticks = ticks.withLockedValue { $0 }
    return led.withLockedValue { $0 }.sorted { $0.key < $1.key }.compactMap { partition, term in
      guard let tick = ticks[Int(partition.rawValue) % loops], now - tick.at <= milliseconds else {
        return nil
      }
      return AliveFrame.Led(partition: partition, term: term, commit: tick.commits[partition])
    }
  }

  /// The partitions that this node leads, with their terms.
  var ledNow: [PartitionID: UInt64] { led.withLockedValue { $0 } }

  // MARK: the log's standing

  /// Partitions that began with this start.
  let started = NIOLockedValueBox<Set<PartitionID>>([])

  /// Once a majority has confirmed every partition's log, the next start need not doubt it.
  func confirmed(_ partition: PartitionID) {
    let started = started.withLockedValue { $0 }
    let isLast = confirmed.withLockedValue {
      $0.insert(partition).inserted && started.contains(partition) && $0.isSuperset(of: started)
    }
    guard isLast else { return }
    store.confirmLog { result in
      switch result {
      // A store that is closed while it waits: the next start doubts the log once more.
      case .success, .failure(.closed), .failure(.diskFull): break
      case .failure(let error): self.storeFailed(error)
      }
    }
  }
}

/// Readings of a node's two clocks, injectable for faults and simulation.
public struct ClusterClock: Sendable {
  /// Milliseconds on a clock that only runs forward.
  public let monotonic: @Sendable () -> Int64
  /// Milliseconds since 1970.
  public let wall: @Sendable () -> Int64

  public init(monotonic: @escaping @Sendable () -> Int64, wall: @escaping @Sendable () -> Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// Sends frames to nodes; what cannot be sent is dropped, and recovered by whoever needed it.
protocol FrameLinks: Sendable {
  func send(_ frame: Frame, to node: NodeID)
}

/// Who leads which partition, as far as this system knows. Safe from any thread.
final class LeaderDirectory: Sendable {
  private let leaders = NIOLockedValueBox<[PartitionID: NodeID]>([:])
  private let changed = NIOLockedValueBox<Set<PartitionID>>([])
  /// What leaders said of themselves: the highest term of each partition.
  private let terms = NIOLockedValueBox<[PartitionID: UInt64]>([:])

  func leader(of partition: PartitionID) -> NodeID? {
    leaders.withLockedValue { $0[partition] }
  }

  /// Partitions whose leader is another one since this was asked last.
  func takeChanged() -> Set<PartitionID> {
    changed.withLockedValue { changed in
      guard !changed.isEmpty else { return [] }
      defer { changed = [] }
      return changed
    }
  }

  /// A node says that it leads: for systems without replicas, which hear of it in no other way.
  func heard(from node: NodeID, leading partition: PartitionID, term: UInt64) {
    let isNews = terms.withLockedValue { terms in
      guard term >= terms[partition, default: 0] else { return false }
      terms[partition] = term
      return true
    }
    if isNews { setLeader(node, of: partition) }
  }

  /// Whether this changed anything.
  @discardableResult
  func setLeader(_ node: NodeID?, of partition: PartitionID) -> Bool {
    let isChange = leaders.withLockedValue { leaders in
      guard leaders[partition] != node else { return false }
      leaders[partition] = node
      return true
    }
    if isChange, node != nil { changed.withLockedValue { _ = $0.insert(partition) } }
    return isChange
  }

  /// Forgets the leader of a partition if it is that node.
  func forget(_ node: NodeID, asLeaderOf partition: PartitionID) {
    leaders.withLockedValue { leaders in
      if leaders[partition] == node { leaders[partition] = nil }
    }
  }
}
