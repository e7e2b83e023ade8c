// A replica that cannot apply an entry leads nothing where another can, and stands in nobody's way.
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct PoisonedLeaderTests {
  /// Three hosts of which the first leads; that one cannot apply the next entry.
  private func group(poisoned node: Int, limits: PartitionLimits = PartitionLimits()) throws -> HostGroup {
    let group = try HostGroup(limits: limits)
    try group.elect(0)
    try group.increment(1)
    let (index, term) = (group.hosts[0].raft.lastIndex + 1, group.hosts[0].raft.term)
    group.hosts[node].poison = PoisonVerdicts(
      refused: [.entry(index, term: term, of: HostGroup.partition): 2])
    try group.increment(1)
    try group.tick(2)
    #expect(group.traces[node].alarms.count == 1)
    return group
  }

  /// Else it would keep the log of its node, and all in memory, for good.
  @Test func oneWhoseLogGrowsIsToBeReplaced() throws {
    var limits = PartitionLimits()
    limits.compactionEntries = 20
    let group = try group(poisoned: 1, limits: limits)
    #expect(!group.hosts[1].isOutgrown && !group.hosts[1].hasNoVote)
    try group.increment(25)
    #expect(group.hosts[1].isOutgrown)
    group.hosts[1].giveUpLog()
    try group.settle()
    #expect(group.hosts[1].filesFault?.contains("has crashed this node") == true)
    #expect(group.hosts[1].hasNoVote && !group.hosts[1].isOutgrown)
    #expect(group.traces[1].alarms.count == 2)
    // The log file needs the room sooner.
    let other = try self.group(poisoned: 2)
    other.hosts[2].releaseLog()
    #expect(other.hosts[2].isOutgrown)
    other.hosts[1].releaseLog()
    #expect(!other.hosts[1].isOutgrown, "that one applies")
  }

  private func isOut(_ replica: ReplicaID, _ message: Message) -> Bool {
    message.from == replica || message.to == replica
  }

  @Test(arguments: [1, 2])
  func itLeavesTheElectionToTheOther(poisoned: Int) throws {
    let group = try group(poisoned: poisoned)
    group.drops = { self.isOut(HostGroup.replica(0), $0) }
    let other = 3 - poisoned
    for _ in 0..<300 where !group.hosts[other].isServing { try group.tick() }
    #expect(group.hosts[other].isServing)
    let hasLed = group.traces[poisoned].leaderships.contains { $0.isSelf }
    #expect(!hasLed)
  }

  /// It alone has what was acknowledged: it wins late, brings the other up to date and hands over. Nobody is refused for good.
  @Test func theOnlyOneWithTheLogHandsItOn() throws {
    let group = try group(poisoned: 1)
    group.drops = { self.isOut(HostGroup.replica(2), $0) }
    try group.increment(3)
    group.drops = { self.isOut(HostGroup.replica(0), $0) }
    var refused: [CallAnswer] = []
    for _ in 0..<600 where !group.hosts[2].isServing {
      try group.tick()
      guard group.hosts[1].isLeader else { continue }
      let call = try group.increment(1, at: 1)
      if let answer = group.traces[1].answers[call], answer.isFailure { refused.append(answer) }
    }
    #expect(group.hosts[2].isServing)
    let hasLed = group.traces[1].leaderships.contains { $0.isSelf }
    #expect(hasLed)
    #expect(refused == [])
    #expect(try group.value(at: 2) ?? 0 >= 5)
  }
}
