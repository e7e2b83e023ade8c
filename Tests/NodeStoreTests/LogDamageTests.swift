// A bad batch stops the partitions that it may have held something of, and no other.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct LogDamageTests {
  private let one = PartitionID(rawValue: 1)
  private let two = PartitionID(rawValue: 2)
  private let three = PartitionID(rawValue: 3)

  /// Batches 1 to 5 hold the entries of partition 1; partition 2 writes before and after them, partition 3 only before.
  private func madeDirectory(_ scratch: ScratchDirectory, size: Int = 3) async throws -> String {
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    #expect(await store.append(3, request(hardState: HardState(term: 4))).error == nil)
    #expect(await store.append(2, request(entries: [entry(1)])).error == nil)
    for index in 1...5 as ClosedRange<LogIndex> {
      let bytes = [UInt8](repeating: 0xA0 + UInt8(index), count: size)
      #expect(await store.append(1, request(entries: [entry(index, bytes)])).error == nil)
    }
    let row = ActorRow(actorType: "Queue", actorID: "a", rowKey: "r", index: 2, value: [1])
    #expect(
      await store.checkpoint(PartitionCheckpoint(partition: one, appliedIndex: 2, puts: [row])).error == nil)
    #expect(await store.append(2, request(entries: [entry(2)])).error == nil)
    store.close()
    return directory
  }

  private func sql(_ directory: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: directory + "/log.db")
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  private func numbers(_ directory: String) throws -> [Int64] {
    let queue = try DatabaseQueue(path: directory + "/log.db")
    defer { try? queue.close() }
    return try queue.read { try Int64.fetchAll($0, sql: "SELECT seq FROM log ORDER BY seq") }
  }

  /// Partition 2 has a record after the damage that continues its chain; 1 and 3 have nothing to show.
  private func expectOnlyTwoIsWhole(_ store: NodeStore, _ words: String) {
    #expect(store.damagedPartitions.keys.sorted() == [one, three])
    #expect(store.damagedPartitions[one]?.contains(words) == true, "\(store.damagedPartitions)")
    #expect(store.recovered.keys.sorted() == [two])
    #expect(store.recovered[two]?.entries == [entry(1), entry(2)])
    #expect(store.openNotes.count == 2)
  }

  @Test func missingBatchStopsWhatHasNoProof() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try sql(directory, "DELETE FROM log WHERE seq = 4")
    let store = try openStore(directory)
    expectOnlyTwoIsWhole(store, "batch 4 is missing (the next one is 5), and batch 5 does not continue")
    #expect(store.damagedPartitions[three]?.contains("batch 4 is missing") == true)
    store.close()
  }

  @Test func flippedBitInAnOverflowPageStopsOnePartition() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch, size: 30_000)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/log.db"))
    let place = try #require(bytes.range(of: Data(repeating: 0xA3, count: 3_000)))
    try flipBit(of: directory + "/log.db", at: place.lowerBound + 1_500)
    let store = try openStore(directory)
    expectOnlyTwoIsWhole(store, "wrong checksum")
    store.close()
  }

  @Test func exchangedBatchesStopOnePartition() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try sql(
      directory,
      """
      UPDATE log SET seq = 99 WHERE seq = 4; UPDATE log SET seq = 4 WHERE seq = 5;
      UPDATE log SET seq = 5 WHERE seq = 99;
      """)
    let store = try openStore(directory)
    expectOnlyTwoIsWhole(store, "wrong checksum")
    store.close()
  }

  /// SQLite itself cannot read a page of the table: what is on the others is read.
  @Test func unreadablePageStopsWhatWasOnIt() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    for index in 1...100 as ClosedRange<LogIndex> {
      let bytes = [UInt8](repeating: UInt8(index), count: 600)
      #expect(
        await store.append(
          index % 50 == 7 ? 1 : 2,
          request(entries: [
            entry(index % 50 == 7 ? index / 50 + 1 : index - (index > 57 ? 2 : index > 7 ? 1 : 0), bytes)
          ])
        ).error == nil)
    }
    store.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/log.db"))
    let place = try #require(bytes.range(of: Data(repeating: 30, count: 600)))
    let page = place.lowerBound / 4096 * 4096
    bytes.replaceSubrange(page..<page + 8, with: Data(repeating: 0xFF, count: 8))
    try bytes.write(to: URL(fileURLWithPath: directory + "/log.db"))
    let reopened = try openStore(directory)
    #expect(reopened.damagedPartitions.keys.sorted() == [two])
    #expect(reopened.damagedPartitions[two]?.contains("SQLite cannot read it") == true)
    #expect(reopened.recovered[one]?.entries.count == 2)
    #expect(await reopened.resetPartition(2).error == nil)
    #expect(await reopened.append(2, request(entries: [entry(1)])).error == nil)
    reopened.close()
    let again = try openStore(directory)
    #expect(again.damagedPartitions == [:])
    #expect(again.recovered[two]?.entries == [entry(1)])
    again.close()
  }

  @Test func damagedPartitionIsRefusedUntilItIsReset() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try sql(directory, "DELETE FROM log WHERE seq = 4")
    let store = try openStore(directory, upkeep: busyUpkeep)
    guard case .partitionDamaged(let detail)? = await store.append(1, request(entries: [entry(6)])).error
    else {
      Issue.record("a damaged log was written on")
      return
    }
    #expect(detail.contains("partition 1"))
    #expect(!store.statistics().logFailed)
    #expect(await store.append(2, request(entries: [entry(3)])).error == nil)
    #expect(await store.resetPartition(1).error == nil)
    let loaded = try await store.loadPartition(one)
    #expect(loaded == LoadedPartition())
    #expect(
      await store.append(1, request(base: base(70), resetsLog: true, entries: [entry(71)])).error == nil)
    store.close()

    let again = try openStore(directory)
    #expect(again.damagedPartitions.keys.sorted() == [three])
    #expect(
      again.recovered[one]
        == RecoveredLog(hardState: HardState(), entries: [entry(71)], base: base(70)))
    #expect(again.recovered[two]?.entries.count == 3)
    again.close()
  }

  /// What shows the damage stays until every partition that it hit was reset, however often the node starts.
  @Test func badBatchStaysUntilAllAreReset() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try sql(directory, "DELETE FROM log WHERE seq = 4")
    for round in 0..<2 {
      let store = try openStore(directory, upkeep: busyUpkeep)
      #expect(store.damagedPartitions[three] != nil)
      if round == 0 { #expect(await store.resetPartition(1).error == nil) }
      #expect(
        await store.append(2, request(base: base(LogIndex(round) + 1), entries: [entry(LogIndex(round) + 3)]))
          .error == nil)
      store.close()
      #expect(try numbers(directory).contains(5))
    }
    let store = try openStore(directory, upkeep: busyUpkeep)
    #expect(await store.resetPartition(3).error == nil)
    for index in 5...9 as ClosedRange<LogIndex> {
      #expect(await store.append(2, request(base: base(index - 1), entries: [entry(index)])).error == nil)
    }
    store.close()
    #expect(try !numbers(directory).contains(5))
    let last = try openStore(directory)
    #expect(last.damagedPartitions == [:])
    // Their replicas are not new, although nothing is left of their logs.
    #expect(last.replicaIDs.keys.sorted() == [one, three])
    #expect(last.recovered.keys.sorted() == [two])
    last.close()
  }

  /// The last batch is gone, and nothing follows it. What it had written again for batches that were deleted is missed.
  @Test func lostLastBatchIsMissedWhenItHadCarried() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory, upkeep: busyUpkeep)
    #expect(
      await store.append(1, request(base: base(7), resetsLog: true, hardState: HardState(term: 3))).error
        == nil)
    for index in 1...6 as ClosedRange<LogIndex> {
      #expect(await store.append(2, request(entries: [entry(index)])).error == nil)
    }
    #expect(await store.append(2, request(base: base(6))).error == nil)
    store.close()
    let left = try numbers(directory)
    #expect(!left.contains(1))
    // The quiet partition's hard state and base are only in what was carried.
    try sql(directory, "DELETE FROM log")
    let reopened = try openStore(directory)
    #expect(reopened.damagedPartitions[one]?.contains("hard state is missing") == true)
    #expect(reopened.recovered[one] == nil)
    reopened.close()
  }

  /// All of a partition was in the bad batch: it must not look as if it had never been there.
  @Test func partitionOfNothingButTheBadBatchIsDamaged() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    #expect(await store.append(5, request(hardState: HardState(term: 9))).error == nil)
    store.close()
    try sql(directory, "UPDATE log SET batch = x'02' WHERE seq = 1")
    let reopened = try openStore(directory)
    #expect(reopened.damagedPartitions.keys.sorted() == [PartitionID(rawValue: 5)])
    #expect(reopened.recovered.isEmpty)
    reopened.close()
  }

  /// A bad batch that nobody needs any more is found when it would be deleted: it stays, to be found again at the next start.
  @Test func badOldBatchIsNotDeleted() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    var limits = LogUpkeepLimits()
    limits.walBytes = 200_000
    let store = try openStore(directory, upkeep: limits)
    for index in 1...400 as ClosedRange<LogIndex> {
      let bytes = [UInt8](repeating: index == 3 ? 0xA3 : 1, count: 30_000)
      #expect(await store.append(1, request(entries: [entry(index, bytes)])).error == nil)
    }
    // More went through SQLite's cache since than it holds.
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory + "/log.db"))
    let bytes = try #require(try file.readToEnd())
    let place = try #require(bytes.range(of: Data(repeating: 0xA3, count: 3_000)))
    try file.seek(toOffset: UInt64(place.lowerBound) + 1_500)
    try file.write(contentsOf: [0xA2])
    try file.close()
    #expect(await store.append(1, request(base: base(390))).error == nil)
    #expect(await store.append(2, request(entries: [entry(1)])).error == nil)
    let statistics = store.statistics()
    #expect(statistics.logUpkeepStopped && !statistics.logFailed)
    #expect(statistics.deletedBatches == 0)
    store.close()
    let next = try openStore(directory)
    #expect(next.damagedPartitions[one]?.contains("batch 3, partition 1") == true)
    #expect(next.recovered.keys.sorted() == [two])
    next.close()
  }

  @Test func damagedBeginIsDamageOfAll() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try sql(directory, "UPDATE log_start SET start = x'00'")
    guard case .damaged(let file, _)? = openError(directory) else {
      Issue.record("a log was opened that does not say where it begins")
      return
    }
    #expect(file == directory + "/log.db")
  }

  /// A flipped bit in what declares a table: SQLite opens the file, and the table has another column.
  @Test func damagedDeclarationIsDamageOfAll() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/log.db"))
    let place = try #require(bytes.range(of: Data("start BLOB".utf8)))
    try flipBit(of: directory + "/log.db", at: place.lowerBound)
    guard case .damaged(let file, _)? = openError(directory) else {
      Issue.record("a table with another column was taken for a passing failure")
      return
    }
    #expect(file == directory + "/log.db")
  }

  // MARK: - Files of the first format

  /// Rewrites a store's log as the first version wrote it: no beginning, no checksum of a batch.
  private func makeOld(_ directory: String, without missing: Int64 = -1) throws {
    let queue = try DatabaseQueue(path: directory + "/log.db")
    try queue.write { database in
      for row in try Row.fetchAll(database, sql: "SELECT seq, batch FROM log") {
        let batch: Data = row[1]
        let old = Data([1]) + batch[1..<5] + batch[13...]
        try database.execute(
          sql: "UPDATE log SET batch = ? WHERE seq = ?", arguments: [old, row[0] as Int64])
      }
      try database.execute(sql: "DROP TABLE log_start; DELETE FROM log WHERE seq = \(missing)")
    }
    try queue.close()
  }

  @Test func oldFileOpensAndGoesOn() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try makeOld(directory)
    let store = try openStore(directory, upkeep: busyUpkeep)
    #expect(store.recovered[one]?.entries.count == 5)
    #expect(await store.append(1, request(base: base(5), entries: [entry(6)])).error == nil)
    #expect(await store.append(2, request(base: base(2))).error == nil)
    #expect(await store.append(2, request(entries: [entry(3)])).error == nil)
    store.close()
    let again = try openStore(directory)
    #expect(again.damagedPartitions == [:])
    #expect(again.recovered[one]?.entries == [entry(6)])
    #expect(again.recovered[two]?.entries == [entry(3)])
    #expect(again.recovered[three]?.hardState.term == 4)
    again.close()
  }

  /// It does not say which partitions there were.
  @Test func damageOfAnOldFileIsDamageOfAll() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try makeOld(directory, without: 4)
    guard case .damaged(_, let detail)? = openError(directory) else {
      Issue.record("a bad batch of an old file was passed over")
      return
    }
    #expect(detail.contains("batch 4 is missing") || detail.contains("wrong checksum"), "\(detail)")
  }

  /// Its batches are judged by the chains alone once the file says which partitions there are.
  @Test func badBatchOfTheOldFramingStopsWhatHasNoProof() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await madeDirectory(scratch)
    try makeOld(directory)
    try openStore(directory).close()
    let queue = try DatabaseQueue(path: directory + "/log.db")
    try await queue.write { database in
      try database.execute(sql: "UPDATE log SET batch = substr(batch, 1, 30) || x'77' WHERE seq = 5")
    }
    try queue.close()
    let store = try openStore(directory)
    #expect(store.damagedPartitions.keys.sorted() == [one, three])
    #expect(store.recovered.keys.sorted() == [two])
    store.close()
  }
}
