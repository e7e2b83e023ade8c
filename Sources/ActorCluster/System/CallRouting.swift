// Where the attempts of one call go, and when it is given up: a pure value.
internal import PeerTransport

/// The attempts of one call to a durable actor: to the leader of the moment, following redirections, around nodes
/// that do not answer, with the same command id, until the deadline.
struct CallRouting: Sendable {
  /// What to do next.
  enum Action: Equatable {
    case send(to: NodeID)
    case wait(milliseconds: Int64)
    case giveUp(ClusterError)
  }

  private let nodes: [NodeID]
  private let deadline: Int64
  private var hint: NodeID?
  private var position: Int
  private var attempts = 0
  private var pause = false
  private(set) var lastProblem = "no node could be reached"

  /// - Parameters:
  ///   - nodes: who to ask, in order, when nobody knows the leader; must not be empty for anything to be sent.
  ///   - deadline: on the monotonic clock, milliseconds.
  init(nodes: [NodeID], leader: NodeID?, start: Int, deadline: Int64) {
    self.nodes = nodes
    self.deadline = deadline
    hint = leader
    position = start
  }

  mutating func next(now: Int64) -> Action {
    guard now < deadline else {
      return .giveUp(.unavailable(reason: "\(lastProblem), until the deadline", retryAfterMilliseconds: 200))
    }
    if pause {
      pause = false
      return .wait(milliseconds: min(deadline - now, backoff))
    }
    attempts += 1
    if let hint {
      self.hint = nil
      return .send(to: hint)
    }
    guard !nodes.isEmpty else {
      return .giveUp(.unavailable(reason: "this system knows no node", retryAfterMilliseconds: 1_000))
    }
    position = (position + 1) % nodes.count
    return .send(to: nodes[position])
  }

  /// The node asked does not lead. A named leader is asked at once the first time, else after a pause.
  mutating func redirected(from node: NodeID, to leader: NodeID?) {
    lastProblem = leader.map { "\(node) redirects to \($0)" } ?? "\(node) knows no leader (no majority?)"
    hint = leader == node ? nil : leader
    pause = hint == nil || attempts > 2
  }

  /// No answer came: the connection is down or was lost, or the node took too long.
  mutating func unanswered(by node: NodeID, _ why: String) {
    lastProblem = "\(node) \(why)"
    hint = nil
    pause = attempts >= nodes.count
  }

  /// The node refused for now.
  mutating func overloaded(_ node: NodeID, _ what: String, retryAfterMilliseconds: Int) {
    lastProblem = "\(node) is overloaded: \(what)"
    hint = node
    pause = true
  }

  /// 10 ms, doubling to 160: short enough not to add much to a failover.
  private var backoff: Int64 { 10 << Int64(min(4, attempts / max(1, nodes.count))) }
}
