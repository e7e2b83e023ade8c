// Where the attempts of one call go, and when it is given up: a pure value.
package import NodeStore
package import PeerTransport

/// How often a node may be dialed out of turn: many calls are redirected to the same leader at once, and one that has just
/// ended is named until the others notice.
package struct RedialLimit: Sendable {
  package static let pauseMilliseconds: Int64 = 100

  private var last: [NodeID: Int64] = [:]

  package init() {}

  /// Whether that node may be dialed now; counted as done if so.
  package mutating func allows(_ node: NodeID, now: Int64) -> Bool {
    if let last = last[node], now - last < Self.pauseMilliseconds { return false }
    last[node] = now
    return true
  }
}

/// What a node has under way to other nodes on behalf of peers that do not reach these. Its own calls to a node and all that it
/// relays share what that node allows it, and peers may have more under way here than that: the larger part is for its own.
package struct RelayLimit: Sendable {
  /// Of the window of the node that is asked.
  package static let share = 4

  private var underWay: [NodeID: Int] = [:]

  package init() {}

  /// - Returns: whether there is room for it. One always has.
  package mutating func begin(_ cost: Int, to node: NodeID, window: Int) -> Bool {
    let before = underWay[node] ?? 0
    guard before == 0 || before + cost <= window / Self.share else { return false }
    underWay[node] = before + cost
    return true
  }

  package mutating func end(_ cost: Int, to node: NodeID) {
    let left = (underWay[node] ?? 0) - cost
    underWay[node] = left > 0 ? left : nil
  }
}

/// Partitions that another node leads now. The one before says so to those who wait for its answers, unless it hangs or is cut
/// off.
package struct LeaderMoves: Sendable {
  /// How long it has to say so, in milliseconds.
  package static let farewell: Int64 = 40

  private var waiting: [PartitionID: Int64] = [:]

  package init() {}

  /// Those whose former leader has had its time, in order.
  package mutating func due(_ changed: Set<PartitionID>, now: Int64) -> [PartitionID] {
    guard !waiting.isEmpty || !changed.isEmpty else { return [] }
    let due = waiting.filter { $0.value <= now }.keys.sorted()
    for partition in due { waiting[partition] = nil }
    // One that moves again and again does not keep those waiting who asked the first.
    for partition in changed where waiting[partition] == nil { waiting[partition] = now + Self.farewell }
    return due
  }
}

