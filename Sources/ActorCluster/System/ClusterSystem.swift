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
  /// The partitions on this node; nil for a client.
  let host: NodeHost?
  private let actors = NIOLockedValueBox(NodeActorTable())
  private let actorLoop: any EventLoop
  /// For tasks that make many calls: on the loop of the links, so that a call changes threads nowhere.
  public let taskExecutor: LoopTaskExecutor

  /// - Parameters:
  ///   - store: this node's files; nil for a client, which holds no replicas.
  ///   - group: the event loops that links, partitions and node-bound actors run on.
  ///   - onLostDisk: other nodes know this one by other files, or by later ones: its disk was lost, or restored from an old
  ///     copy. The directory is marked as suspect and this node takes no part any more; close the store and start over with
  ///     `NodeStore.start`, which sets the files aside.
  ///   - onStoreFailure: the disk failed. The node acknowledges nothing more and must end.
  public init(
    configuration: SystemConfiguration, types: DurableTypes, store: NodeStore?, group: any EventLoopGroup,
    clock: ClusterClock = .system, logger: Logger,
    onLostDisk: @escaping @Sendable (String) -> Void = { _ in },
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) throws(TransportError) {
    self.configuration = configuration
    self.logger = logger
    self.clock = clock
    actorLoop = group.next()
    let directory = LeaderDirectory()
    self.directory = directory
    let relay = TransportRelay()
    let transport = try PeerTransport(
      configuration: configuration.transport, eventLoopGroup: group, logger: logger,
      onEvent: { relay.receive($0) })
    self.transport = transport
    taskExecutor = LoopTaskExecutor(transport.eventLoop)
    let links = TransportLinks(transport: transport, logger: logger)
    host = store.map {
      NodeHost(
        configuration: configuration, types: types, store: $0, group: group, links: links,
        directory: directory, clock: clock, logger: logger, onLostDisk: onLostDisk,
        onStoreFailure: onStoreFailure)
    }
    caller = Caller(
      configuration: configuration, links: links, directory: directory, clock: clock, host: host,
      loop: group.next())
    relay.attach(self)
  }

  public var node: NodeID { configuration.transport.identity.node }
  public var incarnation: UInt64 { configuration.transport.identity.incarnation }

  /// The executor that node-bound actors of this system run on.
  public var executor: UnownedSerialExecutor { actorLoop.executor.asUnownedSerialExecutor() }

  /// Starts listening, dialing and, on a node, the partitions.
  public func start() async throws(TransportError) {
    caller.start()
    await host?.start()
    try await transport.start()
  }

  /// Ends all calls with `shuttingDown`, writes what is committed, closes the links. The store is left to its owner.
  public func stop() async {
    caller.stop()
    await host?.stop()
    await transport.stop()
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
        node: node, incarnation: incarnation, type: type,
        number: actors.withLockedValue { $0.makeNumber() }))
  }

  public func actorReady<Act: DistributedActor>(_ actor: Act) where Act.ID == ActorID {
    guard case .nodeBound(let id) = actor.id, let local = actor as? any NodeActor else { return }
    actors.withLockedValue { $0.insert(local, as: id) }
  }

  public func resignID(_ id: ActorID) {
    guard case .nodeBound(let id) = id else { return }
    actors.withLockedValue { $0.remove(id) }
  }

  public func makeInvocationEncoder() -> CallEncoder { CallEncoder() }

  // MARK: calls

  public func remoteCall<Act: DistributedActor, Err: Error, Res: Codable & Sendable>(
    on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type,
    returning: Res.Type
  ) async throws -> Res where Act.ID == ActorID {
    let reply = try await call(actor, target, invocation.argument ?? [])
    do {
      return try CBORDecoder().decode(Res.self, from: reply)
    } catch {
      throw ClusterError.remoteFailure("the reply of \(target) is not a \(Res.self): \(error)")
    }
  }

  public func remoteCallVoid<Act: DistributedActor, Err: Error>(
    on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type
  ) async throws where Act.ID == ActorID {
    _ = try await call(actor, target, invocation.argument ?? [])
  }

  private func call<Act: DistributedActor>(
    _ actor: Act, _ target: RemoteCallTarget, _ argument: [UInt8]
  ) async throws -> [UInt8] where Act.ID == ActorID {
    let method = MethodName.stable(of: target)
    let answer: CallAnswer
    switch actor.id {
    case .durable(let key):
      answer = await caller.call(key, method: method, argument: argument, options: Self.callOptions)
    case .nodeBound(let id) where id.node == node && id.incarnation == incarnation:
      answer = await callLocal(id, method: method, argument: argument)
    case .nodeBound(let id):
      answer = await caller.call(id, method: method, argument: argument, options: Self.callOptions)
    }
    switch answer {
    case .reply(let bytes): return bytes
    case .refused(let bytes):
      guard let type = Act.self as? any DurableActor.Type else {
        throw ClusterError.remoteFailure("a refusal from \(actor.id), which is no durable actor")
      }
      throw type.refusal(from: bytes)
    case .redirected: throw ClusterError.unavailable(reason: "no leader", retryAfterMilliseconds: 100)
    case .failed(let error): throw error
    }
  }

  private func callLocal(_ id: NodeActorID, method: String, argument: [UInt8]) async -> CallAnswer {
    guard let call = actors.withLockedValue({ $0.call(for: id) }) else {
      return .failed(.actorGone(id.description))
    }
    return await call(method, argument)
  }

  // MARK: what comes in

  func received(_ event: TransportEvent) {
    switch event {
    case .connected(let peer):
      host?.connected(peer)
    case .disconnected(let peer, let reason):
      logger.notice("link lost", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
      if peer.role == .node {
        caller.lost(peer.node)
        host?.disconnected(peer.node)
      }
    case .refused(let node):
      host?.gone(node)
    case .outdated(let node):
      host?.outdated(by: node)
    case .frame(let peer, let buffer):
      do {
        received(try Frame(decoding: buffer), from: peer)
      } catch {
        logger.warning(
          "frame ignored: it cannot be decoded; do both nodes run the same version?",
          metadata: ["peer": "\(peer)", "error": "\(error)"])
      }
    }
  }

  private func received(_ frame: Frame, from peer: PeerIdentity) {
    switch frame {
    case .answer(let frame):
      caller.answered(frame.call, frame.answer)
    case .call(let frame):
      received(frame, from: peer)
    case .consensus, .messages, .acknowledgment, .ping, .alive, .needReplica, .replicaAssigned:
      guard peer.role == .node else {
        return logger.warning("frame ignored: only nodes may send it", metadata: ["peer": "\(peer)"])
      }
      host?.received(frame, from: peer.node)
    }
  }

  private func received(_ frame: CallFrame, from peer: PeerIdentity) {
    let transport = transport
    let logger = logger
    let respond: @Sendable (CallAnswer) -> Void = { answer in
      let encoded = try? Frame.answer(AnswerFrame(call: frame.call, answer: answer)).encoded()
      guard let encoded, transport.send(encoded, to: peer) == .queued else {
        // The caller asks again with the same command id.
        return logger.debug("answer not sent", metadata: ["peer": "\(peer)"])
      }
    }
    switch frame.target {
    case .durable(let key):
      guard let host else { return respond(.failed(.invalidCall("a client serves no durable actors"))) }
      guard let command = frame.command else {
        return respond(.failed(.invalidCall("a call to durable actor \(key) carries no command id")))
      }
      host.call(
        IncomingCall(
          command: command, firstOutstanding: frame.firstOutstanding, actor: key, method: frame.method,
          argument: frame.argument, respond: respond))
    case .nodeBound(let id):
      guard let call = actors.withLockedValue({ $0.call(for: id) }) else {
        return respond(.failed(.actorGone(id.description)))
      }
      // On the actors' loop, and started there at once: calls of one connection start in their order.
      actorLoop.execute {
        Task.immediate { respond(await call(frame.method, frame.argument)) }
      }
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
