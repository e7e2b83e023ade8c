// Calls of peers to this system: dispatched by table, counted against their credit, and ended when nobody waits.
internal import Logging
internal import NIOCore
internal import PeerTransport
internal import Synchronization

/// Called on the loop of the links, which is that of node-bound actors too; safe from any thread otherwise.
final class IncomingCalls: Sendable {
  private struct State: Sendable {
    var actors = NodeActorTable()
    var running = RunningCalls<Task<Void, Never>>()
    var deadLetters = DeadLetters()
  }

  /// Where a call came from, and what it weighs.
  private struct Origin: Sendable {
    var link: CallLink
    var call: UInt64
    var cost: Int
    var isOneWay: Bool
  }

  /// A task is cancelled so much after its caller's time: what it answers because of that shall meet nobody who still waits.
  private static let graceMilliseconds: Int64 = 100

  let methods: CallableMethods
  private let host: NodeHost?
  private let clock: ClusterClock
  private let logger: Logger
  private let state = Mutex(State())

  init(methods: CallableMethods, host: NodeHost?, clock: ClusterClock, logger: Logger) {
    self.methods = methods
    self.host = host
    self.clock = clock
    self.logger = logger
  }

  // MARK: actors

  func makeNumber() -> UInt64 { state.withLock { $0.actors.makeNumber() } }
  func insert(_ entry: NodeActorEntry) { state.withLock { $0.actors.insert(entry) } }
  func remove(_ id: NodeActorID) { state.withLock { $0.actors.remove(id) } }
  func entry(_ number: UInt64) -> NodeActorEntry? { state.withLock { $0.actors.entry(number) } }

  /// Tasks of methods that wait, and their timers.
  var running: (tasks: Int, timers: Int) {
    state.withLock { ($0.running.count, $0.running.timers) }
  }

  var deadLetters: [DeadLetterKind: UInt64] { state.withLock { $0.deadLetters.counts } }

  // MARK: what comes in

  /// What to do with the answer to a call whose caller does not reach the leader: see `Caller.relaying`.
  typealias Relaying = (
    CallFrame.Call, MethodDescription, @escaping @Sendable (CallAnswer) -> Void
  ) -> @Sendable (CallAnswer) -> Void

  func received(_ call: CallFrame.Call, over link: CallLink, relaying: Relaying) {
    let origin = Origin(
      link: link, call: call.call, cost: CallCost.of(call.argument.readableBytes), isOneWay: call.isOneWay)
    guard link.received(origin.cost, isOneWay: call.isOneWay) else { return }
    guard Int(call.method) < methods.places.count else {
      return link.breaksRule("it calls method \(call.method), and there are \(methods.places.count)")
    }
    switch call.target {
    case .nodeBound(let number):
      guard case .nodeBound(let place) = methods.places[Int(call.method)] else {
        return breaksRule(call, origin)
      }
      guard let entry = entry(number), entry.id.type == methods.descriptions[Int(call.method)].type else {
        let name = "\(methods.descriptions[Int(call.method)].type)/\(number)"
        countDead(.goneActor, name, link.peer)
        return end(origin, .failed(.actorGone(name)))
      }
      start(call, place, entry, origin)
    case .durable(let id, let command, let first):
      guard case .durable = methods.places[Int(call.method)], !call.isOneWay else {
        return breaksRule(call, origin)
      }
      guard let host else {
        return end(origin, .failed(.invalidCall("a client serves no durable actors")))
      }
      let method = methods.descriptions[Int(call.method)]
      // Who belongs to the cluster is for its nodes to say, which ask who wants it.
      guard method.type != ClusterActor.actorType || link.peer.role == .node else {
        return end(origin, .failed(.invalidCall("a client may not change the cluster")))
      }
      let respond: @Sendable (CallAnswer) -> Void = { link.answer(origin.call, origin.cost, with: $0) }
      host.call(
        IncomingCall(
          command: command, firstOutstanding: first, actor: ActorKey(type: method.type, id: id),
          method: method.method, argument: Array(call.argument.readableBytesView),
          deadline: call.timeLeft.map { clock.monotonic() + Int64($0) },
          respond: call.mayRelay ? relaying(call, method, respond) : respond))
    }
  }

  private func breaksRule(_ call: CallFrame.Call, _ origin: Origin) {
    let method = methods.descriptions[Int(call.method)]
    origin.link.breaksRule("it calls \(method.type).\(method.method) as another kind of actor")
  }

  private func start(_ call: CallFrame.Call, _ place: Int, _ entry: NodeActorEntry, _ origin: Origin) {
    switch entry.start(place, call.argument, call.trace) {
    case .ended(let answer):
      end(origin, answer)
    case .waits(let begin):
      // One-way calls have no number that could name them, and nobody who could stop to wait.
      guard !call.isOneWay else {
        _ = begin { self.end(origin, $0) }
        return
      }
      run(begin, until: call.timeLeft.map { clock.monotonic() + Int64($0) + Self.graceMilliseconds }, origin)
    }
  }

  private func run(
    _ begin: (@escaping @Sendable (CallAnswer) -> Void) -> Task<Void, Never>, until deadline: Int64?,
    _ origin: Origin
  ) {
    let (link, call) = (origin.link.number, origin.call)
    guard state.withLock({ $0.running.open(link: link, call: call, until: deadline) }) else {
      // Begun all the same: the actor has counted it.
      _ = begin { _ in }
      return origin.link.breaksRule("it uses the number \(call) for two calls at once")
    }
    let task = begin { answer in
      self.state.withLock { $0.running.remove(link: link, call: call) }
      self.end(origin, answer)
    }
    if state.withLock({ $0.running.attach(task, link: link, call: call) }) { task.cancel() }
  }

  private func end(_ origin: Origin, _ answer: CallAnswer) {
    guard origin.isOneWay else {
      return origin.link.answer(origin.call, origin.cost, with: answer)
    }
    origin.link.finishedOneWay(origin.cost)
    if case .reply = answer { return }
    countDead(.failedOneWay, "\(answer)", origin.link.peer)
  }

  // MARK: ends

  /// The caller of a call waits no more.
  func cancel(_ call: UInt64, over link: CallLink) {
    state.withLock { $0.running.unwanted(link: link.number, call: call) }?.cancel()
  }

  /// Nobody waits for what came over that link.
  func lost(_ link: CallLink) {
    for task in state.withLock({ $0.running.unwanted(link: link.number) }) { task.cancel() }
  }

  func expire(now: Int64) {
    for task in state.withLock({ $0.running.expired(now: now) }) { task.cancel() }
  }

  func countDead(_ kind: DeadLetterKind, _ what: String, _ peer: PeerIdentity) {
    let now = clock.monotonic()
    guard let others = state.withLock({ $0.deadLetters.add(kind, now: now) }) else { return }
    logger.info(
      "a message reached nobody",
      metadata: [
        "kind": "\(kind.rawValue)", "what": "\(what)", "peer": "\(peer)", "notLogged": "\(others)",
      ])
  }
}
