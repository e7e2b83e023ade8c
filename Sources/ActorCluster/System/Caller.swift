// Calls from this system: the shell around `CallRouting` and `CallTable`.
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Synchronization

/// How a call ended, for who decodes its reply.
enum CallReply {
  /// A reply, where it came in.
  case received(ByteBuffer)
  case ended(CallAnswer)
}

/// Makes calls, retries them, and ends every one of them. Safe from any thread.
final class Caller: Sendable {
  /// How one attempt ended.
  enum Outcome: Sendable {
    /// A reply, where it came in.
    case reply(ByteBuffer)
    case answer(CallAnswer)
    case lost(String)
    case notConnected
    case cancelled
    /// The peer's version does not understand it; nothing went out.
    case notUnderstood(ClusterError)
  }

  /// One attempt, as it goes out.
  struct Attempt: Sendable {
    var actor: CallFrame.Call.Target
    var target: CallTarget
    var argument: [UInt8]
    var deadline: Int64
    /// See `CallRouting.wantsRelay`.
    var mayRelay = false

    var cost: Int { CallCost.of(argument.count) }
  }

  /// Every waiter is resumed once: whoever takes it out of the table does it.
  private typealias Waiter = UnsafeContinuation<Outcome, Never>

  private struct State: Sendable {
    var table: CallTable<Waiter>
    var sequence = CommandSequence()
    var active = 0
    var isStopped = false
    var start = 0
    var redials = RedialLimit()
    var moves = LeaderMoves()
  }

  let configuration: SystemConfiguration
  let links: CallLinks
  private let redialNow: @Sendable (NodeID) -> Void
  let directory: LeaderDirectory
  let clock: ClusterClock
  let host: NodeHost?
  private let session: SessionID
  let relays = Mutex(RelayLimit())
  private let state: Mutex<State>

  init(
    configuration: SystemConfiguration, links: CallLinks, directory: LeaderDirectory, clock: ClusterClock,
    host: NodeHost?, redial: @escaping @Sendable (NodeID) -> Void
  ) {
    self.configuration = configuration
    self.links = links
    self.directory = directory
    self.clock = clock
    self.host = host
    redialNow = redial
    var generator = SystemRandomNumberGenerator()
    session = SessionID(high: generator.next(), low: generator.next())
    state = Mutex(State(table: CallTable(firstGeneration: generator.next())))
  }

  func stop() {
    let ended = state.withLock { state in
      state.isStopped = true
      return state.table.takeAll()
    }
    for call in ended { call.waiter?.resume(returning: .answer(.failed(.shuttingDown))) }
  }

  // MARK: calls

