// The transport on its event loop: owns the connections and the links, and carries out what the links
// decide. Touches the network, the clock and the random number generator.

internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Everything here happens on one event loop, so there is one order of all events and no lock.
final class TransportCore {
  let configuration: TransportConfiguration
  let loop: any EventLoop
  let security: LinkSecurity
  let directory: LinkDirectory
  let board: CounterBoard
  let logger: Logger
  let onEvent: @Sendable (TransportEvent) -> Void

  var admission: Admission
  var links: [NodeID: NodeLink] = [:]
  /// Where the nodes are: those of the configuration until others are set.
  var peers: [NodeID: HostPort]
  var clients: [PeerIdentity: ConnectionID] = [:]
  var connections: [ConnectionID: ConnectionHandler] = [:]
  /// Accepted connections whose handshake is not done, the oldest first.
  var unfinished: [ConnectionID] = []
  /// Channels that are closed or closing but not gone, so that `stop` can wait for them.
  private var channels: [ObjectIdentifier: any Channel] = [:]
  /// The attempt to dial that each node waits for.
  private var timers: [NodeID: (attempt: ConnectionID, task: Scheduled<Void>)] = [:]
  private var listener: (any Channel)?
  private var lastID: ConnectionID = 0
  var refusals = RefusalLog()
  /// Counts what was announced and withdrawn.
  var changes: UInt64 = 1
  var isStopped = false
  /// It listens, if it ever does, and dials.
  var hasStarted = false

  init(
    configuration: TransportConfiguration, loop: any EventLoop, security: LinkSecurity,
    directory: LinkDirectory, board: CounterBoard, logger: Logger,
    onEvent: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.configuration = configuration
    self.loop = loop
    self.security = security
    self.directory = directory
    self.board = board
    self.logger = logger
    self.onEvent = onEvent
    peers = configuration.peers.filter {
      $0.key != configuration.identity.node || configuration.identity.role == .client
    }
    self.admission = Admission(local: configuration.identity, nodes: Set(peers.keys))
    admission.believesNames = configuration.isPlaintext
    admission.notice = configuration.epochNotice
    for node in peers.keys { links[node] = makeLink() }
  }

  func makeLink() -> NodeLink {
    NodeLink(
      isMutual: configuration.identity.role == .node,
      backoff: Backoff(
        minimum: configuration.timing.minimumBackoff, maximum: configuration.timing.maximumBackoff))
  }

  // MARK: start and stop

