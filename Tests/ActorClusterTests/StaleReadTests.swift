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
    group.hosts[1].heardLeader(on: HostGroup.node(2), group.now)
    #expect(isUnavailable(try read(group, at: 1, limit: 10_000).answer), "that one does not lead")
    group.hosts[1].heardLeader(on: HostGroup.node(0), group.now)
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

  /// It hears the leader, and lacks what that has committed: the time of that counts.
  @Test func whatIsNotAppliedCounts() throws {
    let group = try group()
    let node = HostGroup.node(0)
    group.hosts[1].heardLeader(on: node, group.now)
    // The loads of an actor that is not in memory do not come.
    try group.tick(2)
    let age = try read(group, at: 1, limit: 1_000).age
    #expect(age == 40)
    group.hosts[1].heardLeader(on: node, group.now)
    #expect(try read(group, at: 1, limit: 1_000).age == 0)
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
    group.hosts[1].heardLeader(on: HostGroup.node(0), group.now)
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