  /// Calls a durable actor and retries until there is an answer or the deadline.
  nonisolated(nonsending) func call(
    _ key: ActorKey, _ target: CallTarget, argument: [UInt8], options: CallOptions
  ) async -> CallAnswer {
    if let problem = key.problem { return .failed(.invalidCall(problem)) }
    guard key.type == target.method.type else {
      return .failed(
        .invalidCall("\(key) is no \(target.method.type), whose method \(target.method.method) is"))
    }
    let opened = state.withLock { state -> (sequence: UInt64?, start: Int)? in
      guard !state.isStopped, state.active < configuration.maximumCalls else { return nil }
      state.active += 1
      state.start += 1
      return (options.command == nil ? state.sequence.begin() : nil, state.start)
    }
    guard let opened else { return .failed(refusal) }
    defer {
      state.withLock { state in
        state.active -= 1
        if let sequence = opened.sequence { state.sequence.finish(sequence) }
      }
    }
    let command = options.command ?? CommandID(session: session, sequence: opened.sequence ?? 0)
    let partition = configuration.topology.placement.partition(of: key)
    let deadline = clock.monotonic() + options.timeoutMilliseconds
    if case .stale(let age) = options.read {
      let answer = await readStale(
        key, target, argument: argument, command: command, maximumAge: age, until: deadline,
        onAge: options.onAge)
      if let answer { return answer }
      options.onAge?(0)
    }
    var routing = CallRouting(
      nodes: nodesToAsk, leader: directory.leader(of: partition),
      start: host == nil ? opened.start : nodesToAsk.count - 1, deadline: deadline,
      withoutLeader: withoutLeader)
    var named: NodeID?
    while true {
      if isStopped { return .failed(.shuttingDown) }
      switch routing.next(now: clock.monotonic()) {
      case .giveUp(let error):
        return .failed(error)
      case .wait(let delay):
        try? await Task.sleep(for: .milliseconds(delay))
        if Task.isCancelled { return .failed(Self.cancelled) }
      case .send(let node):
        let first =
          opened.sequence == nil ? 0 : state.withLock { $0.sequence.firstOutstanding }
        var attempt = Attempt(
          actor: .durable(id: key.id, command: command, firstOutstanding: first), target: target,
          argument: argument,
          deadline: min(deadline, clock.monotonic() + configuration.timing.attemptMilliseconds))
        attempt.mayRelay = routing.wantsRelay
        switch await make(attempt, at: node, key, partition) {
        case .reply(let bytes):
          learn(node, partition, attempt)
          return .reply(Array(bytes.readableBytesView))
        case .cancelled:
          return .failed(Self.cancelled)
        case .notUnderstood(let error):
          if let end = routing.notUnderstood(by: node, error) { return .failed(end) }
        case .notConnected:
          // Others hear the leader: it has just started, and waiting for the end of a backoff would cost the call.
          if node == named { redial(node) }
          if host == nil { directory.forget(node, asLeaderOf: partition) }
          routing.notConnected(to: node)
        case .lost(let why):
          if host == nil { directory.forget(node, asLeaderOf: partition) }
          routing.unanswered(by: node, why)
        case .answer(.redirected(let leader)):
          if host == nil { directory.setLeader(leader, of: partition) }
          named = leader
          routing.redirected(from: node, to: leader)
        case .answer(.failed(.overloaded(let what, let delay))):
          let end = routing.overloaded(
            node, what, retryAfterMilliseconds: delay, now: clock.monotonic())
          if let end { return .failed(end) }
        case .answer(.failed(.shuttingDown)):
          if isStopped { return .failed(.shuttingDown) }
          routing.unanswered(by: node, "is shutting down")
        case .answer(.failed(.unavailable(let why, _))):
          routing.unanswered(by: node, "says: \(why)")
        case .answer(let answer):
          if !answer.isFailure { learn(node, partition, attempt) }
          return answer
        }
      }
    }
  }

  /// Calls a node-bound actor: one attempt, because it has no other place.
  nonisolated(nonsending) func call(
    _ id: NodeActorID, _ target: CallTarget, argument: [UInt8], options: CallOptions
  ) async -> CallReply {
    guard let link = links.link(to: id.node) else {
      return .ended(.failed(isStopped ? .shuttingDown : Self.unavailable(id.node, Self.notConnected)))
    }
    guard link.peer.incarnation == id.incarnation else { return .ended(.failed(Self.absent(id, link))) }
    let attempt = Attempt(
      actor: .nodeBound(id.number), target: target, argument: argument,
      deadline: clock.monotonic() + options.timeoutMilliseconds)
    switch await make(attempt, over: link, left: options.timeoutMilliseconds) {
    case .reply(let bytes): return .received(bytes)
    case .answer(let answer): return .ended(answer)
    case .notUnderstood(let error): return .ended(.failed(error))
    case .cancelled: return .ended(.failed(Self.cancelled))
    case .notConnected:
      return .ended(.failed(isStopped ? .shuttingDown : Self.unavailable(id.node, Self.notConnected)))
    case .lost(let why): return .ended(.failed(Self.unavailable(id.node, why)))
    }
  }

