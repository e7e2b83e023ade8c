// The log in memory, with and without a compacted beginning.

import Raft
import Testing

@Suite struct RaftLogTests {
  @Test func compactionKeepsIndices() {
    var log = RaftLog(entries: makeLog([1, 1, 2, 2, 3]))
    let before = log.entries(in: 4...5)
    log.compact(to: 3)
    #expect(log.base.index == 3)
    #expect(log.base.term == 2)
    #expect(log.term(at: 3) == 2, "the term at the snapshot is known: appends start after it")
    #expect(log.term(at: 2) == nil)
    #expect(log.entry(at: 3) == nil)
    #expect(log.entries(in: 1...9) == before)
    #expect(log.entries(from: 3, maxEntries: 9, maxBytes: 9_999).isEmpty)
    log.truncate(from: 5)
    #expect(log.lastIndex == 4)
    log.truncate(from: 1)
    #expect(log.lastIndex == 3, "a snapshot is not truncated")
    #expect(log.lastTerm == 2)
    let isAppended = log.append(LogEntry(index: 4, term: 9, payload: .empty))
    #expect(isAppended)
    log.compact(to: 99)
    #expect(log.base.index == 4)
    #expect(log.lastTerm == 9)
  }

  @Test func onlyWhatFollowsIsAppended() {
    var log = RaftLog(entries: makeLog([2]))
    func appended(_ entry: LogEntry) -> Bool { log.append(entry) }
    #expect(appended(LogEntry(index: 1, term: 2, payload: .empty)) == false)
    #expect(appended(LogEntry(index: 3, term: 2, payload: .empty)) == false)
    #expect(appended(LogEntry(index: 2, term: 1, payload: .empty)) == false)
    #expect(appended(LogEntry(index: 2, term: 2, payload: .empty)) == true)
  }

  @Test func searchAgreesWithAScan() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<300 {
      var term: Term = 1
      let terms = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        term += Term.random(in: 0...2, using: &random)
        return term
      }
      var log = RaftLog(entries: makeLog(terms))
      log.compact(to: LogIndex.random(in: 0...5, using: &random))
      for index in 0...LogIndex(terms.count + 2) {
        for limit in 0...term + 1 {
          let scan = (log.base.index...log.lastIndex).last { position in
            position == log.base.index || (position <= index && (log.term(at: position) ?? 0) <= limit)
          }
          #expect(log.lastIndex(notAfter: index, termAtMost: limit) == scan)
        }
      }
    }
  }

  @Test func chunksRespectBothLimits() {
    let log = RaftLog(entries: makeLog([1, 1, 1, 1]))
    let size = 1 + LogEntry.overhead
    #expect(log.entries(from: 2, maxEntries: 2, maxBytes: 9_999).map(\.index) == [2, 3])
    #expect(log.entries(from: 1, maxEntries: 9, maxBytes: 3 * size).count == 3)
    #expect(log.entries(from: 1, maxEntries: 9, maxBytes: 3 * size - 1).count == 2)
    #expect(log.entries(from: 1, maxEntries: 9, maxBytes: 1).count == 1)
    #expect(log.entries(from: 5, maxEntries: 9, maxBytes: 9_999).isEmpty)
    #expect(log.byteCount(after: 1) == 3 * size)
    #expect(log.byteCount(after: 1, through: 2) == size)
  }

  @Test func jitterIsTheNamedGenerator() {
    // Golden values of SplitMix64 from seed 1234567, as published with the reference code.
    var random = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func aReplicaStartsFromASnapshot() {
    let entries = [LogEntry(index: 101, term: 7, payload: .command([1]))]
    var raft = Raft(
      configuration: TestCluster.configuration(1, of: 1), hardState: HardState(term: 7, commit: 101),
      log: entries,
      base: LogBase(index: 100, term: 6, membership: Membership(voters: [TestCluster.replica(1)])),
      applied: 100)
    #expect(raft.term(at: 100) == 6)
    #expect(raft.drain().applied == entries)
    raft.campaign()
    #expect(raft.drainWriting().applied.map(\.index) == [102])
    let broken = raft.checkInvariants()
    #expect(broken == nil)
  }
}