  func start() -> EventLoopFuture<Void> {
    if case .plaintextOnLoopback = security { logger.notice("links are without TLS, on loopback only") }
    guard let listen = configuration.listen else {
      dialEverybody()
      return loop.makeSucceededVoidFuture()
    }
    let bound = NIOLoopBound(self, eventLoop: loop)
    return ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try bound.value.accept(channel) }
      }
      .bind(host: listen.host, port: listen.port)
      .map { channel in bound.value.listens(channel) }
  }

  private func listens(_ channel: any Channel) {
    guard !isStopped else { return channel.close(promise: nil) }
    listener = channel
    directory.listeningPort = channel.localAddress?.port
    dialEverybody()
  }

  private func dialEverybody() {
    hasStarted = true
    for node in links.keys.sorted() { update(node) { link, core in link.start(next: core.nextID()) } }
  }

  func stop() -> EventLoopFuture<Void> {
    isStopped = true
    for node in timers.keys.sorted() { cancelTimer(node) }
    for node in links.keys.sorted() { update(node) { link, _ in link.stop() } }
    for id in connections.keys.sorted() { connections[id]?.close(.closedHere(.stopped)) }
    listener?.close(promise: nil)
    directory.listeningPort = nil
    for channel in channels.values { channel.close(promise: nil) }
    let gone = channels.values.map(\.closeFuture) + [listener?.closeFuture].compactMap { $0 }
    return EventLoopFuture.andAllComplete(gone, on: loop)
  }

  func redial(_ node: NodeID) {
    guard !isStopped else { return }
    update(node) { link, core in link.redial(next: core.nextID()) }
  }

  // MARK: connections

  func nextID() -> ConnectionID {
    lastID += 1
    return lastID
  }

  private func accept(_ channel: any Channel) throws {
    guard !isStopped else { throw ChannelError.ioOnClosedChannel }
    let id = nextID()
    try install(id: id, side: .acceptor, on: channel)
    unfinished.append(id)
    guard unfinished.count > configuration.limits.unfinishedHandshakes, let oldest = unfinished.first else {
      return
    }
    connections[oldest]?.close(.crowdedOut)
  }

  private func dial(_ node: NodeID, attempt: ConnectionID) {
    guard let address = peers[node] else { return }
    show(node, .node, .dialed, attempt, .handshaking)
    let bound = NIOLoopBound(self, eventLoop: loop)
    ClientBootstrap(group: loop)
      .channelInitializer { channel in
        bound.value.track(channel)
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      .connectTimeout(configuration.timing.connectTimeout.timeAmount)
      .connect(host: address.host, port: address.port)
      .whenComplete { result in
        bound.value.dialed(node, attempt: attempt, result)
      }
  }

  private func dialed(_ node: NodeID, attempt: ConnectionID, _ result: Result<any Channel, any Error>) {
    switch result {
    case .success(let channel):
      guard !isStopped, channel.isActive else {
        channel.close(promise: nil)
        return dialFailed(node, attempt: attempt, .closedByPeer, refused: false)
      }
      do {
        try install(id: attempt, side: .dialer(node), on: channel)
      } catch {
        channel.close(promise: nil)
        dialFailed(node, attempt: attempt, .tls("\(error)"), refused: false)
      }
    case .failure(let error):
      let refused = isConnectionRefused(error)
      let failure: ConnectionFailure =
        refused
        ? .network("nobody listens there") : ConnectionFailure(channelError: error) ?? .network("\(error)")
      dialFailed(node, attempt: attempt, failure, refused: refused)
    }
  }

  func dialFailed(_ node: NodeID, attempt: ConnectionID, _ failure: ConnectionFailure, refused: Bool) {
    directory.hide(attempt)
    guard !isStopped else { return }
    log("cannot connect to node \(node)", subject: "dial \(node) \(failure.kind)", failure)
    update(node, waitingBecause: failure.description) { link, core in
      link.dialFailed(attempt, refused: refused, next: core.nextID(), random: core.randomBits())
    }
  }

  private func install(id: ConnectionID, side: ConnectionStateMachine.Side, on channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    try channel.setLatencyOptions(configuration.timing)
    let machine = ConnectionStateMachine(
      side: side, local: admission.local, greeting: configuration.greeting)
    let handler = ConnectionHandler(id: id, machine: machine, configuration: configuration, owner: self)
    connections[id] = handler
    do {
      // The connection's handler first: the client's TLS handler starts its handshake when it is added.
      try pipeline.addHandler(handler)
      if side == .acceptor { track(channel) }
      switch (security, side) {
      case (.mutualTLS(let contexts), .dialer):
        try pipeline.addHandler(
          try NIOSSLClientHandler(context: contexts.current.client, serverHostname: nil), position: .first)
      case (.mutualTLS(let contexts), .acceptor):
        try pipeline.addHandler(NIOSSLServerHandler(context: contexts.current.server), position: .first)
      case (.plaintextOnLoopback, _):
        handler.beginUnsecured()
      }
    } catch {
      connections[id] = nil
      throw error
    }
  }

  private func track(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    channels[key] = channel
    let bound = NIOLoopBound(self, eventLoop: loop)
    channel.closeFuture.whenComplete { _ in bound.value.channels[key] = nil }
  }

  // MARK: links

  /// Lets a link handle one event, and does what it says.
  func update(
    _ node: NodeID, waitingBecause reason: String? = nil,
    _ event: (inout NodeLink, TransportCore) -> [NodeLink.Action]
  ) {
    guard var link = links[node] else { return }
    let actions = event(&link, self)
    links[node] = link
    for action in actions { perform(action, for: node, reason) }
  }

  private func perform(_ action: NodeLink.Action, for node: NodeID, _ reason: String?) {
    switch action {
    case .dial(let attempt):
      cancelTimer(node)
      if !isStopped { dial(node, attempt: attempt) }
    case .schedule(let attempt, let delay):
      cancelTimer(node)
      if !isStopped { schedule(node, attempt: attempt, after: delay, reason) }
    case .close(let id, let reason):
      connections[id]?.close(.closedHere(reason))
    case .announce(let peer, let id):
      if let connection = connections[id] { announce(peer, connection) }
    case .withdraw(let peer, let reason):
      withdraw(peer, reason)
    case .refused:
      logger.info("nobody listens at node \(node) any more")
      onEvent(.refused(node))
    }
  }

  private func schedule(_ node: NodeID, attempt: ConnectionID, after delay: Duration, _ reason: String?) {
    show(node, .node, .dialed, attempt, .waiting(reason))
    let bound = NIOLoopBound(self, eventLoop: loop)
    let task = loop.scheduleTask(in: delay.timeAmount) {
      bound.value.update(node) { link, _ in link.timerFired(attempt) }
    }
    timers[node] = (attempt, task)
  }

  func cancelTimer(_ node: NodeID) {
    guard let (attempt, task) = timers.removeValue(forKey: node) else { return }
    task.cancel()
    directory.hide(attempt)
  }

  func announce(_ peer: PeerIdentity, _ connection: ConnectionHandler) {
    guard let outbox = connection.outbox else { return }
    changes += 1
    directory.publish(PeerSender(peer: peer, outbox: outbox))
    logger.log(level: Self.level(peer), "connected to \(peer)")
    onEvent(.connected(peer, greeting: connection.introduction?.greeting ?? ByteBuffer()))
  }

  /// Clients come and go as they like, and a hostile one must not fill the log.
  private static func level(_ peer: PeerIdentity) -> Logger.Level { peer.role == .node ? .info : .debug }

  func withdraw(_ peer: PeerIdentity, _ reason: DisconnectReason) {
    changes += 1
    directory.withdraw(peer)
    logger.log(level: Self.level(peer), "disconnected from \(peer): \(reason)")
    onEvent(.disconnected(peer, reason))
  }

  func show(
    _ peer: NodeID, _ role: PeerRole, _ direction: LinkStatus.Direction, _ id: ConnectionID,
    _ state: LinkStatus.State
  ) {
    directory.show(
      id,
      LinkDirectory.Entry(
        peer: peer, role: role, direction: direction, state: state, since: .now,
        outbox: connections[id]?.outbox, meter: connections[id]?.meter,
        introduction: connections[id]?.introduction, address: connections[id]?.remoteAddress))
  }

  func now() -> Duration { .uptime }

  func randomBits() -> UInt64 { .random(in: 0 ... .max) }
}
