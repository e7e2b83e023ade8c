// Reads that any replica answers by itself, as old as it may be. Part of the partition host, a value.
package import PeerTransport
package import Raft

/// Since when a replica may lack something that its leader has committed.
struct Staleness: Sendable {
  /// "So much was committed then." The replica may have far less of it, and knows only what it has itself.
  private struct Word: Sendable {
    var commit: LogIndex
    var at: Int64
  }

  /// The last moment, on the monotonic clock, of which all that was committed then is applied here.
  private(set) var complete: Int64?
  /// What the leader said since: the first word that this replica has not caught up with, and the last one.
  private var first: Word?
  private var last: Word?

  init(complete: Int64? = nil) { self.complete = complete }

  mutating func heard(commit: LogIndex, at now: Int64, applied: LogIndex) {
    reached(applied)
    let word = Word(commit: commit, at: now)
    if first == nil { first = word } else { last = word }
    reached(applied)
  }

  mutating func reached(_ applied: LogIndex) {
    while let word = first, word.commit <= applied {
      complete = word.at
      first = last
      last = nil
    }
  }
}

extension PartitionHost {
  // MARK: what the replica knows

  /// What the leader says in its node's heartbeats; nil elsewhere.
  package var ledCommit: LogIndex? { isLeader ? raft.commitIndex : nil }

  /// The node's heartbeat says that its replica leads, and what is committed there.
  package mutating func heardLeader(on node: NodeID, term: Term, commit: LogIndex, _ now: Moment) {
    guard !isLeader, leaderNode == node, raft.term == term else { return }
    staleness.heard(commit: commit, at: now.monotonic, applied: appliedIndex)
  }

  /// How old the state here may be, in milliseconds; nil when nobody can say: it has never had all that its leader had.
  ///
  /// A leader that is cut off takes itself for one until its election timeout is over: so much more it may be.
  func age(_ now: Moment) -> Int64? {
    if isServing { return 0 }
    return staleness.complete.map { max(0, now.monotonic - $0) }
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
    // One that is rebuilt may lack what its node has shown before.
    guard raft.membership.isVoter(raft.id) else {
      return fail(
        call,
        .unavailable(
          reason: "the replica of \(id) on this node is being rebuilt, and is no voter yet",
          retryAfterMilliseconds: 1_000))
    }
    staleness.reached(appliedIndex)
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
        "\(known ?? "this replica of \(id) has not had all yet that its leader has"), and at most \(limit) ms were asked for",
      retryAfterMilliseconds: 200)
  }

  /// How old the state was that a call was answered from; nil for one that was answered as usual.
  package mutating func takeAge(of call: CallID) -> Int64? {
    ages.isEmpty ? nil : ages.removeValue(forKey: call)
  }
}
