// Old batches go, and what is left amounts to the same log.
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct LogTrimTests {
  @Test(arguments: 1...16 as ClosedRange<UInt64>)
  func reopenedAtEveryStepEqualsTheModel(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let disk = VirtualFileSystem(seed: seed).disk("a")
    var model = LogModel()
    var deleted: UInt64 = 0
    for step in 0..<60 {
      let core = try openCore(disk, limits: busyUpkeep)
      try #require(core.damagedPartitions == [:], "seed \(seed), step \(step)")
      try #require(core.recovered == model.logs, "seed \(seed), step \(step)")
      for _ in 0..<Int.random(in: 1..<6, using: &random) {
        // The last partition is quiet: its hard state and base must be carried.
        let partition = PartitionID(
          rawValue: Int.random(in: 0..<20, using: &random) == 0 ? 9 : UInt32(random.next() % 3))
        if Int.random(in: 0..<30, using: &random) == 0 {
          try core.assignReplica(partition, ReplicaID(rawValue: 65_537))
          model.reset(partition)
          continue
        }
        var request = model.randomRequest(of: partition, maximumPayload: 2_000, using: &random)
        if Int.random(in: 0..<3, using: &random) == 0,
          let compaction = model.compaction(of: partition, keeping: Int(random.next() % 3))
        {
          request = compaction
        }
        model.take(request, of: partition)
        try #require(core.write(partition.rawValue, request) == nil)
      }
      if Bool.random(using: &random) { core.keepUp() }
      deleted += core.statistics.deletedBatches
      if Bool.random(using: &random) { core.close() } else { disk.crash() }
    }
    #expect(deleted > 40, "seed \(seed)")
  }

  private let disk = VirtualFileSystem(seed: 5).disk("a")

  /// One partition writes and compacts for long; another has been quiet since its first batch.
  private func busyYears(_ core: StoreCore, batches: LogIndex = 400) throws {
    for index in 1...batches {
      try #require(core.write(1, request(entries: [entry(index, [UInt8](repeating: 3, count: 900))])) == nil)
      if index % 10 == 0 { try #require(core.write(1, request(base: base(index - 5))) == nil) }
    }
    core.keepUp()
  }

  @Test func hardStateOfAQuietPartitionIsCarried() throws {
    let core = try openCore(disk, limits: busyUpkeep)
    let state = HardState(term: 7, vote: ReplicaID(rawValue: 2), commit: 40)
    #expect(core.write(2, request(base: base(40), resetsLog: true, hardState: state)) == nil)
    try busyYears(core)
    #expect(core.statistics.deletedBatches > 380)
    disk.crash()
    let next = try openCore(disk)
    #expect(
      next.recovered[PartitionID(rawValue: 2)]
        == RecoveredLog(hardState: state, entries: [], base: base(40)))
    #expect(next.lastRecovered(1) == 400)
  }

  @Test func entryOfAQuietPartitionPinsTheLogUntilItIsCompacted() throws {
    let core = try openCore(disk, limits: busyUpkeep)
    #expect(core.logPressure() == nil)
    #expect(core.write(2, request(entries: [entry(1), entry(2)])) == nil)
    try busyYears(core)
    #expect(core.statistics.deletedBatches == 0)
    let pressure = try #require(core.logPressure())
    #expect(pressure.partition == PartitionID(rawValue: 2))
    #expect(pressure.sequence == 1)
    #expect(pressure.bytes > 400 * 900)
    let size = disk.size(of: "log.db")
    #expect(core.write(2, request(base: base(2))) == nil)
    core.keepUp()
    #expect(core.logPressure()?.partition == PartitionID(rawValue: 1))
    #expect(core.statistics.deletedBatches > 380)
    core.close()
    #expect(disk.size(of: "log.db") < size / 4, "\(disk.size(of: "log.db")) of \(size)")
    #expect(try openCore(disk).lastRecovered(1) == 400)
  }

  /// The chain goes on over what was deleted: an exchanged or changed record is noticed all the same.
  @Test func chainGoesOnAfterDeletion() throws {
    let core = try openCore(disk, limits: busyUpkeep)
    try busyYears(core)
    core.close()
    let again = try openCore(disk, limits: busyUpkeep)
    #expect(again.damagedPartitions == [:])
    #expect(again.write(1, request(entries: [entry(401)])) == nil)
    again.close()
    let next = try openCore(disk)
    #expect(next.damagedPartitions == [:])
    #expect(next.recovered[PartitionID(rawValue: 1)]?.entries.map(\.index) == Array(396...401))
  }

  @Test func newPartitionIsKnownFromItsFirstBatchOn() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(entries: [entry(1)])) == nil)
    #expect(core.write(3, request(hardState: HardState(term: 1))) == nil)
    disk.crash()
    let next = try openCore(disk)
    #expect(next.recovered.keys.sorted() == [PartitionID(rawValue: 1), PartitionID(rawValue: 3)])
  }

  /// A full disk while nobody waits is no failure: what was acknowledged stays, and appends go on when there is room.
  @Test func fullDiskDuringUpkeepIsNoFailure() throws {
    var limits = LogUpkeepLimits()
    limits.stepRows = 0
    limits.trimRows = 10
    let core = try openCore(disk, limits: limits)
    for index in 1...200 as ClosedRange<LogIndex> {
      #expect(core.write(1, request(entries: [entry(index, [UInt8](repeating: 3, count: 900))])) == nil)
    }
    #expect(core.write(1, request(base: base(199))) == nil)
    disk.full(afterBytes: 0)
    core.keepUp()
    #expect(core.statistics.deletedBatches == 0)
    #expect(!core.statistics.logFailed)
    disk.full(afterBytes: nil)
    #expect(core.write(1, request(entries: [entry(201)])) == nil)
    core.keepUp()
    #expect(core.statistics.deletedBatches > 150)
  }
}
