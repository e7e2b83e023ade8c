// The distributed actor system: resolves ids, sends calls, owns the links. A shell.
internal import CBOR
public import Distributed
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
public import NodeStore
public import PeerTransport

/// Makes durable and node-bound actors callable from anywhere in the cluster.
///
/// A node (made with a store) also holds replicas of partitions; a client (without one) only calls. A call to a
/// durable actor finds the partition's leader, follows redirections, is retried with its command id until its
/// deadline, and has its effect at most once (promise P3).
public final class ClusterSystem: DistributedActorSystem, Sendable {
  public typealias ActorID = ActorCluster.ActorID
  public typealias InvocationEncoder = CallEncoder
  public typealias InvocationDecoder = CallDecoder
  public typealias ResultHandler = CallResultHandler
  public typealias SerializationRequirement = any Codable & Sendable

  /// Options for the calls of the current task.
  @TaskLocal public static var callOptions = CallOptions()

  public let configuration: SystemConfiguration
  public let logger: Logger
  let clock: ClusterClock
  let transport: PeerTransport
  let directory: LeaderDirectory
  let caller: Caller
  let callLinks = CallLinks()
  let incoming: IncomingCalls
  let watches: ActorWatches
  /// The partitions on this node; nil for a client.
  let host: NodeHost?
  private let targets = CallTargets()
  private let ticker = NIOLockedValueBox<RepeatedTask?>(nil)
  /// For tasks that make many calls: on the loop of the links, so that a call changes threads nowhere.
  public let taskExecutor: LoopTaskExecutor

  /// - Parameters:
  ///   - nodeActors: the types of node-bound actors that others may call on this system.
  ///   - store: this node's files; nil for a client, which holds no replicas.
  ///   - group: the event loops that links, partitions and node-bound actors run on.
  ///   - onLostDisk: other nodes know this one by other files, or by later ones: its disk was lost, or restored from an old
  ///     copy. The directory is marked as suspect and this node takes no part any more; close the store and start over with
  ///     `NodeStore.start`, which sets the files aside.
  ///   - onExpelled: the cluster has no place for this node: it takes no part any more. It may end.
  ///   - onStoreFailure: the disk failed. The node acknowledges nothing more and must end.
  public init(
    configuration: SystemConfiguration, types: DurableTypes,
    nodeActors: [any NodeActor.Type] = [], store: NodeStore?, group: any EventLoopGroup,
    clock: ClusterClock = .system, logger: Logger,
    onLostDisk: @escaping @Sendable (String) -> Void = { _ in },
    onExpelled: @escaping @Sendable (Expulsion) -> Void = { _ in },
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) throws(TransportError) {
    self.configuration = configuration
    self.logger = logger
    self.clock = clock
    let types = types.withCluster
    let methods = CallableMethods(types, nodeActors)
    let greeting = CallGreeting(
      window: UInt32(clamping: configuration.callWindowBytes), methods: methods.descriptions,
      features: CallGreeting.relays)
    if let problem = greeting.problem { throw .invalidConfiguration(problem) }
    let directory = LeaderDirectory()
    self.directory = directory
    let relay = TransportRelay()
    var greeted = configuration.transport
    greeted.greeting = greeting.encoded()
    if let store { EpochNotice.tell(of: store, in: &greeted) }
    let transport = try PeerTransport(
      configuration: greeted, eventLoopGroup: group, logger: logger, onEvent: { relay.receive($0) })
    self.transport = transport
    taskExecutor = LoopTaskExecutor(transport.eventLoop)
    let frames = TransportLinks(transport: transport, logger: logger)
    host = store.map {
      NodeHost(
        configuration: configuration, types: types, store: $0, group: group, links: frames,
        directory: directory, clock: clock, logger: logger, setPeers: { transport.setPeers($0) },
        onLostDisk: onLostDisk, onExpelled: onExpelled, onStoreFailure: onStoreFailure)
    }
    incoming = IncomingCalls(methods: methods, host: host, clock: clock, logger: logger)
    watches = ActorWatches(links: callLinks, clock: clock)
    caller = Caller(
      configuration: configuration, links: callLinks, directory: directory, clock: clock, host: host,
      redial: { transport.redial($0) })
    relay.attach(self)
    let callLinks = callLinks
    host?.services.onLeading.withLockedValue {
      $0 = { partition, term in
        for link in callLinks.all where link.peer.role == .client {
          link.control { $0.writeLeading(partition, term: term) }
        }
      }
    }
  }

