// The commit rule: a majority on disk, own term only.

import Raft
import Testing

@Suite struct CommitTests {
  /// Figure 8 of the paper: an entry of term 2 on a majority is not committed by the leader of term
  /// 4 until an entry of term 4 is; otherwise the leader of term 5 could overwrite it.
  @Test func figure8() throws {
    var cluster = ReplicationTests.cluster(terms: [[1, 2], [1, 2], [1], [1], [1, 3]])
    for number in 1...5 {
      let terms = [[1, 2], [1, 2], [1], [1], [1, 3]][number - 1] as [Term]
      cluster[number].raft = makeRaft(number, of: 5, terms: terms, hardState: HardState(term: 3))
    }
    // (c) Replica 1 leads term 4 and brings entry 2 to replica 3, a majority; its own entry, 3, goes
    // nowhere yet.
    cluster.elect1WithoutDelivering()
    let replies = [2, 3].map { message($0, 1, term: 4, .appendReply(AppendReply(match: 2, round: 0))) }
    for reply in replies { cluster.at(1) { $0.receive(reply) } }
    while !cluster[1].writes.isEmpty { cluster.write(1) }
    #expect(cluster[1].raft.progress.filter { $0.match >= 2 }.count == 2)
    #expect(cluster[1].raft.commitIndex == 0, "entry 2 is on 3 of 5, but of term 2")
    // (e) Once entry 3 of term 4 is there, all is committed.
    for number in [2, 3] {
      cluster.at(1) {
        $0.receive(message(number, 1, term: 4, .appendReply(AppendReply(match: 3, round: 0))))
      }
    }
    #expect(cluster[1].raft.commitIndex == 3)
  }

  @Test(
    arguments: [
      ([0, 0, 9], 0), ([5, 7, 9], 7), ([9, 9, 1], 9), ([1, 2, 3, 4], 2), ([1, 2, 3, 4, 5], 3), ([6], 6),
      ([], 0),
    ] as [([UInt64], UInt64)])
  func aMajorityHasReached(values: [UInt64], expected: UInt64) {
    let quorum = Quorum(voters: values.indices.map { ReplicaID(rawValue: UInt64($0)) })
    #expect(quorum.reached { values[Int($0.rawValue)] } == expected)
  }

  @Test func outcomesOfElections() {
    let quorum = Quorum(voters: (1...4).map(TestCluster.replica) + [TestCluster.replica(4)])
    func outcome(_ yes: Set<UInt64>, _ no: Set<UInt64>) -> Quorum.Outcome {
      quorum.outcome { yes.contains($0.rawValue) ? true : no.contains($0.rawValue) ? false : nil }
    }
    #expect(outcome([1, 2], [3]) == .pending)
    #expect(outcome([1, 2, 3], []) == .won)
    #expect(outcome([1, 2], [3, 4]) == .lost)
    #expect(outcome([1, 2, 9], []) == .pending, "strangers do not count")
    #expect(Quorum(voters: []).outcome { _ in true } == .lost)
  }

  @Test func everyEntryIsAppliedOnceEverywhere() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 0..<100 as Range<UInt8> {
      try cluster.propose(1, [byte])
      if byte % 7 == 0 { cluster.settle() }
    }
    cluster.settle()
    let expected = (0..<100 as Range<UInt8>).map { [$0] }
    #expect(cluster.nodes.allSatisfy { $0.commands == expected })
    #expect(cluster.nodes.allSatisfy { $0.raft.appliedIndex == 101 })
  }

  @Test func aLeaderThatIsCutOffCommitsNothing() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[1].isIsolated = true
    try cluster.propose(1, [66])
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 1)
    cluster.run(ticks: 60)
    let leader = try #require(cluster.leaders.first)
    #expect(leader != 1)
    try cluster.propose(leader, [7])
    cluster.settle()
    cluster[1].isIsolated = false
    cluster.run(ticks: 30)
    #expect(cluster.nodes.allSatisfy { $0.commands == [[7]] }, "the lost entry is overwritten")
  }

  @Test func anUnacknowledgedEntrySurvivesIfTheNewLeaderHasIt() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    try cluster.propose(1, [8])
    cluster.deliver()
    cluster.write(2)
    cluster.network = []
    cluster[1].isIsolated = true
    cluster[3].isIsolated = false
    cluster.run(ticks: 80)
    #expect(cluster.leaders.contains(2), "replica 3's log is too short")
    #expect(cluster[2].commands == [[8]])
    #expect(cluster[3].commands == [[8]])
  }
}

extension TestCluster {
  /// Replica 1 becomes leader by votes as if all had granted them; its appends are lost.
  fileprivate mutating func elect1WithoutDelivering() {
    at(1) { $0.campaign() }
    for number in 2...3 {
      at(1) { $0.receive(message(number, 1, term: $0.term + 1, .preVoteReply(granted: true))) }
    }
    write(1)
    for number in 2...3 {
      at(1) { $0.receive(message(number, 1, term: $0.term, .voteReply(granted: true))) }
    }
    #expect(self[1].raft.role == .leader)
    network = []
  }
}
