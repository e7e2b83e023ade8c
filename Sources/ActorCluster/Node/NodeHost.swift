// A node's partitions on its event loops: a shell.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

/// Owns the partition loops of a node and takes what comes from links and callers to them.
final class NodeHost: Sendable {
  let topology: ClusterTopology
  let services: NodeServices
  let loops: [PartitionLoop]
  let clock: ClusterClock
  let links: TransportLinks
  let directory: LeaderDirectory
  /// Incarnations of peers as they were last seen: another one means that the process before is gone.
  private let incarnations = NIOLockedValueBox<[NodeID: UInt64]>([:])
  /// Peers whose ping names the same topology, and files that are known: from others nothing is taken, because their votes
  /// and placement would not mean the same.
  let peers: NIOLockedValueBox<PeerMemory>
  /// Own replicas that have to be replaced.
  let needs = NIOLockedValueBox(ReplicaNeeds())
  let maker: ReplicaMaker
  let isLost = NIOLockedValueBox(false)
  /// Of this node's files.
  let epochs: NIOLockedValueBox<[StoreEpoch]>
  let onLostDisk: @Sendable (String) -> Void
  let onExpelled: @Sendable (Expulsion) -> Void
  /// The cluster as this node knows it.
  let cluster: NIOLockedValueBox<ClusterView>
  let hearsay: ClusterHearsay
  /// `ClusterView.nodes`, for every call.
  let nodes: NIOLockedValueBox<[NodeID]>
  /// `ClusterView.withoutLeader`, for every call.
  let advice: NIOLockedValueBox<String>
  let isConfiguredWitness: Bool
  /// The replicas that run here, and those that did and were dropped.
  let hosted = NIOLockedValueBox<HostedReplicas>(HostedReplicas())
  let setPeers: @Sendable ([NodeID: HostPort]) -> Void
  let configuredPeers: [NodeID: HostPort]
  private let pinger = NIOLockedValueBox<[RepeatedTask]>([])
  let reach = NIOLockedValueBox(LeaderReach())
  private let heartbeats = NIOLockedValueBox(NodeHeartbeats())
  private let leaderless = NIOLockedValueBox(LeaderlessWatch())
  private let timing: ClusterTiming
  private let version: String
  let feed = EventFeed()
  let types: DurableTypes

  init(
    configuration: SystemConfiguration, types: DurableTypes, store: NodeStore, group: any EventLoopGroup,
    links: TransportLinks, directory: LeaderDirectory, clock: ClusterClock, logger: Logger,
    setPeers: @escaping @Sendable ([NodeID: HostPort]) -> Void,
    onLostDisk: @escaping @Sendable (String) -> Void,
    onExpelled: @escaping @Sendable (Expulsion) -> Void,
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) {
    let topology = configuration.topology
    let node = configuration.transport.identity.node
    self.topology = topology
    timing = configuration.timing
    version = configuration.version
    self.types = types
    self.clock = clock
    self.links = links
    self.directory = directory
    self.onLostDisk = onLostDisk
    self.onExpelled = onExpelled
    self.setPeers = setPeers
    configuredPeers = configuration.transport.peers
    peers = NIOLockedValueBox(PeerMemory(store.peers))
    let view = ClusterView.atStart(of: node, configuration, store)
    cluster = NIOLockedValueBox(view)
    nodes = NIOLockedValueBox(view.nodes)
    advice = NIOLockedValueBox(view.withoutLeader)
    isConfiguredWitness = configuration.isWitness || topology.isWitness(node)
    let hearsay = ClusterHearsay(
      founding: configuration.founding(view), raisesLevel: configuration.raisesLevel)
    self.hearsay = hearsay
    epochs = NIOLockedValueBox(store.epochs)
    let services = NodeServices(
      node: node, store: store, feed: feed, links: links, directory: directory, clock: clock,
      nodeCount: view.memberCount, disk: configuration.disk, clocks: configuration.clocks, logger: logger,
      onStoreFailure: onStoreFailure)
    self.services = services
    let maker = ReplicaMaker(
      topology: topology, timing: configuration.timing, types: types, retention: configuration.retention,
      founders: view.naming, foundingWitnesses: view.witnesses, own: view.naming.original(of: node),
      isNew: store.isNew,
      tailWasCut: store.tailWasCut)
    self.maker = maker
    let hosts = Self.hosts(store, maker, services, needs, hosted, view)
    services.started.withLockedValue { $0 = Set(hosts.map(\.id)) }
    let eventLoops = Array(group.makeIterator())
    loops = eventLoops.enumerated().map { position, eventLoop in
      PartitionLoop(
        eventLoop: eventLoop, number: position,
        hosts: hosts.filter { Int($0.id.rawValue) % eventLoops.count == position },
        topology: topology, view: view, hearsay: hearsay, timing: configuration.timing,
        retention: configuration.retention, services: services)
    }
    let loops = loops
    services.attach(
      NodeServices.Router(
        submit: { loops[Int($1.rawValue) % loops.count].submit($0, to: $1) },
        submitToAll: { event in loops.forEach { $0.submitToAll(event) } },
        wantReplica: { [weak self] in self?.want($0, above: $1, reason: $2, isUnhosted: false) },
        epochs: { [weak self] in self?.epochs.withLockedValue { $0 } ?? [] },
        joined: { [weak self] in self?.joined($0) },
        clusterIs: { [weak self] in self?.clusterIs($0) }))
  }