  public var node: NodeID { configuration.transport.identity.node }
  public var incarnation: UInt64 { configuration.transport.identity.incarnation }

  /// The executor that node-bound actors of this system run on.
  public var executor: UnownedSerialExecutor { transport.eventLoop.executor.asUnownedSerialExecutor() }

  /// Starts listening, dialing and, on a node, the partitions.
  public func start() async throws(TransportError) {
    startTicking()
    await host?.start()
    try await transport.start()
  }

  /// Ends all calls with `shuttingDown`, writes what is committed, closes the links. The store is left to its owner.
  public func stop() async {
    ticker.withLockedValue { $0 }?.cancel()
    caller.stop()
    watches.stop()
    await host?.stop()
    await transport.stop()
  }

  /// What ends by time: one tick for all calls and watches.
  private func startTicking() {
    let task = transport.eventLoop.scheduleRepeatedTask(
      initialDelay: .milliseconds(20), delay: .milliseconds(20)
    ) { _ in
      let now = self.clock.monotonic()
      self.caller.expire(now: now)
      self.incoming.expire(now: now)
      self.watches.expire(now: now)
    }
    ticker.withLockedValue { $0 = task }
  }

  /// A new command id, for a caller that wants to retry a command itself after an unknown outcome: set it in
  /// `callOptions` for every attempt.
  public func newCommand() -> CommandID {
    var generator = SystemRandomNumberGenerator()
    return CommandID(
      session: SessionID(high: generator.next(), low: generator.next()), sequence: 0)
  }

  // MARK: references

  /// A reference to a durable actor. Every id names one; it costs nothing until it is called.
  public func actor<Act: DurableActor>(_ type: Act.Type, _ id: String) throws -> Act {
    try Act.resolve(id: .durable(ActorKey(type: Act.actorType, id: id)), using: self)
  }

  public func resolve<Act: DistributedActor>(id: ActorID, as actorType: Act.Type) throws -> Act?
  where Act.ID == ActorID {
    // A durable actor never has a local instance, and calls to a node-bound one take the same way
    // wherever it is.
    nil
  }

  public func assignID<Act: DistributedActor>(_ actorType: Act.Type) -> ActorID where Act.ID == ActorID {
    let type = (actorType as? any NodeActor.Type).map { $0.actorType } ?? String(describing: actorType)
    return .nodeBound(
      NodeActorID(
        node: node, incarnation: incarnation, type: type, number: incoming.makeNumber()))
  }

  public func actorReady<Act: DistributedActor>(_ actor: Act) where Act.ID == ActorID {
    guard case .nodeBound(let id) = actor.id, let local = actor as? any NodeActor else { return }
    incoming.insert(NodeActorEntry(of: local, id, on: executor))
  }

  public func resignID(_ id: ActorID) {
    guard case .nodeBound(let id) = id else { return }
    incoming.remove(id)
    watches.resigned(id)
  }

  public func makeInvocationEncoder() -> CallEncoder { CallEncoder() }

  // MARK: calls

  public nonisolated(nonsending) func remoteCall<
    Act: DistributedActor, Err: Error, Res: Codable & Sendable
  >(
    on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type,
    returning: Res.Type
  ) async throws -> Res where Act.ID == ActorID {
    let options = Self.callOptions
    guard !options.isOneWay else {
      throw ClusterError.invalidCall("a one-way call returns nothing, and \(target) returns something")
    }
    let reply = try await call(actor, target, invocation.argument ?? [], options)
    do {
      switch reply {
      case .received(let bytes):
        return try bytes.withUnsafeReadableBytes { try CBORDecoder().decode(Res.self, from: $0) }
      case .bytes(let bytes): return try CBORDecoder().decode(Res.self, from: bytes)
      }
    } catch {
      throw ClusterError.remoteFailure("the reply of \(target) is not a \(Res.self): \(error)")
    }
  }

