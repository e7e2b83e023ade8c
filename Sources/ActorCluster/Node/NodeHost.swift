// A node's partitions on its event loops: a shell.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

/// Owns the partition loops of a node and takes what comes from links and callers to them.
final class NodeHost: Sendable {
  private let topology: ClusterTopology
  private let services: NodeServices
  private let loops: [PartitionLoop]
  private let clock: ClusterClock
  private let links: TransportLinks
  /// Incarnations of peers as they were last seen: another one means that the process before is gone.
  private let incarnations = NIOLockedValueBox<[NodeID: UInt64]>([:])
  /// Peers whose ping names the same topology: from others nothing is taken, because their votes and placement would
  /// not mean the same.
  private let agreeing = NIOLockedValueBox<Set<NodeID>>([])
  private let pinger = NIOLockedValueBox<[RepeatedTask]>([])
  private let heartbeats = NIOLockedValueBox(NodeHeartbeats())
  private let timing: ClusterTiming
  let feed = EventFeed()
  let types: DurableTypes

  init(
    configuration: SystemConfiguration, types: DurableTypes, store: NodeStore, group: any EventLoopGroup,
    links: TransportLinks, directory: LeaderDirectory, clock: ClusterClock, logger: Logger,
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) {
    let topology = configuration.topology
    let node = configuration.transport.identity.node
    self.topology = topology
    timing = configuration.timing
    self.types = types
    self.clock = clock
    self.links = links
    let services = NodeServices(
      node: node, store: store, feed: feed, links: links, directory: directory, clock: clock,
      nodeCount: topology.nodes.count, logger: logger, onStoreFailure: onStoreFailure)
    self.services = services
    let recovered = store.takeRecovered()
    let replicas = Dictionary(
      uniqueKeysWithValues: topology.nodes.enumerated().map {
        (ReplicaID(rawValue: UInt64($0.offset) + 1), $0.element)
      })
    let own = topology.nodes.firstIndex(of: node).map { ReplicaID(rawValue: UInt64($0) + 1) }
    let now = services.moment()
    var generator = SystemRandomNumberGenerator()
    let hosts = topology.placement.partitions.map { partition in
      let log = recovered[partition]
      var raft = Raft.Configuration(
        id: own ?? ReplicaID(rawValue: 0), voters: replicas.keys.sorted(), seed: generator.next())
      raft.electionTicks = configuration.timing.electionTicks
      raft.heartbeatTicks = configuration.timing.heartbeatTicks
      raft.quiet = true
      return PartitionHost(
        raft: Raft(
          configuration: raft, hardState: log?.hardState ?? HardState(), log: log?.entries ?? [],
          base: log?.base, start: store.isNew ? .new : store.tailWasCut ? .doubtful : .restarted),
        state: PartitionState(id: partition, placement: topology.placement, types: types),
        nodes: replicas, now: now)
    }
    let eventLoops = Array(group.makeIterator())
    loops = eventLoops.enumerated().map { position, eventLoop in
      PartitionLoop(
        eventLoop: eventLoop, number: position,
        hosts: hosts.filter { Int($0.id.rawValue) % eventLoops.count == position },
        topology: topology, timing: configuration.timing, services: services)
    }
    let loops = loops
    services.attach(
      NodeServices.Router(
        submit: { loops[Int($1.rawValue) % loops.count].submit($0, to: $1) },
        submitToAll: { event in loops.forEach { $0.submitToAll(event) } }))
  }

  func start() async {
    for loop in loops { await loop.start() }
    guard let eventLoop = loops.first?.eventLoop else { return }
    let interval = timing.tickMilliseconds * Int64(timing.heartbeatTicks)
    let tasks = [
      eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(500)) { _ in self.ping() },
      eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(interval)) { _ in
        self.beat(interval)
      },
    ]
    pinger.withLockedValue { $0 = tasks }
  }

  func stop() async {
    for task in pinger.withLockedValue({ $0 }) { task.cancel() }
    for loop in loops { await loop.stop() }
    feed.finish()
  }

  private var pingFrame: Frame {
    .ping(PingFrame(wall: clock.wall(), topology: topology.fingerprint))
  }

  private func ping() {
    let frame = pingFrame
    for node in topology.nodes where node != services.node { links.send(frame, to: node) }
  }

  /// One heartbeat to each node, for all partitions.
  private func beat(_ interval: Int64) {
    let led = services.led(loops: loops.count, within: 2 * interval)
    for node in topology.nodes where node != services.node {
      let frame = heartbeats.withLockedValue { $0.next(to: node, led: led) }
      links.send(.alive(frame), to: node)
    }
  }

  private func received(_ frame: AliveFrame, from node: NodeID) {
    let hearsUs = heartbeats.withLockedValue { $0.received(frame, from: node) }
    submitToAll(.nodeAlive(node, led: frame.led, hearsUs: hearsUs))
  }

  private func loop(of partition: PartitionID) -> PartitionLoop {
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
    links.send(pingFrame, to: peer.node)
    if let before, before != peer.incarnation {
      heartbeats.withLockedValue { $0.forget(peer.node) }
      submitToAll(.nodeGone(peer.node))
    }
    submitToAll(.nodeConnected(peer.node))
  }

  func disconnected(_ node: NodeID) {
    agreeing.withLockedValue { _ = $0.remove(node) }
  }

  private func received(_ ping: PingFrame, from node: NodeID) {
    guard ping.topology == topology.fingerprint else {
      agreeing.withLockedValue { _ = $0.remove(node) }
      return services.logger.error(
        "a node has another topology and is ignored: give all nodes the same list of nodes and partition count",
        metadata: ["node": "\(node)", "theirs": "\(ping.topology)", "ours": "\(topology.fingerprint)"])
    }
    agreeing.withLockedValue { _ = $0.insert(node) }
    services.observeClock(of: node, wall: ping.wall)
  }

  /// The node's process is gone. A closed connection alone does not prove that: the transport dials at once, and a
  /// refusal (this) or another incarnation (`connected`) does (design: the closed-socket hint).
  func gone(_ node: NodeID) { submitToAll(.nodeGone(node)) }

  func received(_ frame: Frame, from node: NodeID) {
    if case .ping(let ping) = frame { return received(ping, from: node) }
    guard agreeing.withLockedValue({ $0.contains(node) }) else { return }
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
    case .ping, .call, .answer:
      break
    }
  }

  func call(_ call: IncomingCall) {
    let partition = topology.placement.partition(of: call.actor)
    loop(of: partition).submit(.call(call), to: partition)
  }

  // MARK: what can be seen

  func status() async -> [PartitionStatus] {
    var all: [PartitionStatus] = []
    for loop in loops { all += await loop.status() }
    return all.sorted { $0.partition < $1.partition }
  }

  func records(of partition: PartitionID, after index: UInt64, limit: Int) async -> RecordPage {
    await loop(of: partition).records(of: partition, after: index, limit: limit)
  }
}