  func start() async {
    sayWhatIsMissing()
    for loop in loops { await loop.start() }
    guard let eventLoop = loops.first?.eventLoop else { return }
    let interval = timing.tickMilliseconds * Int64(timing.heartbeatTicks)
    let tasks = [
      eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(500)) { _ in self.ping() },
      eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(interval)) { _ in
        self.beat(interval)
      },
      eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
        self.reviewPlaces()
        self.askForReplicas()
        self.lookForLeaders()
      },
    ]
    pinger.withLockedValue { $0 = tasks }
  }

  func stop() async {
    stopTalking()
    for loop in loops { await loop.stop() }
    feed.finish()
  }

  private func stopTalking() {
    for task in pinger.withLockedValue({ $0 }) { task.cancel() }
  }

  /// Takes no part any more.
  func halt() {
    stopTalking()
    for loop in loops { loop.halt() }
  }

  private func ping() {
    let now = clock.monotonic()
    services.disk.observe(at: now)
    services.clocks.judge(services.logger)
    observeAbsence()
    hearsay.own(services.placement, of: services.node, at: now)
    pingAll()
  }

  func pingAll() {
    for node in view.nodes where node != services.node { ping(node) }
  }

  var view: ClusterView { cluster.withLockedValue { $0 } }

  func ping(_ node: NodeID) {
    var ping = PingFrame(
      wall: clock.wall(), topology: view.fingerprint ?? topology.fingerprint, files: ownFiles,
      refusal: peers.withLockedValue { $0.refusal(of: node) })
    addMembers(to: &ping, for: node)
    let disk = services.disk.report
    ping.commitMicroseconds = disk.microseconds
    ping.disk = disk.level.rawValue
    var news = services.operations.news(version: version, at: clock.monotonic())
    news.notVoting = partitionsWithoutVote
    news.isClockOff = services.clocks.isOff
    ping.tell(news)
    ping.crashes = services.crashes.told
    ping.reaches = reachedLeaders
    links.send(.ping(ping), to: node)
  }

  /// One heartbeat to each node, for all partitions.
  private func beat(_ interval: Int64) {
    let led = services.led(loops: loops.count, within: 2 * interval)
    for node in view.nodes where node != services.node {
      let frame = heartbeats.withLockedValue { $0.next(to: node, led: led) }
      links.send(.alive(frame), to: node)
    }
  }

  private func lookForLeaders() {
    let count = topology.placement.partitions.count { directory.leader(of: $0) == nil }
    switch leaderless.withLockedValue({ $0.look(count) }) {
    case .missing(let count):
      services.logger.error(
        "partitions have no leader: nothing of theirs is acknowledged",
        metadata: ["partitions": "\(count)", "what to do": "\(view.withoutLeader)"])
    case .over:
      services.logger.notice("all partitions have a leader again")
    case nil:
      break
    }
  }

  private func received(_ frame: AliveFrame, from node: NodeID) {
    let hearsUs = heartbeats.withLockedValue { $0.received(frame, from: node) }
    submitToAll(.nodeAlive(node, led: frame.led, hearsUs: hearsUs))
    // For partitions without a replica here nobody else keeps that.
    let running = hosted.withLockedValue { $0.running }
    for partition in frame.led.map(\.partition) where running[partition] == nil {
      if directory.setLeader(node, of: partition) { submitToAll(.destinationChanged(partition)) }
    }
  }

  func loop(of partition: PartitionID) -> PartitionLoop {
    loops[Int(partition.rawValue) % loops.count]
  }

  private func submitToAll(_ event: PartitionEvent) {
    for loop in loops { loop.submitToAll(event) }
  }

  // MARK: links

  func connected(_ peer: PeerIdentity) {
    guard peer.role == .node else { return }
    let before = incarnations.withLockedValue { incarnations in
      defer { incarnations[peer.node] = peer.incarnation }
      return incarnations[peer.node]
    }
    ping(peer.node)
    if let before, before != peer.incarnation {
      heartbeats.withLockedValue { $0.forget(peer.node) }
      submitToAll(.nodeGone(peer.node))
    }
    submitToAll(.nodeConnected(peer.node))
  }

  func disconnected(_ node: NodeID) {
    peers.withLockedValue { $0.forget(node) }
    services.operations.disconnected(node)
    submitToAll(.nodeCut(node))
  }

  private func received(_ ping: PingFrame, from node: NodeID) {
    guard !refuses(ping, from: node), fits(ping, from: node) else { return }
    // Before anything else of this node is taken in: it may be what a leader here would die of.
    services.crashes.received(ping.crashes, at: clock.monotonic())
    guard agrees(ping.files, of: node) else { return }
    hearsay.received(ping, from: node, at: clock.monotonic())
    learnMembers(from: ping)
    services.observeClock(of: node, wall: ping.wall, roundTrip: links.roundTrip(to: node) ?? 0)
    services.operations.received(ping.news, from: node, at: clock.monotonic())
    reach.withLockedValue { $0.received(ping.reaches, from: node, at: clock.monotonic()) }
    services.disk.received(
      level: ping.disk, microseconds: ping.commitMicroseconds, from: node, at: clock.monotonic())
  }

  /// The node's process is gone. A closed connection alone does not prove that: the transport dials at once, and a
  /// refusal (this) or another incarnation (`connected`) does (design: the closed-socket hint).
  func gone(_ node: NodeID) { submitToAll(.nodeGone(node)) }

  func received(_ frame: Frame, from node: NodeID) {
    guard !isLost.withLockedValue({ $0 }) else { return }
    if case .ping(let ping) = frame { return received(ping, from: node) }
    guard peers.withLockedValue({ $0.agreeing.contains(node) }) else { return }
    switch frame {
    case .consensus(let messages):
      for message in messages {
        loop(of: message.partition).submit(.consensus(message.message), to: message.partition)
      }
    case .messages(let batch):
      loop(of: batch.to).submit(.messages(batch), to: batch.to)
    case .acknowledgment(let acknowledgment):
      loop(of: acknowledgment.sender).submit(
        .acknowledged(by: acknowledgment.receiver, upTo: acknowledgment.upTo), to: acknowledgment.sender)
    case .alive(let heartbeat):
      received(heartbeat, from: node)
    case .needReplica(let frame):
      received(frame, from: node)
    case .replicaAssigned(let frame):
      received(frame)
    case .replicaDismissed(let frame):
      dismissed(frame)
    case .ping:
      break
    }
  }

  func call(_ call: IncomingCall) {
    let partition = topology.placement.partition(of: call.actor)
    loop(of: partition).submit(.call(call), to: partition)
  }

  // MARK: what can be seen

  func clocks() -> ClockStatus { services.clocks.status() }

  func crashes() -> [CrashReport] { services.crashes.reports }

  func disk() -> DiskStatus { services.disk.status(at: clock.monotonic()) }

  func storeStatistics() -> StoreStatistics { services.store.statistics() }

  func status() async -> [PartitionStatus] {
    if isOut {
      return topology.placement.partitions.map { .waiting($0, leader: nil, health: PartitionStatus.removed) }
    }
    var all: [PartitionStatus] = []
    for loop in loops { all += await loop.status() }
    let hosted = Set(all.map(\.partition))
    let waiting = needs.withLockedValue { $0.unhosted }
    all += topology.placement.partitions.filter { !hosted.contains($0) }.map {
      waiting.contains($0) || view.state == nil
        ? .waiting($0, leader: directory.leader(of: $0)) : .elsewhere($0, leader: directory.leader(of: $0))
    }
    return all.filter { $0.partition != .system }.sorted { $0.partition < $1.partition }
  }

  /// This node's replica of the system group; nil while it has none.
  func systemStatus() async -> PartitionStatus? {
    await loop(of: .system).status().first { $0.partition == .system }
  }

  func records(of partition: PartitionID, after index: UInt64, limit: Int) async -> RecordPage {
    await loop(of: partition).records(of: partition, after: index, limit: limit)
  }
}