/// The attempts of one call to a durable actor: to the leader of the moment, following redirections, around nodes
/// that do not answer, with the same command id, until the deadline.
package struct CallRouting: Sendable {
  /// What to do next.
  package enum Action: Equatable {
    case send(to: NodeID)
    case wait(milliseconds: Int64)
    case giveUp(ClusterError)
  }

  private let nodes: [NodeID]
  private let deadline: Int64
  private let withoutLeader: String
  private var hint: NodeID?
  private var position: Int
  private var attempts = 0
  /// Nodes in a row to which there was no connection.
  private var missing = 0
  /// Redirections since the last pause.
  private var redirections = 0
  /// How long to wait before the next attempt; nil for not at all.
  private var pause: Int64?
  /// What the last node said that refused for now, while no attempt has had an unknown outcome.
  private var refusal: ClusterError?
  private var isAmbiguous = false
  /// The last node that answered knew no leader.
  private var isLeaderless = false
  /// Nodes whose version does not understand the call.
  private var strangers: Set<NodeID> = []
  /// The leader that others name cannot be reached from here: who is asked instead may ask it once on this one's behalf.
  package private(set) var wantsRelay = false
  private var asked: NodeID?
  private var unreachable: NodeID?
  private var leavesOut = false
  package private(set) var lastProblem = "no node could be reached"

  /// - Parameters:
  ///   - nodes: who to ask, in order, when nobody knows the leader; must not be empty for anything to be sent.
  ///   - deadline: on the monotonic clock, milliseconds.
  ///   - withoutLeader: what it may mean that there is no leader.
  package init(
    nodes: [NodeID], leader: NodeID?, start: Int, deadline: Int64, withoutLeader: String = "no majority?"
  ) {
    self.withoutLeader = withoutLeader
    self.nodes = nodes
    self.deadline = deadline
    hint = leader
    position = start
  }

  package mutating func next(now: Int64) -> Action {
    guard now < deadline else {
      return .giveUp(
        refusal
          ?? .unavailable(reason: "\(lastProblem), until the deadline\(advice)", retryAfterMilliseconds: 200))
    }
    if let pause {
      self.pause = nil
      redirections = 0
      return .wait(milliseconds: min(deadline - now, pause))
    }
    attempts += 1
    if let hint {
      self.hint = nil
      asked = hint
      return .send(to: hint)
    }
    guard !nodes.isEmpty else {
      return .giveUp(.unavailable(reason: "this system knows no node", retryAfterMilliseconds: 1_000))
    }
    asked = nil
    position = (position + 1) % nodes.count
    if wantsRelay, nodes[position] == unreachable { position = (position + 1) % nodes.count }
    return .send(to: nodes[position])
  }

  /// What the last node said may hide that nobody leads.
  private var advice: String {
    isLeaderless && !lastProblem.contains(withoutLeader) ? " (no leader is known: \(withoutLeader))" : ""
  }

  /// The node asked does not lead. A named leader is asked at once the first two times, else after a pause.
  package mutating func redirected(from node: NodeID, to leader: NodeID?) {
    // What a version does not understand is the better reason, and stays.
    if leader.map({ !strangers.contains($0) }) ?? true {
      lastProblem =
        leader.map { "\(node) redirects to \($0)" } ?? "\(node) knows no leader (\(withoutLeader))"
    }
    isLeaderless = leader == nil
    // Who was asked has nobody to relay to.
    if leader == nil { unreachable = nil }
    // A deposed leader redirects also what it had decided.
    refusal = nil
    isAmbiguous = true
    hint = leader == node ? nil : leader
    redirections += 1
    missing = 0
    if leader != nil, leader == unreachable {
      // Every other time: it may be back, and who was asked may not relay.
      leavesOut.toggle()
      if leavesOut { hint = nil }
    }
    pause = hint == nil || redirections > 2 ? backoff : nil
  }

  /// There is no connection to the node: nothing went out, and no time was lost.
  package mutating func notConnected(to node: NodeID) {
    lastProblem = "\(node) is not connected"
    if node == asked {
      wantsRelay = true
      unreachable = node
    }
    hint = nil
    attempts -= 1
    missing += 1
    guard missing >= nodes.count else { return }
    // Nobody is left who could relay: it may be the only one that comes back.
    unreachable = nil
    missing = 0
    attempts += nodes.count
    pause = backoff
  }

  /// No answer came: the connection is down or was lost, or the node took too long.
  package mutating func unanswered(by node: NodeID, _ why: String) {
    lastProblem = "\(node) \(why)"
    if node == asked { wantsRelay = true }
    refusal = nil
    isAmbiguous = true
    hint = nil
    pause = attempts >= nodes.count ? backoff : nil
  }

  /// The node's version does not understand the call. Another's may, and may lead: versions are mixed during an upgrade.
  /// - Returns: what to give up with, if none of them does.
  package mutating func notUnderstood(by node: NodeID, _ error: ClusterError) -> ClusterError? {
    lastProblem = "\(node): \(error)"
    strangers.insert(node)
    hint = nil
    pause = attempts >= nodes.count ? backoff : nil
    guard strangers.isSuperset(of: nodes) else { return nil }
    return isAmbiguous ? .unavailable(reason: lastProblem, retryAfterMilliseconds: 1_000) : error
  }

  /// The leader refused for now, and changed nothing.
  /// - Returns: what to give up with, if there is no time for the pause that it asks for.
  package mutating func overloaded(
    _ node: NodeID, _ what: String, retryAfterMilliseconds delay: Int, now: Int64
  ) -> ClusterError? {
    lastProblem = "\(node) is overloaded: \(what)"
    if !isAmbiguous { refusal = .overloaded(what: what, retryAfterMilliseconds: delay) }
    hint = node
    pause = Int64(delay)
    return Int64(delay) < deadline - now ? nil : refusal
  }

  /// 10 ms, doubling to 160: short enough not to add much to a failover.
  private var backoff: Int64 { 10 << Int64(min(4, attempts / max(1, nodes.count))) }
}