  public nonisolated(nonsending) func remoteCallVoid<Act: DistributedActor, Err: Error>(
    on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type
  ) async throws where Act.ID == ActorID {
    _ = try await call(actor, target, invocation.argument ?? [], Self.callOptions)
  }

  /// A reply's CBOR.
  private enum Reply {
    /// Where it came in.
    case received(ByteBuffer)
    case bytes([UInt8])
  }

  nonisolated(nonsending) private func call<Act: DistributedActor>(
    _ actor: Act, _ target: RemoteCallTarget, _ argument: [UInt8], _ options: CallOptions
  ) async throws -> Reply where Act.ID == ActorID {
    let target = try targets.target(target, of: Act.self)
    let answer: CallAnswer
    switch actor.id {
    case .durable(let key):
      guard !options.isOneWay else {
        throw ClusterError.invalidCall("\(key) is a durable actor, which takes no one-way calls")
      }
      answer = await caller.call(key, target, argument: argument, options: options)
    case .nodeBound(let id):
      let own = configuration.transport.identity
      if id.node == own.node, id.incarnation <= own.incarnation {
        answer =
          id.incarnation == own.incarnation
          ? await callLocal(id, target, argument, options) : .failed(.actorGone(id.description))
      } else if options.isOneWay {
        if let error = caller.tell(id, target, argument: argument) { throw error }
        return .bytes([])
      } else {
        switch await caller.call(id, target, argument: argument, options: options) {
        case .received(let bytes): return .received(bytes)
        case .ended(let ended): answer = ended
        }
      }
    }
    switch answer {
    case .reply(let bytes): return .bytes(bytes)
    case .refused(let bytes):
      if let type = Act.self as? any DurableActor.Type { throw type.refusal(from: bytes) }
      if let type = Act.self as? any NodeActor.Type { throw type.refusal(from: bytes) }
      throw ClusterError.remoteFailure("a refusal from \(actor.id), which is an actor of another system")
    case .redirected: throw ClusterError.unavailable(reason: "no leader", retryAfterMilliseconds: 100)
    case .failed(let error): throw error
    }
  }

  /// The same way as a call over a link, without the link.
  nonisolated(nonsending) private func callLocal(
    _ id: NodeActorID, _ target: CallTarget, _ argument: [UInt8], _ options: CallOptions
  ) async -> CallAnswer {
    guard let entry = incoming.entry(id.number) else { return .failed(.actorGone(id.description)) }
    guard let place = incoming.methods.place(of: target.method) else {
      return .failed(.unknownMethod(type: target.method.type, method: target.method.method))
    }
    let trace = TraceContext.current
    let eventLoop = transport.eventLoop
    func start(_ onStart: @escaping @Sendable (StartedCall) -> Void) {
      let begin: @Sendable () -> Void = {
        // On the loop itself this is still the caller's task, and its command id and deadline are for this call only.
        Self.$callOptions.withValue(CallOptions()) {
          onStart(entry.start(place, ByteBuffer(bytes: argument), trace))
        }
      }
      if eventLoop.inEventLoop { begin() } else { eventLoop.execute(begin) }
    }
    guard !options.isOneWay else {
      start { if case .waits(let begin) = $0 { _ = begin { _ in } } }
      return .reply([])
    }
    return await caller.callLocal(options) { call, task in
      start { started in
        switch started {
        case .ended(let answer): self.caller.answered(call, nil, answer)
        case .waits(let begin): task.attach(begin { self.caller.answered(call, nil, $0) })
        }
      }
    }
  }

  // MARK: what comes in

