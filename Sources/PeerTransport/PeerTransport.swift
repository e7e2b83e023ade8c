// The public face of the transport: callable from any thread, hands everything to the event loop. Touches
// the clock when it loads certificates.

public import Logging
public import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Frames of bytes between the processes of one cluster, over TCP with mutual TLS 1.3.
///
/// Between two nodes each dials the other and sends on the connection that it dialed; a client dials nodes
/// and uses that connection both ways. A link is up when all its connections are (two between nodes), and
/// down when the first of them closes.
///
/// Guarantees:
/// - Whoever is at the other end holds a certificate of the cluster's authority for exactly the name, role
///   and cluster that it says.
/// - Frames to one peer arrive, within their ``Lane``, in the order of `send`, at most once, without gaps between a
///   `connected` and the `disconnected` after it; what was queued or on its way at a `disconnected` may be lost.
/// - A frame of a lane waits for those of lanes before it, for its share of the link, and for a few hundred kilobytes that
///   are already written; never for a whole long frame of another lane.
/// - All events come on one event loop, in one order. A frame comes only between the `connected` and the
///   `disconnected` of its peer, and both ends are connected when the first frame arrives: an answer sent
///   from inside the callback is not lost to a race.
/// - Memory is bounded for each peer and for strangers (``TransportLimits``).
///
/// A peer that is killed is reported when the event loop hears that its kernel closed the first of its
/// sockets; dialing starts in the same turn. How long the kernel takes grows with the memory of the process.
/// Call ``stop()`` when done with it: a started transport that is merely dropped keeps running.
public final class PeerTransport: Sendable {
  public let configuration: TransportConfiguration
  /// The event loop that calls `onEvent`. Work done there delays every peer.
  public let eventLoop: any EventLoop
  let security: LinkSecurity
  private let directory = LinkDirectory()
  private let board = CounterBoard()
  let core: NIOLoopBoundBox<TransportCore?>
  private let logger: Logger
  private let onEvent: @Sendable (TransportEvent) -> Void
  private let lifecycle = Lifecycle()
  /// Nil: those of the configuration.
  private let peers = Mutex<[NodeID: HostPort]?>(nil)

  /// Checks the configuration and loads the TLS files, which reads them from the disk; opens nothing on the
  /// network.
  /// - Parameters:
  ///   - eventLoopGroup: one loop of it does all the work. It must outlive the transport.
  ///   - onEvent: called on that loop, from ``start()`` until ``stop()`` returns. It must not block.
  /// - Throws: ``TransportError`` that names the file or value and what to do.
  public init(
    configuration: TransportConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger,
    onEvent: @escaping @Sendable (TransportEvent) -> Void
  ) throws(TransportError) {
    if let problem = configuration.problem { throw .invalidConfiguration(problem) }
    self.configuration = configuration
    self.security =
      configuration.isPlaintext
      ? .plaintextOnLoopback : .mutualTLS(SharedContexts(try Self.loadContexts(configuration)))
    self.eventLoop = eventLoopGroup.next()
    self.core = NIOLoopBoundBox.makeEmptyBox(valueType: TransportCore.self, eventLoop: eventLoop)
    self.logger = logger
    if let observer = configuration.observer {
      self.onEvent = { event in
        observer(event)
        onEvent(event)
      }
    } else {
      self.onEvent = onEvent
    }
  }

  /// Listens, if this is a node, and starts to dial every peer. Returns when listening; links come up
  /// later, as events.
  /// - Throws: ``TransportError/addressInUse(_:)`` and ``TransportError/cannotListen(_:reason:)``; after
  ///   one of them the transport is spent, and a new one may be tried.
  public func start() async throws(TransportError) {
    guard lifecycle.begin() else { throw .alreadyStarted }
    do {
      try await eventLoop.flatSubmit { [self] in
        let core = TransportCore(
          configuration: configuration, loop: eventLoop, security: security, directory: directory,
          board: board, logger: logger, onEvent: onEvent)
        self.core.value = core
        if let peers = peers.withLock({ $0 }) { core.setPeers(peers) }
        return core.start()
      }.get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw .addressInUse(configuration.listen ?? HostPort(host: "", port: 0))
    } catch {
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw .cannotListen(configuration.listen ?? HostPort(host: "", port: 0), reason: reason)
    }
  }

  /// The port that is listened on; nil before ``start()``, after ``stop()`` and for clients.
  public var listeningPort: Int? { directory.listeningPort }

