// Reads that any replica answers by itself, as old as it may be. Part of the partition host, a value.
package import PeerTransport
internal import Raft

/// Since when a replica may lack something that its leader has.
struct Staleness: Sendable {
  /// When the leader was last heard, and when all that was known to be committed then was applied here, on the monotonic clock.
  var heard: Int64?
  var complete: Int64?
}

extension PartitionHost {
  // MARK: what the replica knows

  /// The node's heartbeat or a message says that its replica leads.
  package mutating func heardLeader(on node: NodeID, _ now: Moment) {
    guard !isLeader, leaderNode == node else { return }
    staleness.heard = now.monotonic
    if appliedIndex >= raft.commitIndex { staleness.complete = now.monotonic }
  }

  /// How old the state here may be, in milliseconds; nil when nobody can say: no leader was ever heard.
  ///
  /// A leader that is cut off takes itself for one until its election timeout is over: so much more it may be.
  func age(_ now: Moment) -> Int64? {
    if isServing { return 0 }
    let since = appliedIndex >= raft.commitIndex ? staleness.heard : staleness.complete
    return since.map { max(0, now.monotonic - $0) }
  }

  // MARK: reading

  /// Answers from what is applied here. What must be done otherwise is redirected: the caller then reads as usual.
  mutating func readStale(_ call: PartitionCall, limit: Int64, _ now: Moment) {
    guard health == .running, !isWitness else {
      actions.append(.answer(call.id, .redirected(to: leaderNode)))
      return
    }
    if let problem = call.actor.problem { return fail(call, .invalidCall(problem)) }
    if let refusal = poisoned(call) { return fail(call, refusal) }
    // What is decided and not committed must not be seen: that is what the usual way waits for.
    guard undecided.isEmpty else {
      actions.append(.answer(call.id, .redirected(to: leaderNode)))
      return
    }
    guard let age = age(now), age <= limit else { return fail(call, tooOld(limit, now)) }
    guard !state.mustLoad(call.actor) else { return park(call) }
    state.use(call.actor)
    notes?.begin(.command(call.command), call.actor, call.method)
    defer { notes?.end() }
    let context = DecisionContext(now: state.time, actor: call.actor, command: call.command)
    switch state.call(call.actor, call.method, call.argument, context) {
    case .read(let reply):
      ages[call.id] = age
      actions.append(.answer(call.id, .reply(reply)))
    case .refused(let refusal):
      ages[call.id] = age
      actions.append(.answer(call.id, .refused(refusal)))
    case .decided:
      fail(call, .invalidCall("\(call.method) of \(call.actor.type) decides: only what reads can be stale"))
    case .failed(let error):
      fail(call, error)
    }
  }

  private func tooOld(_ limit: Int64, _ now: Moment) -> ClusterError {
    let known = age(now).map { "what this replica of \(id) has is \($0) ms old" }
    return .unavailable(
      reason:
        "\(known ?? "this replica of \(id) has not heard a leader yet"), and at most \(limit) ms were asked for",
      retryAfterMilliseconds: 200)
  }

  /// How old the state was that a call was answered from; nil for one that was answered as usual.
  package mutating func takeAge(of call: CallID) -> Int64? {
    ages.isEmpty ? nil : ages.removeValue(forKey: call)
  }
}
