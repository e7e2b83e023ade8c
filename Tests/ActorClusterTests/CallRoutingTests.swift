// Where the attempts of a call go.
import ActorCluster
import NodeStore
import PeerTransport
import Testing

@Suite struct CallRoutingTests {
  private let a = NodeID(rawValue: "a")
  private let b = NodeID(rawValue: "b")
  private let c = NodeID(rawValue: "c")

  private func routing(leader: NodeID? = nil, start: Int = 0, deadline: Int64 = 10_000) -> CallRouting {
    CallRouting(nodes: [a, b, c], leader: leader, start: start, deadline: deadline)
  }

  @Test func aNodeIsNotDialedOverAndOver() {
    var limit = RedialLimit()
    let pause = RedialLimit.pauseMilliseconds
    let asked = [(a, 5), (a, 4 + pause), (b, 6), (a, 5 + pause), (a, 6 + pause)]
    #expect(asked.map { limit.allows($0.0, now: $0.1) } == [true, false, true, true, false])
  }

  /// During an upgrade the leader may understand what another node does not.
  @Test func nodesOfAnotherVersionAreAskedAround() {
    let error = ClusterError.incompatibleMethod(type: "queue", method: "enqueue")
    var routing = routing(leader: b)
    #expect(routing.next(now: 0) == .send(to: b))
    let first = routing.notUnderstood(by: b, error)
    #expect(first == nil)
    let second = routing.notUnderstood(by: a, error)
    let third = routing.notUnderstood(by: c, error)
    #expect(second == nil)
    #expect(third == error)
  }

  /// One of them may have done it before: that must not be said to be impossible.
  @Test func anUnknownOutcomeStaysUnknown() {
    let error = ClusterError.unknownMethod(type: "queue", method: "enqueue")
    var routing = routing()
    routing.unanswered(by: a, "lost its connection")
    let ends = [a, b, c].map { routing.notUnderstood(by: $0, error) }
    #expect(ends[0] == nil && ends[1] == nil)
    #expect(ends[2]?.isRetryable == true)
  }

  @Test func theKnownLeaderIsAskedFirst() {
    var routing = routing(leader: b)
    #expect(routing.next(now: 0) == .send(to: b))
  }

  @Test func withoutOneTheNodesAreAskedInTurnFromTheStart() {
    var routing = routing(start: 1)
    for expected in [c, a, b] {
      #expect(routing.next(now: 0) == .send(to: expected))
      routing.unanswered(by: expected, "lost its connection")
    }
    #expect(routing.next(now: 0) == .wait(milliseconds: 20))
    #expect(routing.next(now: 20) == .send(to: c))
  }

  @Test func aRedirectionIsFollowedAtOnceTwiceAndThenAfterAPause() {
    var routing = routing(leader: a)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.redirected(from: a, to: b)
    #expect(routing.next(now: 1) == .send(to: b))
    routing.redirected(from: b, to: c)
    #expect(routing.next(now: 2) == .send(to: c))
    routing.redirected(from: c, to: a)
    #expect(routing.next(now: 3) == .wait(milliseconds: 20))
    #expect(routing.next(now: 23) == .send(to: a))
  }

  @Test func aNodeThatKnowsNoLeaderOrNamesItselfIsNotAskedAgainAtOnce() {
    var routing = routing(leader: a)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.redirected(from: a, to: nil)
    #expect(routing.next(now: 0) == .wait(milliseconds: 10))
    #expect(routing.next(now: 10) == .send(to: b))
    routing.redirected(from: b, to: b)
    #expect(routing.next(now: 10) == .wait(milliseconds: 10))
    #expect(routing.next(now: 20) == .send(to: c))
  }

  @Test func anUnansweredLeaderIsGoneAround() {
    var routing = routing(leader: a)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.unanswered(by: a, "is not connected")
    #expect(routing.next(now: 0) == .send(to: b))
    #expect(routing.lastProblem == "a is not connected")
  }

  /// Nothing went out to it: no time was lost, and none need be.
  @Test func nodesWithoutAConnectionArePassedOverAtOnce() {
    var routing = routing(leader: a)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.unanswered(by: a, "lost its connection")
    #expect(routing.next(now: 0) == .send(to: b))
    routing.redirected(from: b, to: a)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.notConnected(to: a)
    #expect(routing.next(now: 0) == .send(to: c))
    routing.redirected(from: c, to: b)
    #expect(routing.next(now: 0) == .send(to: b), "the new leader is asked without a pause")
  }

