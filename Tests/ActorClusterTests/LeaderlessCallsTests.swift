// Calls that come while a leadership moves, or nobody leads: they wait for the next leader, and are sent to it.
import ActorCluster
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct LeaderlessCallsTests {
  private static let limits = PartitionLimits()

  /// Three hosts of which the first leads.
  private func group(
    holds: @escaping (_ node: Int, PartitionAction) -> Bool = { _, _ in false }
  ) throws -> HostGroup {
    let group = try HostGroup(limits: Self.limits, holds: holds)
    try group.elect(0)
    return group
  }

  private func isMessage(_ action: PartitionAction) -> Bool {
    if case .send = action { true } else { false }
  }

  // MARK: transfers

  @Test func commandsDuringATransferAreSentOnAndNotRefused() throws {
    let group = try group()
    // What the old leader says does not arrive yet.
    group.holds = { node, action in node == 0 && isMessage(action) }
    group.hosts[0].transferLeadership(to: HostGroup.node(2))
    let calls = [try group.increment(1), try group.increment(1)]
    #expect(group.traces[0].answers.isEmpty, "it is neither decided nor refused")
    try group.release()
    #expect(group.hosts[2].isServing)
    for call in calls { #expect(group.traces[0].answers[call] == .redirected(to: HostGroup.node(2))) }
    #expect(try group.value(at: 2) == 0, "nothing of it was begun")
  }

  /// Another replica takes the place of this one: nobody would answer its callers.
  @Test func aReplicaThatIsReplacedSendsEverybodyAway() throws {
    let group = try group()
    group.holds = { node, action in
      if case .persist = action { return node == 0 }
      return false
    }
    let undecided = try group.increment(1)
    group.drops = { _ in true }
    for _ in 0..<100 where group.hosts[0].isLeader { try group.tick() }
    let waiting = try group.increment(1)
    #expect(group.traces[0].answers.isEmpty)
    group.hosts[0].sendAllAway()
    try group.settle()
    for call in [undecided, waiting] { #expect(group.traces[0].answers[call] == .redirected(to: nil)) }
  }

  @Test func commandsAreDecidedWhereATransferIsGivenUp() throws {
    let group = try group()
    group.drops = { $0.to == HostGroup.replica(2) || $0.from == HostGroup.replica(2) }
    group.hosts[0].transferLeadership(to: HostGroup.node(2))
    let call = try group.increment(1)
    #expect(group.traces[0].answers[call] == nil)
    for _ in 0..<60 where group.traces[0].answers[call] == nil { try group.tick() }
    guard case .reply = group.traces[0].answers[call] else {
      Issue.record("\(String(describing: group.traces[0].answers[call]))")
      return
    }
    #expect(group.hosts[0].isServing)
  }

  /// It was decided by the old leader and committed by the new one: its caller must ask there.
  @Test func whatWasUnderWayIsSentToTheNextLeader() throws {
    let group = try group()
    group.holds = { node, action in
      // The old leader's disk and its followers' answers are late.
      if case .persist = action { return node == 0 }
      return false
    }
    let call = try group.increment(1)
    // A majority without the leader commits it; here nobody says so before the leadership has gone.
    group.dropHeld()
    group.hosts[0].transferLeadership(to: HostGroup.node(1))
    try group.settle()
    for _ in 0..<100 where !group.hosts[1].isServing { try group.tick() }
    #expect(group.traces[0].answers[call] != .redirected(to: nil))
    #expect(group.traces[0].answers[call] != nil)
    #expect(try group.value(at: 1) == 1)
  }

  // MARK: no leader

  @Test func aCallWaitsForTheNextLeader() throws {
    let group = try group()
    group.drops = { $0.to == HostGroup.replica(0) || $0.from == HostGroup.replica(0) }
    // Its link is down: what the replica knows of its leader is old.
    group.hosts[1].nodeCut(HostGroup.node(0))
    let call = try group.increment(1, at: 1)
    #expect(group.traces[1].answers.isEmpty)
    for node in [1, 2] { group.hosts[node].nodeGone(HostGroup.node(0)) }
    for _ in 0..<20 where group.traces[1].answers[call] == nil { try group.tick() }
    let leader = try #require([1, 2].first { group.hosts[$0].isServing })
    if leader == 1 {
      guard case .reply = group.traces[1].answers[call] else {
        Issue.record("\(String(describing: group.traces[1].answers[call]))")
        return
      }
    } else {
      #expect(group.traces[1].answers[call] == .redirected(to: HostGroup.node(leader)))
    }
  }

  @Test func aLeaderThatIsConnectedAgainIsNamedAtOnce() throws {
    let group = try group()
    group.hosts[1].nodeCut(HostGroup.node(0))
    let call = try group.increment(1, at: 1)
    #expect(group.traces[1].answers.isEmpty)
    group.hosts[1].nodeConnected(HostGroup.node(0))
    try group.settle()
    #expect(group.traces[1].answers[call] == .redirected(to: HostGroup.node(0)))
  }

  /// A caller that can reach others must not be kept by a replica that is alone.
  @Test func aCallDoesNotWaitForLong() throws {
    let group = try group()
    group.drops = { $0.to == HostGroup.replica(1) || $0.from == HostGroup.replica(1) }
    for node in [0, 2] { group.hosts[1].nodeCut(HostGroup.node(node)) }
    let call = try group.increment(1, at: 1)
    let ticks = Int(Self.limits.leaderlessMilliseconds / 20)
    try group.tick(ticks - 1)
    #expect(group.traces[1].answers[call] == nil)
    try group.tick(1)
    guard case .redirected = group.traces[1].answers[call] else {
      Issue.record("\(String(describing: group.traces[1].answers[call]))")
      return
    }
  }

  @Test func onlySoManyWait() throws {
    var limits = PartitionLimits()
    limits.waitingCalls = 2
    let group = try HostGroup(limits: limits)
    try group.elect(0)
    group.hosts[1].nodeCut(HostGroup.node(0))
    let first = try group.increment(1, at: 1)
    _ = try group.increment(1, at: 1)
    let third = try group.increment(1, at: 1)
    #expect(group.traces[1].answers[first] == nil)
    #expect(group.traces[1].answers[third] == .redirected(to: HostGroup.node(0)))
  }
}
