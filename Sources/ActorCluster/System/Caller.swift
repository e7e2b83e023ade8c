// Calls from this system: the shell around `CallRouting` and `CallTable`.
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import PeerTransport

/// Makes calls, retries them, and ends every one of them. Safe from any thread.
final class Caller: Sendable {
  /// How one attempt ended.
  enum Outcome: Sendable {
    case answer(CallAnswer)
    case lost(String)
    case notConnected
  }

  private typealias Waiter = CheckedContinuation<Outcome, Never>

  private struct State: Sendable {
    var table: CallTable<Waiter>
    var sequence = CommandSequence()
    var active = 0
    var isStopped = false
    var start = 0
    var redials = RedialLimit()
  }

  private static let notConnected = "is not connected"

  private let configuration: SystemConfiguration
  private let links: TransportLinks
  private let directory: LeaderDirectory
  private let clock: ClusterClock
  private let host: NodeHost?
  private let loop: any EventLoop
  private let session: SessionID
  private let state: NIOLockedValueBox<State>
  private let ticker = NIOLockedValueBox<RepeatedTask?>(nil)

  init(
    configuration: SystemConfiguration, links: TransportLinks, directory: LeaderDirectory,
    clock: ClusterClock, host: NodeHost?, loop: any EventLoop
  ) {
    self.configuration = configuration
    self.links = links
    self.directory = directory
    self.clock = clock
    self.host = host
    self.loop = loop
    var generator = SystemRandomNumberGenerator()
    session = SessionID(high: generator.next(), low: generator.next())
    // An answer to a call of an earlier process of this name must not meet a call of this one.
    state = NIOLockedValueBox(State(table: CallTable(first: generator.next() >> 2)))
  }

  func start() {
    let task = loop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { _ in
      self.expire()
    }
    ticker.withLockedValue { $0 = task }
  }

  func stop() {
    ticker.withLockedValue { $0 }?.cancel()
    let waiters = state.withLockedValue { state in
      state.isStopped = true
      return state.table.takeAll()
    }
    for waiter in waiters { waiter.resume(returning: .answer(.failed(.shuttingDown))) }
  }

  // MARK: calls

  /// Calls a durable actor and retries until there is an answer or the deadline.
  func call(
    _ key: ActorKey, method: String, argument: [UInt8], options: CallOptions
  ) async -> CallAnswer {
    let opened = state.withLockedValue { state -> (sequence: UInt64?, start: Int)? in
      guard !state.isStopped, state.active < configuration.maximumCalls else { return nil }
      state.active += 1
      state.start += 1
      return (options.command == nil ? state.sequence.begin() : nil, state.start)
    }
    guard let opened else {
      return .failed(
        isStopped
          ? .shuttingDown : .overloaded(what: "too many calls under way", retryAfterMilliseconds: 100))
    }
    defer {
      state.withLockedValue { state in
        state.active -= 1
        if let sequence = opened.sequence { state.sequence.finish(sequence) }
      }
    }
    let command = options.command ?? CommandID(session: session, sequence: opened.sequence ?? 0)
    let partition = configuration.topology.placement.partition(of: key)
    let deadline = clock.monotonic() + options.timeoutMilliseconds
    var routing = CallRouting(
      nodes: configuration.topology.nodes, leader: directory.leader(of: partition), start: opened.start,
      deadline: deadline)
    var named: NodeID?
    while true {
      switch routing.next(now: clock.monotonic()) {
      case .giveUp(let error):
        return .failed(error)
      case .wait(let delay):
        try? await Task.sleep(for: .milliseconds(delay))
        if Task.isCancelled {
          return .failed(.unavailable(reason: "the caller was cancelled", retryAfterMilliseconds: 0))
        }
      case .send(let node):
        let frame = CallFrame(
          call: 0, target: .durable(key), method: method, argument: argument, command: command,
          firstOutstanding: opened.sequence == nil
            ? 0 : state.withLockedValue { $0.sequence.firstOutstanding })
        let attemptEnd = min(deadline, clock.monotonic() + configuration.timing.attemptMilliseconds)
        switch await attempt(frame, at: node, until: attemptEnd) {
        case .notConnected:
          // Others hear the leader: it has just started, and waiting for the end of a backoff would cost the call.
          if node == named { redial(node) }
          if host == nil { directory.forget(node, asLeaderOf: partition) }
          routing.unanswered(by: node, Self.notConnected)
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
        case .answer(let answer):
          if host == nil { directory.setLeader(node, of: partition) }
          return answer
        }
      }
    }
  }

  /// Calls a node-bound actor: one attempt, because it has no other place.
  func call(
    _ id: NodeActorID, method: String, argument: [UInt8], options: CallOptions
  ) async -> CallAnswer {
    let frame = CallFrame(
      call: 0, target: .nodeBound(id), method: method, argument: argument, command: nil, firstOutstanding: 0)
    let deadline = clock.monotonic() + options.timeoutMilliseconds
    switch await attempt(frame, at: id.node, until: deadline) {
    case .answer(let answer): return answer
    case .notConnected:
      return .failed(
        .unavailable(reason: "\(id.node) \(Self.notConnected)", retryAfterMilliseconds: 100))
    case .lost(let why):
      return .failed(.unavailable(reason: "\(id.node) \(why)", retryAfterMilliseconds: 100))
    }
  }

  var underWay: Int { state.withLockedValue { $0.active } }

  private var isStopped: Bool { state.withLockedValue { $0.isStopped } }

  private var ownNode: NodeID { configuration.transport.identity.node }

  private func attempt(_ frame: CallFrame, at node: NodeID, until deadline: Int64) async -> Outcome {
    await withCheckedContinuation { continuation in
      let call = state.withLockedValue { state -> UInt64? in
        state.isStopped ? nil : state.table.insert(continuation, to: node, until: deadline)
      }
      guard let call else { return continuation.resume(returning: .answer(.failed(.shuttingDown))) }
      send(frame, as: call, to: node)
    }
  }

  private func send(_ frame: CallFrame, as call: UInt64, to node: NodeID) {
    if let host, node == ownNode, case .durable(let key) = frame.target, let command = frame.command {
      return host.call(
        IncomingCall(
          command: command, firstOutstanding: frame.firstOutstanding, actor: key, method: frame.method,
          argument: frame.argument, respond: { self.answered(call, $0) }))
    }
    var frame = frame
    frame.call = call
    if !links.trySend(.call(frame), to: node) { end(call, .notConnected) }
  }

  private func redial(_ node: NodeID) {
    let now = clock.monotonic()
    if state.withLockedValue({ $0.redials.allows(node, now: now) }) { links.transport.redial(node) }
  }

  // MARK: ends

  func answered(_ call: UInt64, _ answer: CallAnswer) { end(call, .answer(answer)) }

  /// The link to that node is gone: whatever it was asked is asked elsewhere.
  func lost(_ node: NodeID) {
    let waiters = state.withLockedValue { $0.table.lost(node) }
    for waiter in waiters { waiter.resume(returning: .lost("lost its connection")) }
  }

  private func end(_ call: UInt64, _ outcome: Outcome) {
    state.withLockedValue { $0.table.answered(call) }?.resume(returning: outcome)
  }

  private func expire() {
    let now = clock.monotonic()
    let waiters = state.withLockedValue { $0.table.expired(now: now) }
    for waiter in waiters { waiter.resume(returning: .lost("did not answer in time")) }
  }
}
