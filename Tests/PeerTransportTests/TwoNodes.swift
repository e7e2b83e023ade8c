// A simulated pair of nodes: two real `NodeLink` values and a network that is a list of things to happen.
// Pure; a seed replays it.

import PeerTransport

/// Nodes 0 and 1. A connection is a number of the node that dialed it; both ends use that number plus an
/// offset.
struct TwoNodes {
  private enum Happening {
    case timer(node: Int, ConnectionID)
    /// A dial reaches its end, for better or worse.
    case dialDone(node: Int, ConnectionID)
    /// The acceptor's end of the handshake is done, a little after the dialer's.
    case acceptDone(Connection)
    case closeHeard(node: Int, Connection)
    case fault
  }
  private struct Connection: Hashable {
    var dialer: Int
    var attempt: ConnectionID
  }

  private var links: [NodeLink]
  private var queue: [(at: Duration, order: Int, what: Happening)] = []
  private var order = 0
  private var now = Duration.zero
  private var lastID: ConnectionID = 0
  private var random: SplitMix64
  private var alive: Set<Connection> = []
  /// Numbers of accepted connections, by connection.
  private var acceptedIDs: [Connection: ConnectionID] = [:]
  private var up: [PeerIdentity?] = [nil, nil]
  private var isFailing = false
  private(set) var changes = 0
  private(set) var problem: String?

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    let backoff = Backoff(minimum: .milliseconds(20), maximum: .seconds(2))
    links = [NodeLink(isMutual: true, backoff: backoff), NodeLink(isMutual: true, backoff: backoff)]
    for node in 0...1 { act(node, links[node].start(next: id())) }
  }

  var isUp: Bool { up.allSatisfy { $0 != nil } && alive.count == 2 }
  var state: String { "announced \(up.map { $0 != nil }), \(alive.count) connections" }

  mutating func run(until end: Duration, failing: Bool) {
    isFailing = failing
    if failing { schedule(.zero, .fault) }
    var steps = 0
    while let index = queue.indices.min(by: {
      (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order)
    }),
      queue[index].at <= end
    {
      let next = queue.remove(at: index)
      now = next.at
      happen(next.what)
      steps += 1
      guard steps < 100_000 else {
        problem = "they spin"
        return
      }
    }
    now = end
  }

  private mutating func id() -> ConnectionID {
    lastID += 1
    return lastID
  }

  private mutating func schedule(_ delay: Duration, _ what: Happening) {
    order += 1
    queue.append((now + delay, order, what))
  }

  /// A delay of the network: mostly short, at times long enough for anything to overtake it.
  private mutating func delay() -> Duration {
    let isSlow = isFailing && Int.random(in: 0..<8, using: &random) == 0
    return .microseconds(Int.random(in: isSlow ? 1_000...300_000 : 50...2_000, using: &random))
  }

  private func peer(of node: Int) -> PeerIdentity {
    PeerIdentity(
      cluster: "c", node: NodeID(rawValue: node == 0 ? "one" : "zero"), incarnation: 1, role: .node)
  }

  private mutating func happen(_ what: Happening) {
    switch what {
    case .timer(let node, let attempt):
      act(node, links[node].timerFired(attempt))
    case .dialDone(let node, let attempt):
      if isFailing, Int.random(in: 0..<4, using: &random) == 0 {
        act(node, links[node].dialFailed(attempt, refused: false, next: id(), random: random.next()))
      } else {
        let connection = Connection(dialer: node, attempt: attempt)
        alive.insert(connection)
        acceptedIDs[connection] = id()
        schedule(delay(), .acceptDone(connection))
        act(node, links[node].opened(attempt, peer: peer(of: node)))
      }
    case .acceptDone(let connection):
      // The confirmation may come after the end of the connection was decided, but not after it was heard.
      guard let accepted = acceptedIDs[connection] else { return }
      let node = 1 - connection.dialer
      act(
        node,
        links[node].accepted(accepted, peer: peer(of: node), now: now, next: id(), random: random.next()))
    case .closeHeard(let node, let connection):
      let number =
        node == connection.dialer ? connection.attempt : acceptedIDs.removeValue(forKey: connection)
      guard let number else { return }
      act(
        node, links[node].closed(number, reason: .closedByPeer, now: now, next: id(), random: random.next()))
    case .fault:
      guard isFailing else { return }
      if let victim = alive.sorted(by: { ($0.attempt, $0.dialer) < ($1.attempt, $1.dialer) }).randomElement(
        using: &random)
      {
        kill(victim)
      }
      schedule(.milliseconds(Int.random(in: 1...150, using: &random)), .fault)
    }
  }

  /// The connection is dead; each end hears of it in its own time.
  private mutating func kill(_ connection: Connection) {
    guard alive.remove(connection) != nil else { return }
    for node in 0...1 { schedule(delay(), .closeHeard(node: node, connection)) }
  }

  private mutating func act(_ node: Int, _ actions: [NodeLink.Action]) {
    for action in actions {
      switch action {
      case .dial(let attempt):
        schedule(delay(), .dialDone(node: node, attempt))
      case .schedule(let attempt, let pause):
        schedule(pause, .timer(node: node, attempt))
      case .close(let number, _):
        let found = acceptedIDs.first { $0.key.dialer != node && $0.value == number }?.key
        kill(found ?? Connection(dialer: node, attempt: number))
      case .announce(let peer, _):
        if up[node] != nil { problem = "node \(node) announced twice" }
        up[node] = peer
        changes += 1
      case .withdraw(let peer, _):
        if up[node] != peer { problem = "node \(node) withdrew what it had not announced" }
        up[node] = nil
        changes += 1
      case .refused:
        break
      }
    }
  }
}
