// Partition hosts that fall behind: compaction, snapshots on their way, and what becomes of those that cannot be used.
import ActorCluster
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct PartitionHostSnapshotTests {
  /// The log is compacted after twenty entries, and keeps nothing for followers that are behind.
  private static var limits: PartitionLimits {
    var limits = PartitionLimits()
    limits.compactionEntries = 20
    limits.retainedEntries = 0
    limits.checkpointMilliseconds = 20
    return limits
  }

  private func led(_ limits: PartitionLimits = limits) throws -> HostGroup {
    let group = try HostGroup(limits: limits)
    try group.elect(0)
    #expect(group.hosts[0].isServing)
    return group
  }

  /// Commits so many entries, and gives the leader time to compact its log after each ten.
  private func commit(_ count: Int, in group: HostGroup) throws {
    for _ in 0..<count / 10 {
      try group.increment(10)
      try group.tick(2)
    }
  }

  private func isTo(_ node: Int) -> (Message) -> Bool {
    { $0.to == HostGroup.replica(node) || $0.from == HostGroup.replica(node) }
  }

  /// A group whose leader has compacted its log beyond what node 2 has.
  private func behind(_ limits: PartitionLimits = limits) throws -> HostGroup {
    let group = try led(limits)
    try commit(30, in: group)
    group.drops = isTo(2)
    try commit(60, in: group)
    #expect(group.hosts[0].raft.base.index > group.hosts[2].raft.lastIndex)
    return group
  }

  private func expectCaughtUp(_ group: HostGroup, _ node: Int = 2) throws {
    #expect(group.hosts[node].appliedIndex == group.hosts[0].raft.commitIndex)
    #expect(try group.value(at: node) == group.value(at: 0))
    #expect(group.traces[node].alarms == [])
  }

  // MARK: event streams

  @Test func anInstallOnARunningFollowerTellsEventStreams() throws {
    let group = try behind()
    let last = group.hosts[2].appliedIndex
    group.traces[2].applied = []
    group.traces[2].skipped = []
    group.drops = { _ in false }
    try group.tick(20)
    try commit(10, in: group)
    try expectCaughtUp(group)
    let skipped = try #require(group.traces[2].skipped.last)
    #expect(group.traces[2].skipped.count == 1)
    #expect(skipped > last)
    let next = try #require(group.traces[2].applied.first)
    #expect(next > skipped, "a record came out before the gap was announced")
    // Who resumes is told that what follows is gone.
    #expect(group.hosts[2].records(after: last, limit: 10).beginsAfter != nil)
  }

  @Test func aStartFromACheckpointTellsEventStreamsToo() throws {
    let group = try led()
    try commit(30, in: group)
    let before = group.hosts[2].appliedIndex
    try group.loseLog(of: 2)
    try group.tick(20)
    let skipped = try #require(group.traces[2].skipped.first)
    #expect(skipped > 0 && skipped <= before)
    // A new partition has nothing to skip.
    #expect(try led().traces[2].skipped == [])
  }

  @Test func aReloadThatMissesNothingSaysNothing() throws {
    let group = try led()
    try commit(30, in: group)
    #expect(group.traces.allSatisfy { $0.skipped.isEmpty })
  }

  // MARK: snapshots that are not installed

  /// After a damage of its log a replica's state may be ahead of the snapshot that it is sent.
  @Test func aSnapshotOlderThanTheStateOnlyReplacesTheLog() throws {
    let group = try led()
    try commit(30, in: group)
    // The leader's state file stays where it is.
    group.holds = { node, action in
      if case .checkpoint = action { node == 0 } else { false }
    }
    try group.increment(10)
    try group.tick(2)
    let state = group.hosts[2].appliedIndex
    let base = group.hosts[0].raft.base.index
    #expect(base > 0 && base < state)
    try group.loseLog(of: 2)
    try group.tick(40)
    #expect(group.traces[2].installs == 0)
    #expect(group.traces[2].syncs > 0)
    #expect(group.hosts[2].raft.base.index > 0)
    try expectCaughtUp(group)
    try group.release()
    try commit(30, in: group)
    try expectCaughtUp(group)
    #expect(group.traces[2].installs == 0)
  }

  @Test func aSnapshotIsRejectedWhileTheStateIsLoading() throws {
    let group = try led()
    try commit(60, in: group)
    group.holds = { node, action in
      if case .load = action { node == 2 } else { false }
    }
    try group.loseStateAndLog(of: 2)
    try group.tick(40)
    #expect(group.traces[0].snapshots == 1, "none was sent, or the same again and again")
    #expect(group.traces[2].installs == 0)
    try group.release()
    try group.tick(100)
    #expect(group.traces[2].installs == 1)
    try expectCaughtUp(group)
  }

  /// What cannot be decoded ends the transfer, not the node; the next one is good.
  @Test func aSnapshotThatIsRefusedIsSentAgain() throws {
    let group = try installing()
    let sent = try #require(group.hosts[0].raft.progress.first { $0.isInSnapshot }?.snapshot)
    group.hosts[2].snapshotRefused(
      LogBase(index: sent.index, term: sent.term, membership: group.hosts[0].raft.membership), group.now)
    group.dropHeld()
    try group.tick(100)
    #expect(group.traces[2].installs == 1)
    try expectCaughtUp(group)
  }

  /// Its state file cannot be read: another gives the snapshot, and this replica is replaced.
  @Test(arguments: [StoreError.damaged(file: "state.db", detail: "x"), .io(file: "state.db", detail: "x")])
  func aLeaderThatCannotReadItsSnapshotLetsAnotherLead(error: StoreError) throws {
    let group = try reading()
    group.dropHeld()
    group.hosts[0].snapshotFailed(error)
    try group.tick(200)
    #expect(group.hosts[0].filesFault?.contains("state.db") == true && !group.hosts[0].isLeader)
    #expect(group.hosts[1].isServing)
    #expect(group.traces[2].installs == 1)
    #expect(try group.value(at: 2) == group.value(at: 1))
  }

  /// What waits for the next attempt: a busy file, and a leader without which nobody would serve.
  @Test func aLeaderThatNobodyCanReplaceGoesOn() throws {
    let group = try reading()
    group.hosts[0].snapshotFailed(.locked(file: "state.db"))
    try group.tick()
    #expect(group.hosts[0].isServing)
    group.drops = isTo(1)
    try group.tick(60)
    #expect(group.hosts[0].isServing)
    group.hosts[0].snapshotFailed(.io(file: "state.db", detail: "x"))
    try group.tick()
    #expect(group.hosts[0].isServing && group.hosts[0].filesFault == nil)
  }

  /// The leader was asked to read its snapshot, and has not.
  private func reading() throws -> HostGroup {
    let group = try behind()
    group.holds = { node, action in
      if case .readSnapshot = action { node == 0 } else { false }
    }
    group.drops = { _ in false }
    try group.tick(20)
    #expect(group.hosts[0].raft.progress.contains { $0.isInSnapshot })
    return group
  }

  @Test func aSnapshotThatIsTooLargeIsSaidOnceAndNotReadAllTheTime() throws {
    var limits = Self.limits
    limits.snapshotBytes = 10
    let group = try behind(limits)
    group.drops = { _ in false }
    try group.tick(500)
    #expect(group.traces[0].problems.count == 1, "\(group.traces[0].problems)")
    #expect(group.traces[0].reads == 1)
    try group.tick(2_600)
    #expect(group.traces[0].problems.count == 2)
    #expect(group.traces[0].reads == 2)
    #expect(group.traces[2].installs == 0)
    #expect(group.hosts[0].snapshotBytesHeld == 0)
  }

  /// The follower that is behind has the whole snapshot, and its store has not come to installing it.
  private func installing() throws -> HostGroup {
    let group = try behind()
    group.holds = { node, action in
      if case .installSnapshot = action { node == 2 } else { false }
    }
    group.drops = { _ in false }
    try group.tick(20)
    return group
  }

  // MARK: compaction

  @Test func compactionKeepsWhatFollowsASnapshotOnItsWay() throws {
    let group = try installing()
    let reads = group.traces[0].reads
    let sent = try #require(group.hosts[0].raft.progress.first { $0.isInSnapshot }?.snapshot).index
    let syncs = group.traces[0].syncs
    try commit(50, in: group)
    #expect(group.hosts[0].raft.base.index <= sent)
    #expect(group.traces[0].syncs <= syncs + 4, "it synced all the time, for nothing")
    // The snapshot is in, and what follows it is slow to come.
    group.drops = { message in
      if case .append = message.body { message.to == HostGroup.replica(2) } else { false }
    }
    try group.release()
    try commit(20, in: group)
    #expect(group.hosts[0].raft.base.index <= sent)
    group.drops = { _ in false }
    try group.tick(60)
    try expectCaughtUp(group)
    #expect(group.traces[0].reads == reads, "it needed another snapshot")
    #expect(group.traces[2].installs == 1)
    // And the log is compacted as before.
    try commit(40, in: group)
    #expect(group.hosts[0].raft.lastIndex - group.hosts[0].raft.base.index <= 40)
  }

  @Test func aFollowerThatIsTooSlowIsNotWaitedFor() throws {
    let group = try installing()
    let sent = try #require(group.hosts[0].raft.progress.first { $0.isInSnapshot }?.snapshot).index
    try commit(140, in: group)
    #expect(group.hosts[0].raft.base.index > sent)
    try group.release()
    try group.tick(60)
    try expectCaughtUp(group)
  }

  /// A quiet partition has few entries, and keeps the log of all others long.
  @Test func aQuietPartitionLetsGoOfItsLogWhenItIsTold() throws {
    var limits = Self.limits
    limits.compactionEntries = 1_000_000
    limits.retainedEntries = 1_000
    let group = try led(limits)
    try commit(10, in: group)
    #expect(group.hosts.allSatisfy { $0.raft.base.index == 0 })
    for node in group.hosts.indices { group.hosts[node].releaseLog() }
    try group.tick(10)
    #expect(group.hosts.allSatisfy { $0.raft.base.index == $0.raft.commitIndex })
    let syncs = group.traces.map(\.syncs)
    try group.tick(50)
    #expect(group.traces.map(\.syncs) == syncs)
  }

  @Test func aSnapshotTakesNoMoreThanItsShareAndCommitsGoOn() throws {
    var limits = Self.limits
    limits.snapshotBytesPerSecond = 100
    let group = try behind(limits)
    group.drops = { _ in false }
    // The chunks have 64 bytes, and the first second's are free.
    try group.tick(20)
    #expect(group.traces[2].installs == 0)
    let before = group.hosts[0].raft.commitIndex
    try commit(20, in: group)
    #expect(group.hosts[0].raft.commitIndex >= before + 20)
    for _ in 0..<40 where group.traces[2].installs == 0 { try group.tick(50) }
    #expect(group.traces[2].installs == 1)
    try group.tick(60)
    try expectCaughtUp(group)
  }

  /// The state file has the snapshot before the host hears of it: rows that are read in between are ahead of its state.
  @Test func rowsThatAreReadDuringAnInstallationAreNoDamage() throws {
    let group = try installing()
    let row = ActorRow(actorType: "counter", actorID: "b", rowKey: "", index: 1_000_000, value: [0])
    let loaded = [LoadedActor(name: ActorName(actorType: "counter", actorID: "b"), rows: [row])]
    for epoch in 1...9 as ClosedRange<UInt64> {
      group.hosts[2].actorsLoaded(loaded, epoch: epoch, now: group.now)
    }
    try group.settle()
    #expect(group.traces[2].alarms == [])
    try group.release()
    try group.tick(5)
    try expectCaughtUp(group)
  }

  // MARK: memory

  @Test func whatWasSentIsFreed() throws {
    let group = try installing()
    #expect(group.hosts[0].snapshotBytesHeld > 0)
    try group.release()
    try group.tick(5)
    #expect(group.hosts[0].snapshotBytesHeld == 0)
    #expect(group.hosts[2].snapshotBytesHeld == 0)
  }

  @Test func aLeaderThatIsDeposedFreesWhatItSent() throws {
    let group = try installing()
    #expect(group.hosts[0].snapshotBytesHeld > 0)
    try group.receive(.heartbeat(commit: 0, round: 0), at: 0, from: 1, term: group.hosts[0].raft.term + 1)
    #expect(!group.hosts[0].isLeader)
    group.hosts[0].tick(group.now)
    #expect(group.hosts[0].snapshotBytesHeld == 0)
  }

  /// Half a snapshot has come, and then the entries themselves, from another leader.
  @Test func halfASnapshotIsFreedWhenTheLogOvertakesIt() throws {
    let group = try HostGroup(limits: PartitionLimits())
    let membership = group.hosts[2].raft.membership
    let chunk = SnapshotChunk(
      id: SnapshotID(index: 3, term: 1), membership: membership, offset: 0, bytes: [1, 2, 3], isLast: false)
    try group.receive(.snapshot(chunk), at: 2, from: 0, term: 1)
    group.hosts[2].tick(group.now)
    #expect(group.hosts[2].snapshotBytesHeld == 3)
    let entries = (1...5).map { LogEntry(index: $0, term: 1, payload: .empty) }
    let append = Append(
      prevIndex: 0, prevTerm: 0, commit: 5, round: 0, entries: entries, compactable: 0)
    try group.receive(.append(append), at: 2, from: 1, term: 2)
    #expect(group.hosts[2].raft.commitIndex == 5)
    group.hosts[2].tick(group.now)
    #expect(group.hosts[2].snapshotBytesHeld == 0)
  }

  // MARK: contradictions

  /// Its node's heartbeats must not keep a replica in office that has found a contradiction.
  @Test(arguments: [false, true])
  func aLeaderWithAContradictionLeadsNoMore(isLoading: Bool) throws {
    let group = try HostGroup(limits: Self.limits) { node, action in
      if case .load = action { isLoading && node == 0 } else { false }
    }
    try group.elect(0)
    #expect(group.hosts[0].isServing == !isLoading)
    #expect(group.hosts[0].isLeader)
    let waiting = group.traces[0].leaderships.count
    let impossible = AppendReply(match: 1_000_000, round: 0)
    try group.receive(.appendReply(impossible), at: 0, from: 1, term: group.hosts[0].raft.term)
    #expect(group.hosts[0].raft.violation != nil)
    let said = group.traces[0].leaderships.dropFirst(waiting)
    #expect(said.count == 1)
    #expect(said.first?.leader == nil && said.first?.isSelf == false)
    #expect(group.traces[0].alarms.count == 1)
    #expect(!group.hosts[0].isLeader && !group.hosts[0].isServing && group.hosts[0].leaderNode == nil)
    let sent = group.traces[0].sent
    let call = try group.increment(1)
    for node in [1, 2] { group.hosts[0].nodeConnected(HostGroup.node(node)) }
    try group.tick(5)
    #expect(group.traces[0].answers[call] == .redirected(to: nil))
    #expect(group.traces[0].sent == sent, "it still speaks to the others")
    #expect(group.traces[0].leaderships.count == waiting + 1)
    // The others go on without it.
    try group.tick(200)
    #expect(group.hosts[1].isServing || group.hosts[2].isServing)
  }

  /// The end of its log was cut off, and with it the truncation of entries that were never committed: they are there again, below
  /// what the state has. Event streams must not be told of them.
  @Test func aLogThatWasCutTellsNothingBelowTheStateThatIsNotCommitted() {
    let configuration = Raft.Configuration(
      id: ReplicaID(rawValue: 1), voters: (1...3).map { ReplicaID(rawValue: $0) }, seed: 1)
    let entries = (1...4).map { LogEntry(index: $0, term: 1, payload: .empty) }
    let now = Moment(monotonic: 1_000, medianWall: 1_700_000_000_000)
    let partition = PartitionID(rawValue: 0)
    var host = PartitionHost(
      raft: Raft(
        configuration: configuration, hardState: HardState(term: 1, vote: nil, commit: 2), log: entries,
        start: .doubtful),
      state: PartitionState(
        id: partition, placement: Placement(partitionCount: 1), types: DurableTypes([Counter.self])),
      nodes: [:], now: now)
    host.loaded(LoadedPartition(appliedIndex: 9, rows: []), now: now)
    #expect(host.appliedIndex == 9)
    #expect(host.records(after: 0, limit: 10).lastIndex == 2)
    #expect(host.records(after: 2, limit: 10).lastIndex == nil)
  }
}
