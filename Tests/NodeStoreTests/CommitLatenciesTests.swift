// The window of commit durations, and what the writer tells of it.
import ClusterTestKit
import Dispatch
import NodeStore
import Raft
import Testing

@Suite struct CommitLatenciesTests {
  @Test func percentilesAreRightWithinAnEighth() throws {
    var random = SplitMix64(seed: 11)
    for scale in [1, 50, 1_000, 100_000, 20_000_000, 3_000_000_000] as [UInt64] {
      var latencies = CommitLatencies()
      var values: [UInt64] = []
      for _ in 0..<999 {
        let value = random.next() % (scale * 10) + 1
        values.append(value)
        latencies.record(nanoseconds: value, at: 5_000)
      }
      values.sort()
      let window = latencies.last(at: 5_500)
      #expect(window.commits == 999)
      for (percent, rank) in [(50, 499), (95, 949), (99, 989), (100, 998)] {
        let found = try #require(window.percentile(percent))
        #expect(found >= values[rank])
        #expect(found - values[rank] <= values[rank] / 8)
      }
    }
  }

  @Test func whatIsOldIsForgotten() {
    var latencies = CommitLatencies()
    #expect(latencies.last(at: 0).percentile(50) == nil)
    latencies.record(nanoseconds: 100, at: 1_000)
    latencies.record(nanoseconds: 900, at: 8_000)
    #expect(latencies.last(at: 10_999).commits == 2)
    #expect(latencies.last(4, at: 10_999).commits == 1)
    #expect(latencies.last(at: 11_000).commits == 1)
    #expect(latencies.last(at: 18_000).commits == 0)
    // The slot of the first second counts anew.
    latencies.record(nanoseconds: 5, at: 21_000)
    #expect(latencies.last(at: 21_000).commits == 1)
    #expect(latencies.last(at: 21_000).percentile(100) == 5)
    latencies.record(nanoseconds: .max, at: 21_000)
    #expect(latencies.last(at: 21_000).commits == 2)
  }

  @Test func aSlowDiskIsMeasured() async throws {
    let scratch = try ScratchDirectory()
    let faultSwitch = FaultSwitch()
    var slow = InjectedFaults()
    slow.slow = .init(milliseconds: 30)
    faultSwitch.set(slow)
    let store = try openStore(scratch.directory("data"), faults: faultSwitch.storeFaults)
    _ = await store.append(1, request(entries: [entry(1)]))
    // Too few to judge by.
    #expect(store.statistics().recentCommitNanoseconds == nil)
    // Again and again, for a busy machine may spread a few over more seconds than the window has.
    var statistics = store.statistics()
    var index: LogIndex = 2
    while statistics.recentCommitNanoseconds == nil, index < 200 {
      _ = await store.append(1, request(entries: [entry(index)]))
      index += 1
      statistics = store.statistics()
    }
    #expect(try #require(statistics.recentCommitNanoseconds) >= 30_000_000)
    #expect(try #require(statistics.commitP50Nanoseconds) >= 30_000_000)
    #expect(try #require(statistics.commitP99Nanoseconds) >= statistics.commitP50Nanoseconds ?? .max)
    store.close()
  }

  /// A commit that hangs is noticed before it ends.
  @Test func aCommitThatHangsCountsAsItGoesOn() async throws {
    let scratch = try ScratchDirectory()
    let gate = DispatchSemaphore(value: 0)
    let faults = StoreFaults(beforeLogCommit: { () throws(StoreError) in gate.wait() })
    let store = try openStore(scratch.directory("data"), faults: faults)
    store.append(partition: PartitionID(rawValue: 1), request: request(entries: [entry(1)])) { _ in }
    let deadline = ContinuousClock.now + .seconds(60)
    while store.statistics().recentCommitNanoseconds == nil, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(50))
    }
    let seen = store.statistics()
    gate.signal()
    #expect(seen.batches == 0)
    #expect(try #require(seen.recentCommitNanoseconds) > 1_000_000_000)
    store.close()
  }

  @Test(arguments: [0, -1, 10_001]) func aSlownessOutOfRangeIsRefused(milliseconds: Int) {
    var faults = InjectedFaults()
    #expect(faults.problem == nil)
    faults.slow = .init(milliseconds: milliseconds)
    #expect(faults.problem?.contains("1 to 10000") == true)
    faults.slow = .init(milliseconds: 10_000)
    #expect(faults.problem == nil)
    #expect(faults.names == ["disk.slow"])
  }
}
