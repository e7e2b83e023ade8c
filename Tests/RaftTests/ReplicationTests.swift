// Replication: matching, backtracking, pipelining, recovery of what was lost, limits.

import Raft
import Testing

@Suite struct ReplicationTests {
  /// Makes replica 1 the leader over logs as given; everything is on disk.
  static func cluster(terms: [[Term]], configure: (inout Raft.Configuration) -> Void = { _ in })
    -> TestCluster
  {
    var cluster = TestCluster(terms.count)
    let newest = terms.compactMap(\.last).max() ?? 0
    for number in 1...terms.count {
      let state = HardState(term: newest)
      cluster[number].raft = makeRaft(
        number, of: terms.count, terms: terms[number - 1], hardState: state, configure: configure)
      cluster[number].disk = TestDisk(hardState: state, entries: makeLog(terms[number - 1]))
    }
    return cluster
  }

  @Test(
    arguments: [
      [1, 1, 1, 4, 4, 5, 5, 6, 6],
      [1, 1, 1, 4],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 4, 4],
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
      [],
    ] as [[Term]])
  func figure7LogsBecomeTheLeaders(follower: [Term]) {
    let leader: [Term] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    var cluster = Self.cluster(terms: [leader, follower, leader])
    cluster.elect(1)
    cluster.run(ticks: 5)
    let entries = cluster[1].raft.entries(in: 1...11)
    #expect(entries.count == 11)
    #expect(cluster[2].raft.entries(in: 1...99) == entries)
    #expect(cluster[2].disk.entries == entries)
    #expect(cluster[2].raft.commitIndex == 11)
  }

  @Test func backtrackingTakesARoundTripPerTermNotPerEntry() {
    // 200 conflicting entries in terms 2 and 3 at the follower, in term 4 at the leader.
    let common: [Term] = Array(repeating: 1, count: 10)
    let leader: [Term] = common + Array(repeating: 4, count: 200)
    let follower: [Term] =
      common + Array(repeating: 2, count: 100) + Array(repeating: 3, count: 100)
    var cluster = Self.cluster(terms: [leader, follower, leader])
    cluster.elect(1)
    cluster.run(ticks: 3)
    #expect(cluster[2].disk.entries == cluster[1].disk.entries)
    let rejections = cluster.sentBy(2).count {
      if case .appendReply(let reply) = $0.body { reply.rejection != nil } else { false }
    }
    #expect((1...4).contains(rejections), "\(rejections) rejections")
  }

  @Test func aLeaderSkipsItsOwnTermsToo() {
    // The follower has one long old term, the leader many short ones.
    let leader: [Term] = [1] + (0..<60).map { 10 + $0 / 10 }
    let follower: [Term] = [1] + Array(repeating: 5, count: 60)
    var cluster = Self.cluster(terms: [leader, follower, leader])
    cluster.elect(1)
    cluster.run(ticks: 3)
    #expect(cluster[2].disk.entries == cluster[1].disk.entries)
    let rejections = cluster.sentBy(2).count {
      if case .appendReply(let reply) = $0.body { reply.rejection != nil } else { false }
    }
    #expect((1...2).contains(rejections), "\(rejections) rejections")
  }

  @Test func appendsArePipelined() throws {
    var cluster = TestCluster(2)
    cluster.elect(1)
    cluster.sent = []
    for byte in 1...5 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    let ranges = cluster.sent.compactMap { message -> [LogIndex]? in
      if case .append(let append) = message.body { append.entries.map(\.index) } else { nil }
    }
    #expect(ranges == [[2], [3], [4], [5], [6]], "nobody waited for an answer")
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 6)
  }

  @Test func thePipelineIsLimited() throws {
    var cluster = TestCluster(2) {
      $0.maxEntriesPerAppend = 2
      $0.maxAppendsInFlight = 3
    }
    cluster.elect(1)
    cluster.sent = []
    try cluster.at(1) { raft in
      for byte in 0..<20 as Range<UInt8> { _ = try raft.propose([byte]) }
    }
    #expect(cluster.sent.count == 3)
    cluster.settle()
    #expect(cluster[2].commands.count == 20)
  }

  @Test func appendsAreLimitedInBytes() throws {
    var cluster = TestCluster(2) { $0.maxBytesPerAppend = 100 }
    cluster.elect(1)
    cluster.sent = []
    try cluster.at(1) { raft in
      for _ in 0..<6 { _ = try raft.propose(Array(repeating: 0, count: 30)) }
      _ = try raft.propose(Array(repeating: 1, count: 500))
    }
    cluster.settle()
    let sizes = cluster.sent.compactMap { message -> Int? in
      if case .append(let append) = message.body, !append.entries.isEmpty {
        append.entries.reduce(0) { $0 + $1.byteCount }
      } else {
        nil
      }
    }
    #expect(sizes == [92, 92, 92, 516], "an entry beyond the limit goes alone")
    #expect(cluster[2].commands.count == 7)
  }

  @Test func aLostAppendIsSentAgain() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 1...3 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.network = []
    cluster.run(ticks: 3 * TestCluster.heartbeatTicks)
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1], [2], [3]] })
  }

  @Test func aLostAcknowledgmentIsRecovered() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    for _ in 0..<2 { cluster.deliver() }
    for number in 1...3 { cluster.write(number) }
    cluster.network = []
    cluster.run(ticks: 3 * TestCluster.heartbeatTicks)
    #expect(cluster[1].raft.commitIndex == 2)
  }

  @Test func aNewConnectionStartsOverAtOnce() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 1...3 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.network = []
    cluster.at(1) { $0.peerReset(TestCluster.replica(2)) }
    #expect(cluster[1].raft.progress.map(\.isReplicating) == [false, true])
    cluster.settle()
    #expect(cluster[1].raft.commitIndex == 4, "no tick was needed")
    #expect(cluster[2].raft.lastIndex == 4)
    #expect(cluster[3].raft.lastIndex == 1)
  }

  @Test func aSilentFollowerGetsHeartbeatsOnly() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isIsolated = true
    try cluster.propose(1, [1])
    cluster.settle()
    cluster.sent = []
    cluster.run(ticks: 5 * TestCluster.electionTicks)
    let toSilent = cluster.sentBy(1).filter { $0.to == TestCluster.replica(3) }
    #expect(toSilent.allSatisfy { if case .heartbeat = $0.body { true } else { false } })
    #expect(toSilent.count == 5 * TestCluster.electionTicks / TestCluster.heartbeatTicks)
  }

  @Test func aSlowDiskIsNotSentTheSameForever() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    cluster[3].isDiskStalled = true
    cluster.sent = []
    try cluster.propose(1, [1])
    cluster.run(ticks: 12 * TestCluster.electionTicks)
    let appends = cluster.sentBy(1).count {
      if case .append = $0.body { $0.to == TestCluster.replica(3) } else { false }
    }
    #expect((2...16).contains(appends), "\(appends) appends in 120 ticks")
    cluster[3].isDiskStalled = false
    cluster.settle()
    #expect(cluster[3].commands == [[1]])
  }

  @Test func followersLearnOfACommitAtOnce() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.propose(1, [1])
    cluster.settle()
    #expect(cluster.nodes.allSatisfy { $0.commands == [[1]] }, "no tick was needed")
  }

  @Test func proposalsAreRefusedPastTheLimit() throws {
    var cluster = TestCluster(3) { $0.maxUncommittedBytes = 1_000 }
    cluster.elect(1)
    cluster[2].isIsolated = true
    cluster[3].isIsolated = true
    try cluster.propose(1, Array(repeating: 0, count: 5_000))
    #expect(throws: ProposalError.overloaded) { try cluster.propose(1, [1]) }
    cluster[2].isIsolated = false
    cluster.run(ticks: 10)
    #expect(cluster[1].raft.pendingBytes == 0)
    try cluster.propose(1, [1])
    #expect(cluster[1].raft.pendingBytes == 1 + LogEntry.overhead)
  }

  @Test func aFollowerRefusesProposalsAndNamesTheLeader() {
    var cluster = TestCluster(3)
    cluster.elect(2)
    #expect(throws: ProposalError.notLeader(leader: TestCluster.replica(2))) { try cluster.propose(1, [1]) }
  }

  @Test func aDelayedAppendDoesNotTruncateWhatIsNewer() {
    var raft = makeRaft(2, of: 3, terms: [1, 1, 1, 1])
    let old = Append(
      prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: Array(makeLog([1, 1, 1, 1])[0..<2]))
    raft.receive(message(1, 2, term: 1, .append(old)))
    #expect(raft.lastIndex == 4)
    #expect(raft.drain().messages.map(\.body) == [.appendReply(AppendReply(match: 2, round: 0))])
  }

  @Test func aFollowerTrustsOnlyWhatMatched() {
    // Entries 3 and 4 are of an old leader; the new one commits 4, but has shown only 2 so far.
    var raft = makeRaft(2, of: 3, terms: [1, 1, 2, 2], hardState: HardState(term: 3))
    raft.receive(
      message(1, 2, term: 3, .append(Append(prevIndex: 2, prevTerm: 1, commit: 4, round: 0, entries: []))))
    #expect(raft.commitIndex == 2)
  }

  @Test func aContradictionOfCommittedEntriesIsReportedAndIgnored() {
    var raft = makeRaft(2, of: 3, terms: [1, 1], hardState: HardState(term: 1, commit: 2))
    let entry = LogEntry(index: 2, term: 5, payload: .empty)
    raft.receive(
      message(
        1, 2, term: 5, .append(Append(prevIndex: 1, prevTerm: 1, commit: 2, round: 0, entries: [entry]))))
    #expect(raft.violation?.contains("committed index 2") == true)
    #expect(raft.term(at: 2) == 1)
    #expect(raft.drainWriting().messages.isEmpty)

    var forgetful = makeRaft(2, of: 3, terms: [1])
    forgetful.receive(message(1, 2, term: 1, .heartbeat(commit: 3, round: 0)))
    #expect(forgetful.violation?.contains("ends at 1") == true)
    #expect(forgetful.commitIndex == 1)
  }

  @Test func malformedAppendsAreIgnored() {
    for entries in [makeLog([1, 1, 1]).reversed(), makeLog([1, 9]), Array(makeLog([1, 1])[1...])] {
      var raft = makeRaft(2, of: 3, hardState: HardState(term: 3))
      let append = Append(prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: entries)
      raft.receive(message(1, 2, term: 3, .append(append)))
      #expect(raft.lastIndex == 0)
      #expect(raft.drain().isEmpty)
    }
  }

  /// An acknowledgment of an earlier life arrives late: the leader believes in a log that is gone.
  @Test func aRefusalWeighsMoreThanALateAcknowledgment() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    for byte in 1...4 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    let end = cluster[1].raft.lastIndex
    cluster[3].isIsolated = true
    let id = TestCluster.replica(3)
    cluster.at(1) { $0.receive(message(3, 1, term: 1, .confirm(nonce: 9, lastIndex: 3, isDoubtful: true))) }
    cluster.at(1) { $0.receive(message(3, 1, term: 1, .appendReply(AppendReply(match: end, round: 0)))) }
    #expect(cluster[1].raft.progress.last?.match == end)
    cluster.sent = []
    let refused = AppendReply.Rejection(index: end, hintIndex: 2, hintTerm: 1)
    cluster.at(1) {
      $0.receive(message(3, 1, term: 1, .appendReply(AppendReply(match: 0, round: 0, rejection: refused))))
    }
    #expect(cluster[1].raft.progress.last?.match == 0)
    let first = cluster.sent.compactMap { message -> LogIndex? in
      if message.to == id, case .append(let append) = message.body { append.prevIndex } else { nil }
    }.first
    #expect(first == 2, "it tries where the follower says that the logs part")
  }

  /// Followers say at once that they hold what it follows, and only later that they have written it.
  @Test func theFirstAppendOfALeaderIsSentOnce() throws {
    var cluster = TestCluster(3)
    cluster.elect(1)
    try cluster.at(1) { try $0.transferLeadership(to: TestCluster.replica(2)) }
    cluster.settle()
    for number in [1, 3] {
      let appends = cluster.sentBy(2).filter {
        if case .append = $0.body { $0.to == TestCluster.replica(number) } else { false }
      }
      #expect(appends.count == 1)
    }
  }
}
