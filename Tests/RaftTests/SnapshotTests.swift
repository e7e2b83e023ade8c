// Snapshots in chunks: sent, lost, resumed, refused, installed; and compaction.

import Raft
import Testing

@Suite struct SnapshotTests {
  static let id = TestCluster.replica

  /// Replica 1 leads, has compacted its log to `base`, and replica 3 comes back with an empty log.
  static func behind(base: LogIndex = 5, chunk: Int = 4) throws -> TestCluster {
    var cluster = TestCluster(3) { $0.maxSnapshotChunkBytes = chunk }
    cluster.elect(1)
    cluster[3].isIsolated = true
    for byte in 1...9 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster.at(1) { $0.compact(to: base) }
    cluster[3].isIsolated = false
    cluster.run(ticks: 8)
    return cluster
  }

  static func chunk(_ cluster: TestCluster, _ read: SnapshotRead, of bytes: [UInt8], index: LogIndex = 7)
    -> SnapshotChunk
  {
    let term = cluster[1].raft.term(at: index) ?? 0
    let end = min(bytes.count, Int(read.offset) + read.maxBytes)
    return SnapshotChunk(
      id: SnapshotID(index: index, term: term), membership: cluster[1].raft.membership, offset: read.offset,
      bytes: Array(bytes[Int(read.offset)..<end]), isLast: end == bytes.count)
  }

  static let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

  @Test func chunksFollowEachOtherAndTheLogGoesOn() throws {
    var cluster = try Self.behind()
    var received: [UInt8] = []
    for round in 0..<3 {
      let read = try #require(cluster[1].snapshotReads.last)
      #expect(read.to == Self.id(3) && read.offset == UInt64(4 * round) && read.maxBytes == 4)
      let chunk = Self.chunk(cluster, read, of: Self.bytes)
      cluster.at(1) { $0.snapshotRead(chunk, for: Self.id(3)) }
      try cluster.propose(1, [100])
      cluster.settle()
      let stored = try #require(cluster[3].snapshotStores.last)
      received += stored.bytes
      if !stored.isLast { cluster.at(3) { $0.snapshotStored(stored.id, upTo: stored.end) } }
      cluster.settle()
    }
    #expect(received == Self.bytes)
    #expect(cluster[1].raft.commitIndex == 13, "commits go on meanwhile")
    #expect(cluster[1].raft.progress.last?.isInSnapshot == true)
    #expect(cluster[3].applied.map(\.index) == [1])
    cluster[3].isDiskStalled = true
    cluster.at(3) { $0.snapshotInstalled(SnapshotID(index: 7, term: 1)) }
    #expect(cluster[3].raft.base.index == 7 && cluster[3].raft.appliedIndex == 7)
    let request = try #require(cluster[3].writes.first)
    #expect(request.base == cluster[3].raft.base && request.resetsLog)
    cluster.settle()
    #expect(cluster[1].raft.progress.last?.match == 1, "acknowledged only when the base is written")
    cluster[3].isDiskStalled = false
    cluster.settle()
    #expect(cluster[3].raft.commitIndex == 13)
    #expect(cluster[3].applied.map(\.index) == [1] + Array(8...13))
    #expect(cluster[3].disk.base?.index == 7 && cluster[3].disk.entries.count == 6)
  }

  @Test func aLostChunkIsReadAgain() throws {
    var cluster = try Self.behind()
    let read = try #require(cluster[1].snapshotReads.last)
    let chunk = Self.chunk(cluster, read, of: Self.bytes)
    cluster.at(1) { $0.snapshotRead(chunk, for: Self.id(3)) }
    cluster.network = []
    cluster[1].snapshotReads = []
    cluster.run(ticks: 12)
    #expect(cluster[1].snapshotReads.map(\.offset) == [0])
    #expect(cluster[1].snapshotReads.first?.id == chunk.id)
  }

  @Test func duplicatesAreNotStoredTwiceNorAnsweredForEver() throws {
    var cluster = try Self.behind()
    let read = try #require(cluster[1].snapshotReads.last)
    let chunk = Self.chunk(cluster, read, of: Self.bytes)
    let first = message(1, 3, term: 1, .snapshot(chunk))
    for _ in 0..<3 { cluster.at(3) { $0.receive(first) } }
    #expect(cluster[3].snapshotStores == [chunk])
    cluster.at(3) { $0.snapshotStored(chunk.id, upTo: chunk.end) }
    cluster.sent = []
    cluster.at(3) { $0.receive(first) }
    #expect(cluster.sent.map(\.body) == [.snapshotReply(SnapshotReply(id: chunk.id, offset: 4))])
  }