  /// A call within this system, with the same ends as one over a link.
  /// - Parameter start: starts it; its answer comes by `answered`. A task that it takes is to be attached.
  nonisolated(nonsending) func callLocal(
    _ options: CallOptions, start: (_ call: UInt64, _ task: LocalCallTask) -> Void
  ) async -> CallAnswer {
    let task = LocalCallTask()
    let deadline = clock.monotonic() + options.timeoutMilliseconds
    let outcome = await wait(cost: 0, until: deadline, link: nil) { call in
      start(call, task)
      return nil
    }
    if case .answer(let answer) = outcome { return answer }
    // Nobody waits for it any more.
    task.cancel()
    if case .cancelled = outcome { return .failed(Self.cancelled) }
    return .failed(Self.unavailable(ownNode, "did not answer in time"))
  }

  /// Sends a one-way call to a node-bound actor; nil when it is on its way.
  func tell(_ id: NodeActorID, _ target: CallTarget, argument: [UInt8]) -> ClusterError? {
    guard !isStopped else { return .shuttingDown }
    guard let link = links.link(to: id.node) else { return Self.unavailable(id.node, Self.notConnected) }
    guard link.peer.incarnation == id.incarnation else { return Self.absent(id, link) }
    let cost = CallCost.of(argument.count)
    switch link.take(cost, for: target, isOneWay: true) {
    case .failure(let error):
      return error
    case .success(let number):
      let outcome = link.sender.send {
        $0.writeCall(
          0, method: number, timeLeft: 0, isOneWay: true, target: .nodeBound(id.number),
          trace: TraceContext.current, argument: argument)
      }
      guard outcome != .queued else { return nil }
      link.returned(cost, isOneWay: true)
      return Self.error(outcome, id.node)
    }
  }

  /// Calls that are waited for, and calls and timers that are kept until an answer comes.
  var underWay: (calls: Int, kept: Int, timers: Int) {
    state.withLock { ($0.active, $0.table.count, $0.table.timers) }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  var ownNode: NodeID { configuration.transport.identity.node }

  private var refusal: ClusterError {
    isStopped ? .shuttingDown : .overloaded(what: "too many calls under way", retryAfterMilliseconds: 100)
  }

  // MARK: attempts

  nonisolated(nonsending) private func make(
    _ attempt: Attempt, at node: NodeID, _ key: ActorKey, _ partition: PartitionID
  ) async -> Outcome {
    guard let host, node == ownNode else {
      guard let link = links.link(to: node) else { return .notConnected }
      return await make(attempt, over: link, to: partition)
    }
    guard case .durable(_, let command, let first) = attempt.actor else { return .notConnected }
    return await wait(cost: attempt.cost, until: attempt.deadline, link: nil) { call in
      host.call(
        IncomingCall(
          command: command, firstOutstanding: first, actor: key, method: attempt.target.method.method,
          argument: attempt.argument, deadline: attempt.deadline,
          respond: { self.answered(call, nil, $0) }))
      return nil
    }
  }

  /// - Parameter left: milliseconds until nobody waits any more; nil for those until the attempt's deadline.
  nonisolated(nonsending) func make(
    _ attempt: Attempt, over link: CallLink, left: Int64? = nil, to partition: PartitionID? = nil
  ) async -> Outcome {
    let number: UInt16
    switch link.take(attempt.cost, for: attempt.target) {
    case .failure(let error) where error.isRetryable: return .answer(.failed(error))
    case .failure(let error): return .notUnderstood(error)
    case .success(let found): number = found
    }
    let left = UInt32(clamping: max(1, left ?? attempt.deadline - clock.monotonic()))
    let trace = TraceContext.current
    return await wait(cost: attempt.cost, until: attempt.deadline, link: link, partition) { call in
      guard !link.isLost else { return .notConnected }
      let outcome = link.sender.send {
        $0.writeCall(
          call, method: number, timeLeft: left, isOneWay: false,
          mayRelay: attempt.mayRelay && link.relays, target: attempt.actor, trace: trace,
          argument: attempt.argument)
      }
      return switch outcome {
      case .queued: nil
      case .notConnected: .notConnected
      case .overloaded, .frameTooLarge: .answer(.failed(Self.error(outcome, link.peer.node)))
      }
    }
  }

  /// Opens a call, lets `send` start it, and waits for its end.
  /// - Parameter send: what to end with when the call did not go out.
  nonisolated(nonsending) func wait(
    cost: Int, until deadline: Int64, link: CallLink?, _ partition: PartitionID? = nil,
    send: (_ call: UInt64) -> Outcome?
  ) async -> Outcome {
    let linkNumber = link?.number ?? CallLink.localNumber
    let call = state.withLock { state -> UInt64? in
      guard !state.isStopped else { return nil }
      return state.table.open(link: linkNumber, cost: cost, until: deadline, partition: partition)
    }
    guard let call else {
      link?.returned(cost)
      return .answer(.failed(.shuttingDown))
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        guard state.withLock({ $0.table.attach(waiter, to: call) }) else {
          // Cancelled, or lost with its link, before it went out.
          if state.withLock({ $0.table.end(call, link: linkNumber) }) != nil {
            link?.returned(cost)
          }
          return waiter.resume(returning: Task.isCancelled ? .cancelled : .lost("lost its connection"))
        }
        guard let problem = send(call) else {
          // Cancelled meanwhile: its cancellation may have gone before it. One too many is ignored.
          if Task.isCancelled { _ = link?.sender.send { $0.writeCancel(call) } }
          return
        }
        if let ended = state.withLock({ $0.table.end(call, link: linkNumber) }) {
          link?.returned(cost)
          ended.waiter?.resume(returning: problem)
        }
      }
    } onCancel: {
      cancel(call, link)
    }
  }

