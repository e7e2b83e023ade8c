// What a store makes of each fault of a disk, by its id in the fault catalogue.
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct DiskFaultTests {
  private let system = VirtualFileSystem(seed: 2)

  /// A store with entries 1 to `count`, each a transaction of its own.
  private func store(_ disk: VirtualDisk, entries count: LogIndex, size: Int = 3) throws -> StoreCore {
    let core = try openCore(disk)
    for index in 1...count {
      #expect(core.write(1, request(entries: [entry(index, [UInt8](repeating: 7, count: size))])) == nil)
    }
    return core
  }

  /// A process that is killed while it writes leaves no doubt, unless the machine went down too: what it wrote is in the
  /// page cache, and what has no end was never acknowledged.
  @Test(arguments: [false, true])
  func unfinishedWriteIsDoubtedOnlyAfterAPowerLoss(losesPower: Bool) throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    try core.confirmLog()
    // Two frames' worth of changes, each a header and a page.
    disk.freeze(afterChanges: 4)
    #expect(core.write(1, request(entries: [entry(6, [UInt8](repeating: 7, count: 20_000))])) != nil)
    if losesPower { disk.crash(keepUnsynced: { _ in .kept }) } else { disk.killProcess() }
    core.abandon()

    let next = try openCore(disk)
    #expect(next.tailWasCut == losesPower)
    #expect(next.lastRecovered(1) == 5)
    #expect(next.openNotes.count == 1)
  }

  /// The bytes that the next write of the log adds are torn.
  @Test func tornTailIsCutAndDoubtedUntilConfirmed() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    try core.confirmLog()
    disk.freeze(afterChanges: 3)
    #expect(core.write(1, request(entries: [entry(6, [UInt8](repeating: 7, count: 20_000))])) != nil)
    disk.crash(keepUnsynced: { _ in .kept })
    core.abandon()

    let torn = try openCore(disk)
    #expect(torn.tailWasCut)
    #expect(!torn.isNew)
    #expect(torn.lastRecovered(1) == 5)
    #expect(torn.openNotes.count == 1)
    // Its first writes are over the trace: the doubt must not go with it.
    #expect(torn.write(1, request(hardState: HardState(term: 3))) == nil)
    disk.crash()
    let again = try openCore(disk)
    #expect(again.tailWasCut)
    #expect(again.openNotes.isEmpty)
    try again.confirmLog()
    disk.crash()
    let confirmed = try openCore(disk)
    #expect(!confirmed.tailWasCut)
    #expect(confirmed.lastRecovered(1) == 5)
  }

  @Test func newIsNewUntilConfirmed() throws {
    let disk = system.disk("a")
    for _ in 0..<2 {
      let core = try openCore(disk)
      #expect(core.isNew && !core.tailWasCut)
      core.close()
    }
    let core = try openCore(disk)
    try core.confirmLog()
    core.close()
    #expect(try !openCore(disk).isNew)
    disk.wipe()
    #expect(try openCore(disk).isNew)
  }

  @Test func flippedBitInTheWALIsDamage() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 9)
    core.abandon()
    // An abandoned real process would leave its WAL; here the crash does.
    let other = system.disk("b")
    let running = try store(other, entries: 9)
    other.crash()
    running.abandon()
    let length = other.size(of: "log.db-wal")
    #expect(length > 9 * 4120)
    other.flipBit("log.db-wal", offset: length - 6 * 4120 + 700)
    guard case .damaged(let file, _)? = openError(other) else {
      Issue.record("a flipped bit was not noticed")
      return
    }
    #expect(file == "/b/log.db-wal")
  }

  @Test func truncatedLogFileIsNoticed() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 200, size: 2000)
    core.close()
    disk.truncate("log.db", to: disk.size(of: "log.db") / 8192 * 4096)
    guard case .damaged? = openError(disk) else {
      Issue.record("a truncated log was opened")
      return
    }
  }

  @Test func fullDiskKeepsWhatWasAcknowledged() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    disk.full(afterBytes: 10_000)
    var last: LogIndex = 5
    var failure: StoreError?
    while failure == nil {
      failure = core.write(1, request(entries: [entry(last + 1)]))
      if failure == nil { last += 1 }
    }
    #expect(failure == .diskFull(file: "/a/log.db"))
    // It stays failed: whatever comes next would leave a gap.
    disk.full(afterBytes: nil)
    #expect(core.write(1, request(entries: [entry(last + 2)])) == failure)
    core.close()
    let again = try openCore(disk)
    #expect(again.suspectedBecause == nil)
    #expect(again.lastRecovered(1) == last)
    #expect(again.write(1, request(entries: [entry(last + 1)])) == nil)
  }

  @Test func failedSyncLeavesSuspicion() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    disk.failNextSync(of: "log.db-wal")
    guard case .syncFailed? = core.write(1, request(entries: [entry(6)])) else {
      Issue.record("a failed sync was acknowledged")
      return
    }
    #expect(core.write(1, request(entries: [entry(7)])) != nil)
    core.abandon()
    // Only the process ends: the page cache may show anything, and the marker says so.
    let restarted = try openCore(disk)
    #expect(restarted.suspectedBecause != nil)
    disk.crash()
    let crashed = try openCore(disk)
    #expect(crashed.suspectedBecause?.contains("log.db") == true)
    #expect(crashed.lastRecovered(1) >= 5)
  }

  @Test func failedWritesAndReadsAreErrors() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    disk.failWrites()
    guard case .io? = core.write(1, request(entries: [entry(6)])) else {
      Issue.record("a failed write was acknowledged")
      return
    }
    disk.crash()
    disk.repair()
    disk.failReads()
    guard case .io? = openError(disk) else {
      Issue.record("an unreadable disk was opened")
      return
    }
    disk.repair()
    #expect(try openCore(disk).lastRecovered(1) == 5)
  }

  @Test func staleRestoreIsAnOlderIncarnation() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    core.close()
    let image = disk.image()
    let later = try openCore(disk)
    #expect(later.write(1, request(entries: [entry(6)])) == nil)
    later.close()
    disk.restore(image)
    let restored = try openCore(disk)
    #expect(restored.incarnation == later.incarnation)
    #expect(restored.lastRecovered(1) == 5)
  }

  @Test func staleRestoreOfTheLogAloneIsNoticed() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 5)
    core.close()
    let image = disk.image()
    let later = try openCore(disk)
    later.close()
    disk.restore(image, only: ["log.db", "log.db-wal"])
    guard case .damaged(_, let detail)? = openError(disk) else {
      Issue.record("an old copy of the log was accepted")
      return
    }
    #expect(detail.contains("old copy"))
  }

  /// The WAL is copied into the file by itself, once it is long: a sync that fails then must not pass unnoticed either.
  @Test(arguments: ["state.db", "state.db-wal"])
  func failedSyncOfALongStateWALIsSuspect(file: String) throws {
    let disk = system.disk("a")
    let core = try openCore(disk)
    disk.failNextSync(of: file)
    var failure: StoreError?
    for index in 1...2000 as ClosedRange<UInt64> where failure == nil {
      let row = ActorRow(actorType: "Q", actorID: "q", rowKey: "r\(index % 9)", index: index, value: [1])
      do throws(StoreError) {
        try core.checkpoint(
          PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: index, puts: [row]))
      } catch {
        failure = error
      }
    }
    guard case .syncFailed? = failure else {
      Issue.record("no checkpoint failed: \(String(describing: failure))")
      return
    }
    #expect(throws: StoreError.self) { try core.syncState() }
    disk.crash()
    #expect(try openCore(disk).suspectedBecause?.contains("state.db") == true)
  }

  /// A power loss may leave a bad frame before a later transaction in a file that is not synced in every commit. With a
  /// compacted log there is nothing to rebuild the file from: what was synced must stay.
  @Test func badFrameOfTheStateIsCutWhenTheLogIsCompacted() throws {
    let disk = system.disk("a")
    let core = try store(disk, entries: 30)
    let partition = PartitionID(rawValue: 1)
    for index in 1...20 as ClosedRange<UInt64> {
      let row = ActorRow(actorType: "Q", actorID: "q", rowKey: "r\(index)", index: index, value: [1])
      try core.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: index, puts: [row]))
      guard index == 10 else { continue }
      #expect(try core.syncState() == [partition: 10])
      #expect(core.write(1, request(base: base(10))) == nil)
    }
    var unsynced = 0
    disk.crash(
      keptNames: { $0 },
      keepUnsynced: { write in
        guard write.file == "state.db-wal" else { return .kept }
        unsynced += 1
        return unsynced == 9 ? .lost : .kept
      })
    #expect(unsynced > 20)
    let after = try openCore(disk)
    let loaded = try after.load(partition)
    #expect(loaded.appliedIndex >= 10 && loaded.appliedIndex < 20)
    #expect(loaded.rows.count == Int(loaded.appliedIndex))
    #expect(after.stateMissing == [])
    #expect(after.openNotes.count == 1, "\(after.openNotes)")
  }

  @Test func directoryIsLockedUntilTheMachineCrashes() throws {
    let disk = system.disk("a")
    let core = try openCore(disk)
    #expect(openError(disk) == .locked(file: "/a/lock"))
    disk.crash()
    let next = try openCore(disk)
    core.close()
    #expect(next.write(1, request(entries: [entry(1)])) == nil)
    #expect(core.write(1, request(entries: [entry(1)])) == .closed)
  }

  @Test func threadsWorkOnAVirtualDiskToo() async throws {
    let disk = system.disk("a")
    let store = try NodeStore.open(
      directory: disk.directory, identity: testIdentity, readModels: [], faults: .none, files: disk.files)
    #expect(store.isNew)
    let error = await store.append(1, request(entries: [entry(1)])).error
    #expect(error == nil)
    let confirmation = await withCheckedContinuation { continuation in
      store.confirmLog { continuation.resume(returning: $0) }
    }
    #expect(confirmation.error == nil)
    disk.crash()
    store.close()
    let core = try openCore(disk)
    #expect(core.lastRecovered(1) == 1)
    #expect(!core.isNew)
  }
}
