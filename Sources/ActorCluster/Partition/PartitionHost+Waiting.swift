// Calls that come while nobody leads, or while the leadership is on its way to another node: they wait, and are not refused.
internal import DequeModule
package import PeerTransport
internal import Raft

/// Calls that a replica keeps until it knows a leader to send them to. They are few at a time and short-lived: a leadership
/// that is handed over is back in some milliseconds, and a caller who asks around meanwhile adds its pauses to that.
package struct LeaderlessCalls: Sendable {
  struct Held: Sendable {
    var id: CallID
    /// Nil when it was decided here already, and the answer is unknown.
    var call: PartitionCall?
    /// When the caller had better ask another node.
    var until: Int64
  }

  /// In the order of their coming.
  var held: Deque<Held> = []
  /// Nodes to which the link is down: if one of them leads, that is old news, or cannot be followed.
  var cut: Set<NodeID> = []
}

extension PartitionHost {
  /// Whether a leadership would only be given back.
  package var cannotLead: Bool {
    if case .quarantined = health { true } else { raft.violation != nil }
  }

  /// Whether commands and reads may be begun. While the leadership is handed over they wait for its end.
  var isDeciding: Bool { isServing && raft.transferTarget == nil }

  /// The leader to whom callers can be sent, if that is another node.
  private var reachableLeader: NodeID? {
    guard !isLeader, let leader = leaderNode, !leaderless.cut.contains(leader) else { return nil }
    return leader
  }

  /// A replica that does not lead sends a caller to the one that does, as soon as there is one.
  mutating func sendOn(_ call: PartitionCall, _ now: Moment) { follow(call.id, call, now) }

  /// The same of a call that was begun here.
  mutating func redirect(_ call: CallID, _ now: Moment) { follow(call, nil, now) }

  private mutating func follow(_ id: CallID, _ call: PartitionCall?, _ now: Moment) {
    let isKept =
      reachableLeader == nil && !isLeader && raft.violation == nil && raft.membership.allVoters.count > 1
      && leaderless.held.count < limits.waitingCalls
    // A stale read goes the usual way at once: one that waited could be decided here, if this replica leads next.
    guard isKept, call?.maximumAge == nil else {
      return actions.append(.answer(id, .redirected(to: leaderNode)))
    }
    leaderless.held.append(
      .init(id: id, call: call, until: now.monotonic + limits.leaderlessMilliseconds))
  }

  /// The leadership is over: everybody who waits here is sent to the next leader, once it is known. What was decided may
  /// still commit; a retry with the same command id then finds its reply.
  mutating func followNext(_ now: Moment) {
    for position in undecided.indices {
      if let call = undecided[position].call { redirect(call, now) }
      undecided[position].call = nil
    }
    for call in answers.takeAll() { redirect(call, now) }
    for call in waiting { sendOn(call, now) }
    waiting = []
    // Messages are sent again by their sender.
    for case .call(let call) in loads.takeParked() { sendOn(call, now) }
  }

  /// A leader is known, or reachable again.
  mutating func releaseLeaderless() {
    guard !leaderless.held.isEmpty, isLeader || reachableLeader != nil else { return }
    for held in leaderless.held {
      if isLeader, let call = held.call {
        waiting.append(call)
      } else {
        actions.append(.answer(held.id, .redirected(to: leaderNode)))
      }
    }
    leaderless.held = []
  }

  /// The node's link is down: who leads there may have ended.
  package mutating func nodeCut(_ node: NodeID) { leaderless.cut.insert(node) }

  /// This replica is to be no more: everybody who waits for it asks elsewhere.
  package mutating func sendAllAway() {
    stopLeading()
    dropLeaderless()
  }

  /// This replica will hear of no leader any more.
  mutating func dropLeaderless() {
    for held in leaderless.held { actions.append(.answer(held.id, .redirected(to: nil))) }
    leaderless.held = []
  }

  mutating func giveUpLeaderless(_ now: Moment) {
    while let first = leaderless.held.first, first.until <= now.monotonic {
      leaderless.held.removeFirst()
      actions.append(.answer(first.id, .redirected(to: leaderNode)))
    }
  }
}