  /// Queues a frame for a node. From any thread; never blocks. Frames of one thread and lane, and frames of one lane
  /// whose sends are ordered otherwise, arrive in that order. Everything queued in one turn of the event loop goes out
  /// together, at the end of the turn.
  public func send(_ frame: ByteBuffer, to node: NodeID, lane: Lane = .calls) -> SendOutcome {
    guard frame.readableBytes <= configuration.limits.frameBytes[lane] else { return .frameTooLarge }
    return directory.sender(to: node)?.send(frame, lane: lane) ?? .notConnected
  }

  /// Queues a frame for exactly that peer: a client, or one incarnation of a node. Otherwise like
  /// ``send(_:to:lane:)-(_,NodeID,_)``.
  public func send(_ frame: ByteBuffer, to peer: PeerIdentity, lane: Lane = .calls) -> SendOutcome {
    guard frame.readableBytes <= configuration.limits.frameBytes[lane] else { return .frameTooLarge }
    return directory.sender(to: peer)?.send(frame, lane: lane) ?? .notConnected
  }

  /// Queues the frame that `writing` appends to the buffer, without an intermediate buffer; see
  /// ``PeerSender/send(lane:writing:)`` for what the closure may do.
  public func send(to node: NodeID, lane: Lane = .calls, writing: (inout ByteBuffer) -> Void) -> SendOutcome {
    directory.sender(to: node)?.send(lane: lane, writing: writing) ?? .notConnected
  }

  /// For exactly that peer; otherwise like ``send(to:lane:writing:)-(NodeID,_,_)``.
  public func send(to peer: PeerIdentity, lane: Lane = .calls, writing: (inout ByteBuffer) -> Void)
    -> SendOutcome
  {
    directory.sender(to: peer)?.send(lane: lane, writing: writing) ?? .notConnected
  }

  /// For many sends to one peer: looks it up once. Nil when it is not connected.
  public func sender(to peer: PeerIdentity) -> PeerSender? { directory.sender(to: peer) }

  /// Closes the connection of a peer that broke a rule of the caller's, for example one that sends more than it was
  /// given credit for. Its `disconnected` says ``DisconnectReason/protocolViolation(_:)`` with these words; it is logged,
  /// once a minute for each address, and counted. The peer may connect again. From any thread; nothing happens when it is
  /// not connected.
  public func cut(_ peer: PeerIdentity, because words: String) {
    eventLoop.execute { [core] in core.value?.cut(peer, because: words) }
  }

  /// The epoch of this node's files has changed: peers that are of another one are cut off, and new ones refused. After
  /// ``start()``; before it the configuration says it. From any thread.
  public func setEpoch(_ epoch: UInt64, notice: ByteBuffer) {
    eventLoop.execute { [core] in core.value?.setEpoch(epoch, notice: notice) }
  }

  /// Makes these the nodes to dial and, for a node, the only ones that it accepts, in the place of all before: the links to
  /// those that are missing end (``DisconnectReason/notAMember``), and new ones are dialed. Its own name is ignored. A changed
  /// address is dialed after the end of the link to the one before. From any thread, before ``start()`` too.
  public func setPeers(_ nodes: [NodeID: HostPort]) {
    peers.withLock { $0 = nodes }
    eventLoop.execute { [self] in
      // The last ones said count, in whichever order these run.
      if let nodes = peers.withLock({ $0 }) { core.value?.setPeers(nodes) }
    }
  }

  /// Dials a node now instead of at the end of its backoff. Does nothing while a connection to it exists or
  /// is being made.
  public func redial(_ node: NodeID) {
    eventLoop.execute { [core] in core.value?.redial(node) }
  }

  /// Ends every link (each with a last `disconnected`) and waits until all sockets are closed. What is
  /// queued is dropped. Safe to call twice, and before ``start()``.
  public func stop() async {
    lifecycle.end()
    // A future of `stop` never fails.
    _ = try? await eventLoop.flatSubmit { [core, eventLoop] in
      core.value?.stop() ?? eventLoop.makeSucceededVoidFuture()
    }.get()
  }

  /// Every connection and every attempt, sorted by peer. From any thread.
  public func links() -> [LinkStatus] { directory.statuses() }

  /// What was refused since this transport was made. From any thread.
  public var counters: TransportCounters { board.current }

  static func loadContexts(_ configuration: TransportConfiguration) throws(TransportError)
    -> TLSContexts
  {
    try TLSContexts.load(
      configuration.tls, identity: configuration.identity, closeTimeout: configuration.timing.closeTimeout,
      now: Int64(time(nil)))
  }
}