  func received(_ event: TransportEvent) {
    switch event {
    case .connected(let peer, let greeting):
      connected(peer, greeting)
    case .disconnected(let peer, let reason):
      // Clients come and go, and a hostile one does so all the time.
      logger.log(
        level: peer.role == .node ? .notice : .debug, "link lost",
        metadata: ["peer": "\(peer)", "reason": "\(reason)"])
      let link = callLinks.remove(peer)
      // First, so that calls which are made again are not sent back to it.
      if peer.role == .node { host?.disconnected(peer.node) }
      if let link {
        caller.lost(link)
        incoming.lost(link)
        watches.lost(link)
      }
    case .refused(let node):
      host?.gone(node)
    case .outdated(let node):
      host?.outdated(by: node)
    case .superseded(let node, let notice):
      host?.superseded(by: node, notice: Array(notice.readableBytesView))
    case .frame(let peer, let buffer):
      if let kind = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self), CallFrame.kinds.contains(kind)
      {
        return received(call: buffer, from: peer)
      }
      guard peer.role == .node else {
        return transport.cut(peer, because: "it sends a frame that only nodes may send")
      }
      do {
        host?.received(try Frame(decoding: buffer), from: peer.node)
      } catch {
        // Of a newer version, perhaps.
        incoming.countDead(.unknownFrame, "\(error)", peer)
      }
    }
  }

  private func connected(_ peer: PeerIdentity, _ greeting: ByteBuffer) {
    do {
      let greeting = try CallGreeting(decoding: greeting)
      guard let sender = transport.sender(to: peer) else { return }
      let transport = transport
      let link = CallLink(
        number: callLinks.makeNumber(), peer: peer, sender: sender, greeting: greeting,
        ownWindow: configuration.callWindowBytes, loop: transport.eventLoop,
        cut: { transport.cut(peer, because: $0) })
      callLinks.insert(link)
      watches.connected(link)
      if peer.role == .client, let host {
        for (partition, term) in host.services.ledNow.sorted(by: { $0.key < $1.key }) {
          link.control { $0.writeLeading(partition, term: term) }
        }
      }
    } catch {
      transport.cut(peer, because: "its greeting cannot be read: \(error)")
    }
    host?.connected(peer)
  }

  private func received(call buffer: ByteBuffer, from peer: PeerIdentity) {
    guard let link = callLinks.link(of: peer) else { return }
    do {
      if let (call, reply) = CallFrame.reply(in: buffer) {
        if !caller.replied(call, link, reply) { incoming.countDead(.lateAnswer, "call \(call)", peer) }
        return
      }
      if let call = try CallFrame.call(in: buffer) {
        return incoming.received(call, over: link) {
          caller.relaying($0, targets.target(of: $1), otherwise: $2)
        }
      }
      switch try CallFrame(decoding: buffer) {
      case .call: break
      case .answer(let call, let answer):
        if !caller.answered(call, link, answer) { incoming.countDead(.lateAnswer, "call \(call)", peer) }
      case .cancel(let call): incoming.cancel(call, over: link)
      case .credit(let total): link.finished(total)
      case .watch(let number):
        watches.watched(number, by: link) { self.incoming.entry(number) != nil }
      case .ended(let number): watches.ended(number, at: link)
      case .leading(let partition, let term):
        // A node knows better from its own replicas.
        if host == nil, link.peer.role == .node,
          configuration.topology.placement.partitions.contains(partition)
        {
          directory.heard(from: link.peer.node, leading: partition, term: term)
        }
      }
    } catch {
      link.breaksRule("a frame of calls cannot be read: \(error)")
    }
  }
}

extension NodeActor {
  fileprivate static func refusal(from bytes: [UInt8]) -> any Error {
    do {
      return try CBORDecoder().decode(Refusal.self, from: bytes)
    } catch {
      return ClusterError.remoteFailure("a refusal of \(actorType) cannot be decoded: \(error)")
    }
  }
}

extension DurableActor {
  fileprivate static func refusal(from bytes: [UInt8]) -> any Error {
    do {
      return try CBORDecoder().decode(State.Refusal.self, from: bytes)
    } catch {
      return ClusterError.remoteFailure("a refusal of \(actorType) cannot be decoded: \(error)")
    }
  }
}