  @Test func withoutAnyConnectionThereAreLongerAndLongerPauses() {
    var routing = routing()
    var pauses: [Int64] = []
    var now: Int64 = 0
    while pauses.count < 4 {
      switch routing.next(now: now) {
      case .send(let node): routing.notConnected(to: node)
      case .wait(let pause):
        pauses.append(pause)
        now += pause
      case .giveUp(let error):
        Issue.record("\(error)")
        return
      }
    }
    #expect(pauses == [20, 40, 80, 160])
  }

  @Test func aLeaderBeforeHasAMomentToSayThatItLeadsNoMore() {
    var moves = LeaderMoves()
    let (zero, one) = (PartitionID(rawValue: 0), PartitionID(rawValue: 1))
    let steps = [
      moves.due([one, zero], now: 0), moves.due([], now: LeaderMoves.farewell - 1),
      moves.due([one], now: LeaderMoves.farewell), moves.due([], now: 2 * LeaderMoves.farewell),
      moves.due([], now: 3 * LeaderMoves.farewell),
    ]
    #expect(steps == [[], [], [zero, one], [one], []])
    // A leadership that moves again and again does not keep anybody waiting.
    var found: [PartitionID] = []
    for now in 200..<300 as Range<Int64> { found += moves.due([one], now: now) }
    #expect(found == [one, one])
  }

  /// Others reach the leader: one of them asks it on this one's behalf, and so it goes on until the leader is reached.
  @Test func aLeaderThatIsNotReachedIsAskedThroughOthers() {
    var routing = routing(leader: a, start: 2)
    #expect(routing.next(now: 0) == .send(to: a))
    #expect(!routing.wantsRelay)
    routing.notConnected(to: a)
    #expect(routing.wantsRelay)
    // Not the one that cannot be reached, though its turn has come.
    #expect(routing.next(now: 0) == .send(to: b))
    routing.redirected(from: b, to: a)
    #expect(routing.next(now: 0) == .wait(milliseconds: 10))
    #expect(routing.next(now: 10) == .send(to: c))
    // It may be back.
    routing.redirected(from: c, to: a)
    #expect(routing.next(now: 10) == .send(to: a))
  }

  /// The leader was killed with all others, and is the only one that comes back.
  @Test func aLeaderThatWasMissingIsAskedAgainWhenTheOthersAreMissingToo() {
    var routing = routing(leader: c)
    var asked: [NodeID] = []
    for now in Int64(0)..<8 {
      guard case .send(let node) = routing.next(now: now) else { continue }
      asked.append(node)
      routing.notConnected(to: node)
    }
    #expect(asked.dropFirst().contains(c), "\(asked)")
  }

  @Test func aLeaderThatWasMissingIsAskedAgainWhenNobodyElseKnowsOne() {
    var routing = routing(leader: c)
    var asked: [NodeID] = []
    for now in Int64(0)..<12 {
      guard case .send(let node) = routing.next(now: now) else { continue }
      asked.append(node)
      if node == a { routing.redirected(from: a, to: nil) } else { routing.notConnected(to: node) }
    }
    #expect(asked.dropFirst().contains(c), "\(asked)")
  }

  @Test func aNodeThatWasNotNamedAsLeaderNeedsNoRelay() {
    var routing = routing(start: 0)
    #expect(routing.next(now: 0) == .send(to: b))
    routing.unanswered(by: b, "is not connected")
    #expect(!routing.wantsRelay)
  }

  @Test func pausesDoubleToALimitAndEndAtTheDeadline() {
    var routing = routing(deadline: 2_000)
    var now: Int64 = 0
    var pauses: [Int64] = []
    var sent = 0
    loop: while true {
      switch routing.next(now: now) {
      case .send(let node):
        sent += 1
        routing.redirected(from: node, to: nil)
      case .wait(let pause):
        pauses.append(pause)
        now += pause
      case .giveUp(let error):
        #expect(error.isRetryable)
        break loop
      }
    }
    #expect(Array(pauses.prefix(14)) == [10, 10, 20, 20, 20, 40, 40, 40, 80, 80, 80, 160, 160, 160])
    #expect(pauses.dropLast().max() == 160)
    #expect(now == 2_000, "the last pause ends at the deadline")
    #expect(sent == pauses.count)
  }

