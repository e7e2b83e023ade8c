// The log's WAL is copied into the file by the writer, between batches, and a sync that fails then counts.
import ClusterTestKit
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct LogWALTests {
  private func flood(_ store: NodeStore, _ indexes: ClosedRange<LogIndex>, bytes: Int = 8_000) async {
    for index in indexes {
      let error = await store.append(
        1, request(entries: [entry(index, [UInt8](repeating: UInt8(index % 251), count: bytes))])
      ).error
      #expect(error == nil)
    }
  }

  @Test func walIsBoundedAndTheFileGivesSpaceBack() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    await flood(store, 1...4_000)
    let loaded = store.statistics()
    #expect(loaded.walCheckpoints > 5)
    #expect(loaded.walBytes < 6 << 20, "\(loaded.walBytes)")
    #expect(loaded.walPinnedCheckpoints == 0)
    #expect(loaded.longestWalCheckpointNanoseconds >= loaded.lastWalCheckpointNanoseconds)
    let size = try FileManager.default.attributesOfItem(atPath: directory + "/log.db")[.size] as? Int ?? 0
    #expect(size > 28 << 20)
    #expect(await store.append(1, request(base: base(3_990))).error == nil)
    // The writer does the rest by itself, while nobody waits.
    for _ in 0..<600 where store.statistics().fileBytes > 8 << 20 || store.statistics().deletedBatches < 3_900
    {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(store.statistics().logBytes < 2 << 20)
    #expect(!store.statistics().logFailed)
    store.close()
    let after = try FileManager.default.attributesOfItem(atPath: directory + "/log.db")[.size] as? Int ?? 0
    #expect(after < 9 << 20, "\(after) of \(size)")
    let reopened = try openStore(directory)
    #expect(reopened.recovered[PartitionID(rawValue: 1)]?.entries.count == 10)
    reopened.close()
  }

  @Test func readerThatPinsTheWALIsCounted() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    var limits = LogUpkeepLimits()
    limits.walBytes = 100_000
    limits.pinnedFactor = 4
    let store = try openStore(directory, upkeep: limits)
    await flood(store, 1...2)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let reader = try DatabaseQueue(path: directory + "/log.db", configuration: configuration)
    try await reader.writeWithoutTransaction { database in
      try database.execute(sql: "BEGIN")
      _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM log")
    }
    await flood(store, 3...200)
    let pinned = store.statistics()
    #expect(pinned.walPinnedCheckpoints > 0)
    #expect(pinned.walBytes > 1_000_000)
    try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
    try reader.close()
    await flood(store, 201...300)
    let before = store.statistics().walPinnedCheckpoints
    await flood(store, 301...400)
    #expect(store.statistics().walPinnedCheckpoints == before)
    store.close()
  }

  @Test(arguments: ["log.db", "log.db-wal"])
  func failedSyncWhileTheWALIsCopiedIsSuspect(file: String) throws {
    let disk = VirtualFileSystem(seed: 9).disk("a")
    var limits = LogUpkeepLimits()
    limits.walBytes = 60_000
    let core = try openCore(disk, limits: limits)
    var last: LogIndex = 0
    while core.statistics.walCheckpoints == 0 {
      last += 1
      #expect(core.write(1, request(entries: [entry(last)])) == nil)
    }
    // Of the WAL, every commit syncs too: both ways the log has failed.
    disk.failNextSync(of: file)
    var failure: StoreError?
    for _ in 0..<200 where failure == nil {
      failure = core.write(1, request(entries: [entry(last + 1)]))
      if failure == nil { last += 1 }
    }
    guard case .syncFailed? = failure else {
      Issue.record("no write failed: \(String(describing: failure))")
      return
    }
    #expect(core.statistics.logFailed)
    #expect(core.write(1, request(entries: [entry(last + 2)])) == failure)
    disk.crash()
    let next = try openCore(disk)
    #expect(next.suspectedBecause?.contains("log.db") == true)
    #expect(next.lastRecovered(1) >= last)
  }
}