  private func cancel(_ call: UInt64, _ link: CallLink?) {
    guard let waiter = state.withLock({ $0.table.abandon(call) })?.waiter else { return }
    // Where there is no room, the callee ends it by its time.
    _ = link?.sender.send { $0.writeCancel(call) }
    waiter.resume(returning: .cancelled)
  }

  private func redial(_ node: NodeID) {
    let now = clock.monotonic()
    if state.withLock({ $0.redials.allows(node, now: now) }) { redialNow(node) }
  }

  // MARK: ends

  /// - Returns: false when nobody waited for it, or ever did.
  @discardableResult
  func answered(_ call: UInt64, _ link: CallLink?, _ answer: CallAnswer) -> Bool {
    ended(call, link, .answer(answer))
  }

  /// - Returns: false when nobody waited for it, or ever did.
  func replied(_ call: UInt64, _ link: CallLink, _ reply: ByteBuffer) -> Bool {
    ended(call, link, .reply(reply))
  }

  private func ended(_ call: UInt64, _ link: CallLink?, _ outcome: Outcome) -> Bool {
    let ended = state.withLock {
      $0.table.end(call, link: link?.number ?? CallLink.localNumber)
    }
    guard let ended else { return false }
    link?.answered(ended.cost)
    guard let waiter = ended.waiter else { return false }
    waiter.resume(returning: outcome)
    return true
  }

  /// The link is gone: whatever was asked over it is asked elsewhere.
  func lost(_ link: CallLink) {
    link.isLost = true
    for call in state.withLock({ $0.table.lost(link.number) }) {
      call.waiter?.resume(returning: .lost("lost its connection"))
    }
  }

  func expire(now: Int64) {
    followLeaders(now: now)
    for call in state.withLock({ $0.table.expired(now: now) }) {
      call.waiter?.resume(returning: .lost("did not answer in time"))
    }
  }

  /// Calls that wait for a node which leads their partition no more, and does not say so, are made again at the next leader.
  private func followLeaders(now: Int64) {
    let changed = directory.takeChanged()
    for partition in state.withLock({ $0.moves.due(changed, now: now) }) {
      guard let leader = directory.leader(of: partition) else { continue }
      let link = links.link(to: leader)?.number
      for call in state.withLock({ $0.table.abandon(callsTo: partition, exceptOver: link) }) {
        call.waiter?.resume(returning: .lost("leads no more, and does not say so"))
      }
    }
  }
}
