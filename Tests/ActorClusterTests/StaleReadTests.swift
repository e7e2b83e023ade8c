// Reads that any replica answers by itself.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct StaleReadTests {
  private func group() throws -> HostGroup {
    let group = try HostGroup(limits: PartitionLimits())
    try group.elect(0)
    try group.increment(2)
    try group.tick(10)
    return group
  }

  /// What a node answers, and from how long ago.
  private func read(
    _ group: HostGroup, at node: Int, limit: Int64, method: String = "value", argument: [UInt8]? = nil
  ) throws -> (answer: CallAnswer?, age: Int64?) {
    let id = CallID(rawValue: 1_000 + UInt64(group.traces[node].answers.count))
    var call = PartitionCall(
      id: id, command: CommandID(session: SessionID(high: 9, low: 9), sequence: id.rawValue),
      firstOutstanding: 0, actor: ActorKey(type: "counter", id: "a"), method: method,
      argument: try argument ?? CBOREncoder().encode(Done()))
    call.maximumAge = limit
    group.hosts[node].invoke(call, group.now)
    try group.settle()
    return (group.traces[node].answers[id.rawValue], group.hosts[node].takeAge(of: id))
  }

  private func value(_ answer: CallAnswer?) throws -> Int? {
    guard case .reply(let bytes) = answer else { return nil }
    return try CBORDecoder().decode(CounterState.Value.self, from: bytes).value
  }

  private func isUnavailable(_ answer: CallAnswer?) -> Bool {
    guard case .failed(let error) = answer else { return false }
    return error.isRetryable
  }

  @Test func aFollowerAnswersWithTheTimeSinceItHeardItsLeader() throws {
    let group = try group()
    let unheard = try read(group, at: 1, limit: 10_000)
    #expect(isUnavailable(unheard.answer))
    let (term, commit) = (group.hosts[0].raft.term, group.hosts[0].raft.commitIndex)
    group.hosts[1].heardLeader(on: HostGroup.node(2), term: term, commit: commit, group.now)
    group.hosts[1].heardLeader(on: HostGroup.node(0), term: term - 1, commit: commit, group.now)
    #expect(isUnavailable(try read(group, at: 1, limit: 10_000).answer), "that one does not lead")
    hear(group)
    group.drops = { _ in true }
    let fresh = try read(group, at: 1, limit: 0)
    #expect(try value(fresh.answer) == 2)
    #expect(fresh.age == 0)
    try group.tick(5)
    let old = try read(group, at: 1, limit: 100)
    #expect(try value(old.answer) == 2)
    #expect(old.age == 100)
    #expect(isUnavailable(try read(group, at: 1, limit: 99).answer))
  }

  /// A heartbeat of the leader, as far as it is.
  private func hear(_ group: HostGroup) {
    let leader = group.hosts[0].raft
    group.hosts[1].heardLeader(
      on: HostGroup.node(0), term: leader.term, commit: leader.commitIndex, group.now)
  }

  /// It hears the leader, and its own log ends before what that has committed: the time of that counts.
  @Test func whatItLacksCounts() throws {
    let group = try group()
    hear(group)
    try group.tick(2)
    #expect(try read(group, at: 1, limit: 1_000).age == 40)
    // What the leader sends does not arrive, its heartbeats do.
    group.drops = { $0.to == HostGroup.replica(1) }
    try group.increment(1)
    for _ in 0..<5 {
      try group.tick(1)
      hear(group)
    }
    let behind = try read(group, at: 1, limit: 1_000)
    #expect(try value(behind.answer) == 2)
    #expect(behind.age == 140)
    #expect(isUnavailable(try read(group, at: 1, limit: 100).answer))
    group.drops = { _ in false }
    for _ in 0..<20 where group.hosts[1].appliedIndex < group.hosts[0].appliedIndex { try group.tick() }
    // All that was said is applied; since the last word the leader may have gone on.
    let whole = try read(group, at: 1, limit: 1_000)
    #expect(try value(whole.answer) == 3)
    hear(group)
    #expect(try read(group, at: 1, limit: 0).age == 0)
  }

  /// Under load it is behind the last word again and again: the one that it has caught up with counts.
  @Test func oneThatIsAlwaysALittleBehindKnowsHowMuch() throws {
    let group = try group()
    for _ in 0..<5 {
      group.drops = { $0.to == HostGroup.replica(1) }
      try group.increment(1)
      hear(group)
      try group.tick()
      try group.increment(1)
      hear(group)
      let last = group.now.monotonic
      group.drops = { _ in false }
      for _ in 0..<100 where group.hosts[1].appliedIndex < group.hosts[0].appliedIndex { try group.tick() }
      #expect(try read(group, at: 1, limit: 10_000).age == group.now.monotonic - last)
    }
  }

  /// Its earlier self may have shown more.
  @Test func oneThatIsRebuiltRefuses() throws {
    let group = try group()
    hear(group)
    try group.hosts[0].changeMembership(
      MembershipChange(steps: [.addLearner(HostGroup.replica(1))]))
    try group.settle()
    try group.tick(2)
    try #require(group.hosts[1].raft.membership.learners == [HostGroup.replica(1)])
    hear(group)
    #expect(isUnavailable(try read(group, at: 1, limit: 60_000).answer))
  }

  @Test func theLeaderShowsNothingThatIsNotCommitted() throws {
    let group = try group()
    #expect(try value(try read(group, at: 0, limit: 0).answer) == 2)
    group.holds = { node, action in
      if case .persist = action { return true }
      return false
    }
    try group.increment(1)
    // It is decided, and on no disk: the caller reads as usual and waits.
    let pending = try read(group, at: 0, limit: 1_000)
    guard case .redirected = pending.answer else {
      return #expect(Bool(false), "\(String(describing: pending.answer))")
    }
    try group.release()
    try group.tick(2)
    #expect(try value(try read(group, at: 0, limit: 0).answer) == 3)
  }

  /// Others may have gone on without it since it was sure.
  @Test func oneThatLedLastKnowsHowLongThatIsAgo() throws {
    let group = try group()
    group.drops = { _ in true }
    for _ in 0..<20 where group.hosts[0].isLeader { try group.tick(10) }
    #expect(!group.hosts[0].isLeader)
    try group.tick(10)
    let old = try read(group, at: 0, limit: 100_000)
    #expect(try value(old.answer) == 2)
    #expect((200...500).contains(old.age ?? -1), "\(String(describing: old.age))")
  }

  @Test func onlyWhatReadsCanBeStale() throws {
    let group = try group()
    hear(group)
    let command = try read(
      group, at: 1, limit: 1_000, method: "increment", argument: try CBOREncoder().encode(1))
    guard case .failed(.invalidCall(let words)) = command.answer else {
      return #expect(Bool(false), "\(String(describing: command.answer))")
    }
    #expect(words.contains("decides"))
    #expect(try group.value(at: 1) == 2)
  }
}

@Suite struct LeaderReachTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")

  @Test func bitsSayWhichLeadersANodeReaches() {
    let partitions = (0..<10).map { PartitionID(rawValue: $0) }
    let bits = LeaderReach.bits(partitions) { $0.rawValue % 3 == 0 }
    #expect(bits == [0b0100_1001, 0b10])
    #expect(LeaderReach.bits([]) { _ in true } == [])
    var reach = LeaderReach()
    reach.received(bits, from: north, at: 0)
    reach.received(nil, from: south, at: 0)
    #expect(partitions.filter { reach.isReached($0, at: 100) }.map(\.rawValue) == [0, 3, 6, 9])
    #expect(!reach.isReached(PartitionID(rawValue: 900), at: 0))
    #expect(!reach.isReached(partitions[0], at: LeaderReach.silence + 1))
    reach.received(LeaderReach.bits(partitions) { $0.rawValue == 1 }, from: south, at: 3_000)
    #expect(reach.isReached(partitions[1], at: 3_000) && !reach.isReached(partitions[0], at: 3_000))
  }
}
