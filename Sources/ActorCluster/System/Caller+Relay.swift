// Ways to an answer besides the leader itself: the own replica, and a node that reaches a leader which the caller does not.
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Synchronization

extension Caller {
  // MARK: stale reads

  /// From the own replica, without any message; nil when that cannot answer and the call goes the usual way.
  nonisolated(nonsending) func readStale(
    _ key: ActorKey, _ target: CallTarget, argument: [UInt8], command: CommandID, maximumAge: Duration,
    until deadline: Int64, onAge: (@Sendable (Int64) -> Void)?
  ) async -> CallAnswer? {
    guard let host else { return nil }
    let limit = Int64(min(max(maximumAge, .zero), .seconds(86_400)) / .milliseconds(1))
    let outcome = await wait(cost: 0, until: deadline, link: nil) { call in
      host.call(
        IncomingCall(
          command: command, firstOutstanding: 0, actor: key, method: target.method.method,
          argument: argument, deadline: deadline, maximumAge: limit, onAge: onAge,
          respond: { self.answered(call, nil, $0) }))
      return nil
    }
    switch outcome {
    case .reply(let bytes): return .reply(Array(bytes.readableBytesView))
    case .answer(.redirected): return nil
    case .answer(let answer): return answer
    case .cancelled: return .failed(Self.cancelled)
    case .lost, .notConnected, .notUnderstood:
      return .failed(
        .unavailable(reason: "the own replica did not answer in time", retryAfterMilliseconds: 100))
    }
  }

  // MARK: relaying

  /// Who answers leads, as far as a system without replicas knows, unless it may have asked the leader on this one's behalf.
  func learn(_ node: NodeID, _ partition: PartitionID, _ attempt: Attempt) {
    if host == nil, !attempt.mayRelay { directory.setLeader(node, of: partition) }
  }

  /// On a node itself first: it keeps a call until it knows a leader.
  var nodesToAsk: [NodeID] {
    let nodes = host?.nodes.withLockedValue { $0 } ?? configuration.topology.nodes
    return host == nil ? nodes : [ownNode] + nodes.filter { $0 != ownNode }
  }

  /// What it means that nobody leads a partition, in words.
  var withoutLeader: String {
    host?.advice.withLockedValue { $0 } ?? configuration.topology.withoutLeader
  }

  /// When a relayed attempt ends.
  private func relayDeadline(_ timeLeft: UInt32?) -> Int64 {
    clock.monotonic() + (timeLeft.map(Int64.init) ?? configuration.timing.attemptMilliseconds)
  }

  /// What to do with the answer to a peer's call: one that names a leader is asked there, once, on behalf of the peer. The
  /// peer's credit and `RelayLimit` bound how many there are.
  func relaying(
    _ call: CallFrame.Call, _ target: CallTarget, otherwise respond: @escaping @Sendable (CallAnswer) -> Void
  ) -> @Sendable (CallAnswer) -> Void {
    let deadline = relayDeadline(call.timeLeft)
    // A slice would keep all that was read with it until the call's end.
    let argument = Array(call.argument.readableBytesView)
    let (actor, trace) = (call.target, call.trace)
    return { answer in
      guard case .redirected(let leader?) = answer else { return respond(answer) }
      let attempt = Attempt(actor: actor, target: target, argument: argument, deadline: deadline)
      guard let link = self.links.link(to: leader) else { return respond(.failed(Self.unreached(leader))) }
      let cost = attempt.cost
      guard self.relays.withLock({ $0.begin(cost, to: leader, window: link.credit.window) }) else {
        return respond(
          .failed(
            .unavailable(
              reason: "it relays as many calls to \(leader) as it may", retryAfterMilliseconds: 50)))
      }
      Task {
        let answer = await TraceContext.$current.withValue(trace) { await self.relay(attempt, over: link) }
        self.relays.withLock { $0.end(cost, to: leader) }
        respond(answer)
      }
    }
  }

  /// The peer does not learn that its call was redirected, which may be after it was decided: so what the leader refuses is no
  /// more than unknown to it, and it asks again with the same id.
  nonisolated(nonsending) private func relay(_ attempt: Attempt, over link: CallLink) async -> CallAnswer {
    let leader = link.peer.node
    switch await make(attempt, over: link) {
    case .reply(let bytes): return .reply(Array(bytes.readableBytesView))
    case .answer(.failed(.overloaded(let what, let delay))):
      return .failed(.unavailable(reason: "\(leader) is overloaded: \(what)", retryAfterMilliseconds: delay))
    case .answer(let answer): return answer
    case .notUnderstood(let error):
      return .failed(
        .unavailable(reason: "\(leader) does not understand it: \(error)", retryAfterMilliseconds: 100))
    case .lost(let why):
      return .failed(.unavailable(reason: "\(leader) \(why)", retryAfterMilliseconds: 100))
    case .notConnected, .cancelled:
      return .failed(Self.unreached(leader))
    }
  }

  private static func unreached(_ leader: NodeID) -> ClusterError {
    .unavailable(reason: "it does not reach \(leader) either", retryAfterMilliseconds: 100)
  }
}