  @Test func anInterruptedSnapshotIsResumedAlsoByANewLeader() throws {
    var cluster = try Self.behind()
    let read = try #require(cluster[1].snapshotReads.last)
    let chunk = Self.chunk(cluster, read, of: Self.bytes)
    cluster.at(3) { $0.receive(message(1, 3, term: 1, .snapshot(chunk))) }
    cluster.at(3) { $0.snapshotStored(chunk.id, upTo: 4) }
    cluster.sent = []
    // Replica 2 leads term 2 and offers the same snapshot from the beginning.
    cluster.at(3) { $0.receive(message(2, 3, term: 2, .snapshot(chunk))) }
    #expect(cluster.sent.last?.body == .snapshotReply(SnapshotReply(id: chunk.id, offset: 4)))
    #expect(cluster.sent.last?.to == Self.id(2))
    // A leader follows that wish, and falls back when the follower wants less.
    cluster = try Self.behind()
    let again = try #require(cluster[1].snapshotReads.last)
    let begin = Self.chunk(cluster, again, of: Self.bytes)
    cluster.at(1) { $0.snapshotRead(begin, for: Self.id(3)) }
    cluster.network = []
    cluster.at(1) {
      $0.receive(message(3, 1, term: 1, .snapshotReply(SnapshotReply(id: chunk.id, offset: 8))))
    }
    #expect(cluster[1].snapshotReads.last?.offset == 8)
  }

  @Test func aStaleSnapshotIsAnsweredAndNotStored() throws {
    var raft = makeRaft(2, of: 3, terms: [1, 1, 1, 1], hardState: HardState(term: 1, commit: 3))
    let old = SnapshotChunk(
      id: SnapshotID(index: 2, term: 1), membership: raft.membership, offset: 0, bytes: [1], isLast: true)
    raft.receive(message(1, 2, term: 1, .snapshot(old)))
    let actions = raft.drain()
    #expect(actions.messages.map(\.body) == [.appendReply(AppendReply(match: 3, round: 0))])
    #expect(!actions.contains { if case .storeSnapshot = $0 { true } else { false } })
    // One whose last entry it holds only commits.
    let held = SnapshotChunk(
      id: SnapshotID(index: 4, term: 1), membership: raft.membership, offset: 0, bytes: [1], isLast: true)
    raft.receive(message(1, 2, term: 1, .snapshot(held)))
    #expect(raft.commitIndex == 4 && raft.lastIndex == 4)
    // One of an older leader is refused.
    raft.receive(message(3, 2, term: 5, .heartbeat(commit: 0, round: 0)))
    _ = raft.drainWriting()
    let other = SnapshotChunk(
      id: SnapshotID(index: 9, term: 1), membership: raft.membership, offset: 0, bytes: [1], isLast: true)
    raft.receive(message(1, 2, term: 1, .snapshot(other)))
    #expect(raft.drain() == [.send(message(2, 1, term: 5, .heartbeatReply(round: 0)))])
  }

  @Test func malformedChunksAreIgnored() {
    for chunk in [
      SnapshotChunk(
        id: SnapshotID(index: 0, term: 1), membership: Membership(voters: []), offset: 0, bytes: [1],
        isLast: true),
      SnapshotChunk(
        id: SnapshotID(index: 5, term: 9), membership: Membership(voters: []), offset: 0, bytes: [1],
        isLast: true),
      SnapshotChunk(
        id: SnapshotID(index: 5, term: 1), membership: Membership(voters: []), offset: 0, bytes: [],
        isLast: false),
      SnapshotChunk(
        id: SnapshotID(index: 5, term: 1), membership: Membership(voters: []), offset: .max, bytes: [1],
        isLast: true),
    ] {
      var raft = makeRaft(2, of: 3, hardState: HardState(term: 1))
      raft.receive(message(1, 2, term: 1, .snapshot(chunk)))
      #expect(raft.drain().isEmpty)
    }
  }

