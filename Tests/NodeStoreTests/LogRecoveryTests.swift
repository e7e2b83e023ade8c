// What was appended is what a reopened store recovers.
import NodeStore
import Raft
import Testing

@Suite struct LogRecoveryTests {
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func randomRequestsComeBackExactly(seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    var model = LogModel()
    for round in 1...4 as ClosedRange<UInt64> {
      let store = try openStore(directory)
      #expect(store.incarnation == round, "seed \(seed)")
      #expect(store.openNotes.isEmpty, "seed \(seed)")
      let isExact = store.takeRecovered() == model.logs
      #expect(isExact, "seed \(seed), round \(round)")
      #expect(store.recovered.isEmpty)
      let results = Recorder<Int>()
      let count = Int.random(in: 0..<120, using: &random)
      for number in 0..<count {
        let partition = PartitionID(rawValue: UInt32.random(in: 0..<4, using: &random))
        let request = model.randomRequest(of: partition, using: &random)
        model.take(request, of: partition)
        store.append(partition: partition, request: request) { result in
          if case .success = result { results.add(number) }
        }
        if Int.random(in: 0..<10, using: &random) == 0 { await Task.yield() }
      }
      store.close()
      let completed = results.all
      #expect(completed == Array(0..<count), "completions out of order or missing, seed \(seed)")
    }
  }

  /// More than 1,000 pages go through the WAL, so that it is checkpointed and starts over several times.
  @Test func longLogSurvivesWALResets() async throws {
    var random = SplitMix64(seed: 77)
    let scratch = try ScratchDirectory()
    var model = LogModel()
    let store = try openStore(scratch.directory("data"))
    for _ in 0..<400 {
      let partition = PartitionID(rawValue: UInt32.random(in: 0..<3, using: &random))
      let request = model.randomRequest(of: partition, maximumPayload: 24_000, using: &random)
      model.take(request, of: partition)
      let error = await store.append(partition.rawValue, request).error
      #expect(error == nil)
    }
    let image = try scratch.image(of: scratch.directory("data"), named: "image")
    store.close()
    let reopened = try openStore(scratch.directory("data"))
    let isExact = reopened.recovered == model.logs
    #expect(isExact)
    reopened.close()
    let crashed = try openStore(image)
    let isExactAfterCrash = crashed.recovered == model.logs
    #expect(isExactAfterCrash)
    #expect(crashed.openNotes.isEmpty)
    crashed.close()
  }

  @Test func gapIsRefusedAndHarmsNobody() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let first = await store.append(1, request(entries: [entry(1), entry(2)])).error
    #expect(first == nil)
    let gap = await store.append(1, request(hardState: HardState(term: 9), entries: [entry(3), entry(5)]))
      .error
    guard case .invalidRequest = gap else {
      Issue.record("a gap was accepted: \(String(describing: gap))")
      return
    }
    let next = await store.append(1, request(entries: [entry(3)])).error
    #expect(next == nil)
    let other = await store.append(2, request(entries: [entry(40)])).error
    #expect(other == nil)
    store.close()
    let reopened = try openStore(scratch.directory("data"))
    let recovered = reopened.takeRecovered()
    let one = recovered[PartitionID(rawValue: 1)]
    #expect(one == RecoveredLog(hardState: HardState(), entries: [entry(1), entry(2), entry(3)]))
    let two = recovered[PartitionID(rawValue: 2)]?.entries
    #expect(two == [entry(40)])
    reopened.close()
  }

  @Test func logIsSyncedInEveryCommit() throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let synchronous = try store.logSynchronous()
    #expect(synchronous == 2)
    store.close()
  }
}