  @Test func afterTheDeadlineItGivesUpAndSaysWhy() {
    var routing = routing(deadline: 100)
    #expect(routing.next(now: 0) == .send(to: b))
    routing.unanswered(by: b, "did not answer in time")
    #expect(
      routing.next(now: 100)
        == .giveUp(
          .unavailable(reason: "b did not answer in time, until the deadline", retryAfterMilliseconds: 200)))
  }

  @Test func anOverloadedNodeIsAskedAgainAfterAPause() {
    var routing = routing(leader: a)
    #expect(routing.next(now: 0) == .send(to: a))
    #expect(routing.overloaded(a, "undelivered messages", retryAfterMilliseconds: 100, now: 0) == nil)
    guard case .wait(let pause) = routing.next(now: 0) else {
      Issue.record("asked again without a pause")
      return
    }
    #expect(routing.next(now: pause) == .send(to: a))
  }

  /// Promise P6: past a limit the caller gets a clear `overloaded` with a time to retry.
  @Test func overloadReachesTheCallerAsOverload() {
    let overload = ClusterError.overloaded(what: "replies", retryAfterMilliseconds: 60_000)
    var routing = routing(leader: a, deadline: 100)
    #expect(routing.next(now: 0) == .send(to: a))
    #expect(routing.overloaded(a, "replies", retryAfterMilliseconds: 60_000, now: 0) == overload)
    #expect(routing.next(now: 100) == .giveUp(overload))
  }

  /// An attempt without an answer may have had its effect, whatever is said after it.
  @Test func afterALostAttemptOverloadDoesNotMeanThatNothingChanged() {
    var routing = routing(leader: a, deadline: 100)
    #expect(routing.next(now: 0) == .send(to: a))
    routing.unanswered(by: a, "lost its connection")
    #expect(routing.next(now: 0) == .send(to: b))
    #expect(routing.overloaded(b, "replies", retryAfterMilliseconds: 60_000, now: 0) == nil)
    guard case .giveUp(.unavailable) = routing.next(now: 100) else {
      Issue.record("gave up as if the outcome were known")
      return
    }
  }

  /// A leader that is deposed redirects the calls that it had decided, and those may still commit.
  @Test func afterARedirectionOverloadDoesNotMeanThatNothingChanged() {
    var routing = routing(leader: a, deadline: 100)
    #expect(routing.next(now: 0) == .send(to: a))
    #expect(routing.overloaded(a, "replicas", retryAfterMilliseconds: 50, now: 0) == nil)
    _ = routing.next(now: 0)
    #expect(routing.next(now: 50) == .send(to: a))
    routing.redirected(from: a, to: nil)
    let end = routing.next(now: 100)
    guard case .giveUp(.unavailable) = end else {
      Issue.record("\(end)")
      return
    }
  }

  /// While versions are mixed: the leader's does not understand it, the others' do, and name the leader again and again.
  @Test func whoCannotBeAskedByTheLeaderHearsThatItIsForItsVersion() {
    let error = ClusterError.unknownMethod(type: "counter", method: "mark")
    var routing = routing(leader: a, deadline: 100)
    #expect(routing.next(now: 0) == .send(to: a))
    #expect(routing.notUnderstood(by: a, error) == nil)
    #expect(routing.next(now: 0) == .send(to: b))
    routing.redirected(from: b, to: a)
    guard case .giveUp(.unavailable(let reason, _)) = routing.next(now: 100) else {
      Issue.record("it does not give up at its deadline")
      return
    }
    #expect(reason == "a: \(error), until the deadline")
  }

  @Test func withoutNodesItGivesUpAtOnce() {
    var routing = CallRouting(nodes: [], leader: nil, start: 5, deadline: 100)
    guard case .giveUp(.unavailable) = routing.next(now: 0) else {
      Issue.record("a call without nodes goes on")
      return
    }
  }

  /// The last node asked may be the one that is away: what can be done is said all the same.
  @Test func theEndNamesWhatCanBeDoneWithoutALeader() {
    let nodes = ["cloud", "onprem"].map { NodeID(rawValue: $0) }
    var routing = CallRouting(
      nodes: nodes, leader: nil, start: 0, deadline: 10, withoutLeader: "ask a person")
    routing.redirected(from: nodes[1], to: nil)
    routing.unanswered(by: nodes[0], "is not connected")
    let end = routing.next(now: 10)
    #expect(
      end
        == .giveUp(
          .unavailable(
            reason: "cloud is not connected, until the deadline (no leader is known: ask a person)",
            retryAfterMilliseconds: 200)))
  }
}