  @Test func aRefusedSnapshotStartsOver() throws {
    var cluster = try Self.behind(chunk: 100)
    let read = try #require(cluster[1].snapshotReads.last)
    let chunk = Self.chunk(cluster, read, of: Self.bytes)
    cluster.at(1) { $0.snapshotRead(chunk, for: Self.id(3)) }
    cluster.settle()
    #expect(cluster[3].snapshotStores == [chunk])
    // While it is installed, nothing replaces it.
    let newer = SnapshotChunk(
      id: SnapshotID(index: 8, term: 1), membership: chunk.membership, offset: 0, bytes: [1], isLast: true)
    cluster.at(3) { $0.receive(message(1, 3, term: 1, .snapshot(newer))) }
    #expect(cluster[3].snapshotStores == [chunk])
    cluster.at(3) { $0.snapshotRejected(chunk.id) }
    cluster[1].snapshotReads = []
    cluster.run(ticks: 12)
    #expect(cluster[1].snapshotReads.last?.offset == 0)
    cluster.at(1) { $0.snapshotUnavailable(for: Self.id(3)) }
    cluster[1].snapshotReads = []
    cluster.run(ticks: TestCluster.heartbeatTicks)
    #expect(cluster[1].snapshotReads.count == 1, "asked again")
    #expect(cluster[1].snapshotReads.first?.id == nil)
    // Nothing older than the log's base will do.
    let old = Self.chunk(cluster, cluster[1].snapshotReads[0], of: Self.bytes, index: 3)
    cluster.sent = []
    cluster.at(1) { $0.snapshotRead(old, for: Self.id(3)) }
    #expect(cluster.sent.isEmpty)
  }

  @Test func entriesThatCameInTheMeantimeAreKept() throws {
    var raft = makeRaft(3, of: 3, hardState: HardState(term: 1))
    let chunk = SnapshotChunk(
      id: SnapshotID(index: 2, term: 1), membership: raft.membership, offset: 0, bytes: [1], isLast: true)
    raft.receive(message(1, 3, term: 1, .snapshot(chunk)))
    _ = raft.drainWriting()
    let append = Append(prevIndex: 0, prevTerm: 0, commit: 3, round: 0, entries: makeLog([1, 1, 1, 1]))
    raft.receive(message(1, 3, term: 1, .append(append)))
    #expect(raft.drainWriting().applied.isEmpty, "nothing is applied while the state is being replaced")
    raft.snapshotInstalled(chunk.id)
    #expect(raft.base.index == 2 && raft.lastIndex == 4)
    #expect(raft.drainWriting().applied.map(\.index) == [3])
  }

  @Test func compactionIsClampedAndWritten() throws {
    var cluster = TestCluster(1)
    cluster.elect(1)
    for byte in 1...5 as ClosedRange<UInt8> { try cluster.propose(1, [byte]) }
    cluster.settle()
    cluster[1].isDiskStalled = true
    try cluster.propose(1, [6])
    cluster.at(1) { $0.compact(to: 99) }
    #expect(cluster[1].raft.base.index == 6, "entry 7 is not written")
    #expect(
      cluster[1].writes.last?.base == cluster[1].raft.base && cluster[1].writes.last?.resetsLog == false)
    cluster.at(1) { $0.compact(to: 3) }
    #expect(cluster[1].raft.base.index == 6)
    cluster[1].isDiskStalled = false
    cluster.settle()
    #expect(cluster[1].disk.base?.index == 6 && cluster[1].disk.entries.map(\.index) == [7])
    cluster.restart(1)
    #expect(cluster[1].raft.base.index == 6 && cluster[1].raft.lastIndex == 7)
    #expect(cluster[1].raft.membership(at: 5) == nil && cluster[1].raft.membership(at: 6)?.voters.count == 1)
  }

  /// It is told from an answer to an earlier chunk, because none is before the first.
  @Test func aRefusedFirstChunkIsReadAgainAfterAHeartbeatInterval() throws {
    var cluster = try Self.behind(chunk: 100)
    for _ in 0..<4 {
      let read = try #require(cluster[1].snapshotReads.last)
      let chunk = Self.chunk(cluster, read, of: Self.bytes)
      cluster.at(1) { $0.snapshotRead(chunk, for: Self.id(3)) }
      cluster.settle()
      cluster.at(3) { $0.snapshotRejected(chunk.id) }
      cluster[1].snapshotReads = []
      cluster.settle()
      #expect(cluster[1].snapshotReads.isEmpty, "not at once: it may be refused again")
      cluster.run(ticks: TestCluster.heartbeatTicks)
      #expect(cluster[1].snapshotReads.count == 1)
    }
  }

  @Test func aNewConnectionAsksAHostAgainThatForgotToRead() throws {
    var cluster = try Self.behind()
    #expect(cluster[1].snapshotReads.count == 1)
    cluster.run(ticks: 20)
    #expect(cluster[1].snapshotReads.count == 1)
    cluster.at(1) { $0.peerReset(Self.id(3)) }
    #expect(cluster[1].snapshotReads.count == 2)
  }
}
