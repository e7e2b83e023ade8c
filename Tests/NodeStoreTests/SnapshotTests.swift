// Snapshots: their bytes, their installation, and what a crash in the middle of it leaves.
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct SnapshotTests {
  private let disk = VirtualFileSystem(seed: 4).disk("a")
  private let partition = PartitionID(rawValue: 1)
  private let other = PartitionID(rawValue: 2)
  private let table = ReadModelTable(
    name: "interaction", keyColumn: "id",
    columns: [
      ReadModelColumn(name: "state", kind: .text), ReadModelColumn(name: "waited", kind: .integer),
      ReadModelColumn(name: "score", kind: .real),
    ])

  private func row(_ key: String, _ index: UInt64, _ value: [UInt8] = [1, 2]) -> ActorRow {
    ActorRow(actorType: "Queue", actorID: "q", rowKey: key, index: index, value: value)
  }

  private func change(_ key: String, _ columns: [String: SQLValue]) -> ReadModelChange {
    ReadModelChange(table: "interaction", key: key, columns: columns)
  }

  private let sample = PartitionSnapshot(
    appliedIndex: 40,
    rows: [
      ActorRow(actorType: "Agent", actorID: "Ärger", rowKey: "", index: 12, value: []),
      ActorRow(actorType: "Queue", actorID: "q", rowKey: "new", index: 40, value: [0, 255, 7]),
    ],
    readModel: [
      SnapshotReadModelRow(
        table: "interaction", key: "n",
        index: 39, columns: ["state": .text("waiting"), "waited": .integer(-4), "score": .real(0.25)]),
      SnapshotReadModelRow(table: "interaction", key: "o", index: 3, columns: [:]),
    ])

  /// Entries 1 to 5, a checkpoint at 5 of this partition and one of another, all durable.
  private func prepared() throws -> StoreCore {
    let core = try openCore(disk, readModels: [table])
    #expect(core.write(1, request(hardState: HardState(term: 1), entries: (1...5).map { entry($0) })) == nil)
    #expect(core.write(2, request(entries: (1...5).map { entry($0) })) == nil)
    try core.checkpoint(
      PartitionCheckpoint(
        partition: partition, appliedIndex: 5, puts: [row("old", 2), row("new", 5)],
        readModel: [change("a", ["state": .text("x")]), change("n", ["waited": .integer(1)])]))
    try core.checkpoint(
      PartitionCheckpoint(
        partition: other, appliedIndex: 4, puts: [row("old", 2)],
        readModel: [change("z", ["score": .real(1)])]))
    return core
  }

  private let oldState = PartitionSnapshot(
    appliedIndex: 5,
    rows: [
      ActorRow(actorType: "Queue", actorID: "q", rowKey: "new", index: 5, value: [1, 2]),
      ActorRow(actorType: "Queue", actorID: "q", rowKey: "old", index: 2, value: [1, 2]),
    ],
    readModel: [
      SnapshotReadModelRow(table: "interaction", key: "a", index: 5, columns: ["state": .text("x")]),
      SnapshotReadModelRow(table: "interaction", key: "n", index: 5, columns: ["waited": .integer(1)]),
    ])

  private func state(_ core: StoreCore) throws -> PartitionSnapshot {
    try PartitionSnapshot(encoded: core.readSnapshot(partition).bytes)
  }

  private func install(
    _ snapshot: PartitionSnapshot, at base: LogBase, into core: StoreCore
  ) throws {
    try core.installSnapshot(partition, base: base, bytes: try snapshot.encoded())
  }

  // MARK: - Bytes

  @Test func bytesComeBack() throws {
    let bytes = try sample.encoded()
    #expect(try PartitionSnapshot(encoded: bytes) == sample)
    #expect(try sample.encoded() == bytes)
    let empty = PartitionSnapshot(appliedIndex: 0)
    #expect(try PartitionSnapshot(encoded: empty.encoded()) == empty)
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let bytes = try sample.encoded()
    for offset in bytes.indices {
      var bent = bytes
      bent[offset] ^= 1 << UInt8(offset % 8)
      #expect(throws: SnapshotDecodingError.self) { try PartitionSnapshot(encoded: bent) }
    }
    for length in 0..<bytes.count {
      #expect(throws: SnapshotDecodingError.self) {
        try PartitionSnapshot(encoded: Array(bytes.prefix(length)))
      }
    }
  }

  /// Golden: what this version sends, later versions must read.
  @Test func bytesStayWhatTheyAre() throws {
    let small = PartitionSnapshot(appliedIndex: 2, rows: [row("k", 1)])
    let bytes = try small.encoded()
    #expect(
      bytes == [
        0x01, 0xA3, 0x00, 0x02, 0x01, 0x81, 0xA5, 0x00, 0x65, 0x51, 0x75, 0x65, 0x75, 0x65, 0x01, 0x61, 0x71,
        0x02, 0x61, 0x6B, 0x03, 0x01, 0x04, 0x42, 0x01, 0x02, 0x02, 0x80,
      ] + bytes.suffix(8), "\(bytes)")
  }

  // MARK: - Installation

  @Test func installReplacesThePartitionAndNothingElse() throws {
    let core = try prepared()
    #expect(try state(core) == oldState)
    let untouched = try core.readSnapshot(other)
    try install(sample, at: base(40, term: 3), into: core)
    #expect(try state(core) == sample)
    #expect(try core.readSnapshot(other) == untouched)
    #expect(try core.load(partition) == LoadedPartition(appliedIndex: 40, rows: sample.rows))
    // Into another store it goes over the wire.
    let copy = try openCore(VirtualFileSystem(seed: 5).disk("b"), readModels: [table])
    try copy.installSnapshot(
      partition, base: base(40, term: 3), bytes: try core.readSnapshot(partition).bytes)
    #expect(try state(copy) == sample)
  }

  @Test func olderSnapshotsAreRefused() throws {
    let core = try prepared()
    var old = sample
    old.appliedIndex = 4
    #expect(refusal(of: try old.encoded(), at: 4, by: core) == true)
    #expect(refusal(of: try sample.encoded(), at: 41, by: core) == true)
    #expect(try state(core) == oldState)
    try core.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 5))
  }

  /// Whether the store says that the snapshot is unusable: its own disk is well.
  private func refusal(of bytes: [UInt8], at index: LogIndex, by core: StoreCore) -> Bool {
    do throws(StoreError) {
      try core.installSnapshot(partition, base: base(index), bytes: bytes)
      return false
    } catch {
      guard case .unusableSnapshot = error else { return false }
      return true
    }
  }

  @Test func damagedSnapshotsAreRefusedAndTheStoreGoesOn() throws {
    let core = try prepared()
    var bytes = try sample.encoded()
    bytes[3] ^= 1
    #expect(refusal(of: bytes, at: 40, by: core))
    #expect(refusal(of: [], at: 40, by: core))
    #expect(try state(core) == oldState)
    try install(sample, at: base(40), into: core)
    #expect(try state(core) == sample)
  }

  @Test func unknownReadModelsAreLeftOut() throws {
    let core = try openCore(disk)
    try install(sample, at: base(40), into: core)
    #expect(try state(core).readModel == [])
    #expect(try state(core).rows == sample.rows)
  }

  /// Between any two changes of the disk, with every way to lose what was not synced.
  @Test(arguments: 0..<5)
  func crashWhileInstallingLeavesTheOldOrTheNew(way: Int) throws {
    var random = SplitMix64(seed: UInt64(way))
    var installed = 0
    for changes in 0..<60 {
      disk.wipe()
      let core = try prepared()
      _ = try core.syncState()
      disk.freeze(afterChanges: changes)
      var isAcknowledged = false
      do {
        try install(sample, at: base(40, term: 3), into: core)
        isAcknowledged = true
      } catch {}
      let isInLog =
        isAcknowledged && core.write(1, request(base: base(40, term: 3), resetsLog: true)) == nil
      switch way {
      case 0: disk.crash()
      case 1: disk.crash(keptNames: { $0 }, keepUnsynced: { _ in .kept })
      default: disk.crash(using: &random)
      }
      core.abandon()

      let after = try openCore(disk, readModels: [table])
      let state = try state(after)
      let log = after.recovered[partition]
      if state == sample {
        installed += 1
        #expect(log?.base == base(40, term: 3) && log?.entries == [], "after \(changes) changes")
        #expect(log?.hardState.term == (isInLog ? 1 : 3) || log?.hardState.term == 1)
        // And the log goes on from there.
        #expect(after.write(1, request(entries: [entry(41, term: 3)])) == nil)
      } else {
        #expect(state == oldState, "after \(changes) changes")
        #expect(!isAcknowledged, "after \(changes) changes an installed snapshot is lost")
        #expect(log?.base == nil && log?.entries.count == 5, "after \(changes) changes")
      }
      #expect(after.recovered[other]?.entries.count == 5)
      #expect(after.stateMissing == [])
      disk.crash()
      let again = try openCore(disk, readModels: [table])
      #expect(again.recovered[partition]?.base == log?.base, "after \(changes) changes")
      #expect(again.openNotes.isEmpty, "\(again.openNotes)")
    }
    #expect(installed > 5 && installed < 60)
  }

  @Test func repairRaisesTheTermAndForgetsTheVote() throws {
    let core = try prepared()
    #expect(
      core.write(1, request(hardState: HardState(term: 2, vote: ReplicaID(rawValue: 3), commit: 5))) == nil)
    try install(sample, at: base(40, term: 3), into: core)
    disk.crash()
    let after = try openCore(disk, readModels: [table])
    #expect(
      after.recovered[partition]
        == RecoveredLog(
          hardState: HardState(term: 3, vote: nil, commit: 40), entries: [], base: base(40, term: 3)))
    #expect(after.openNotes.count == 1)
  }

  @Test func repairKeepsTheDoubt() throws {
    let core = try prepared()
    let doubtful = HardState(term: 2, vote: ReplicaID(rawValue: 3), commit: 5, doubt: .damaged)
    #expect(core.write(1, request(hardState: doubtful)) == nil)
    try install(sample, at: base(40, term: 3), into: core)
    disk.crash()
    let after = try openCore(disk, readModels: [table])
    #expect(
      after.recovered[partition]?.hardState == HardState(term: 3, vote: nil, commit: 40, doubt: .damaged))
  }

  @Test func logThatHoldsTheSnapshotIsKept() throws {
    let core = try prepared()
    var snapshot = sample
    snapshot.appliedIndex = 5
    try install(snapshot, at: base(5), into: core)
    disk.crash()
    let log = try openCore(disk, readModels: [table]).recovered[partition]
    #expect(log?.base == nil && log?.entries.count == 5)
  }

  // MARK: - Durable checkpoints

  @Test func onlySyncedCheckpointsAreSureToSurvive() throws {
    let core = try prepared()
    #expect(try core.syncState() == [partition: 5, other: 4])
    try core.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 5, puts: [row("x", 5)]))
    disk.crash()
    let after = try openCore(disk, readModels: [table])
    #expect(try state(after) == oldState)
    #expect(try after.load(other).appliedIndex == 4)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func syncedCheckpointsSurviveAnyCrash(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var synced: UInt64 = 0
    var next: UInt64 = 1
    for _ in 0..<8 {
      let core = try openCore(disk)
      let applied = try core.load(partition).appliedIndex
      #expect(applied >= synced, "seed \(seed)")
      #expect(core.stateMissing == [], "seed \(seed)")
      let end = core.lastRecovered(1)
      next = max(end, core.recovered[partition]?.base?.index ?? 0) + 1
      disk.freeze(afterChanges: Int.random(in: 5..<400, using: &random))
      var checkpoint = applied
      for _ in 0..<200 {
        guard core.write(1, request(entries: [entry(next)])) == nil else { break }
        next += 1
        guard Bool.random(using: &random) else { continue }
        let big = [UInt8](repeating: 4, count: Int.random(in: 0..<30_000, using: &random))
        let key = "k\(Int.random(in: 0..<9, using: &random))"
        let change = PartitionCheckpoint(
          partition: partition, appliedIndex: next - 1, puts: [row(key, next - 1, big)])
        guard (try? core.checkpoint(change)) != nil else { break }
        checkpoint = next - 1
        if Int.random(in: 0..<6, using: &random) == 0 {
          guard let durable = try? core.syncState() else { break }
          #expect(durable[partition] == checkpoint, "seed \(seed)")
          synced = checkpoint
          guard core.write(1, request(base: base(synced))) == nil else { break }
        }
      }
      disk.crash(using: &random)
      core.abandon()
    }
  }

  @Test func failedSyncOfTheStateIsFinal() throws {
    let core = try prepared()
    disk.failNextSync(of: "state.db-wal")
    #expect(throws: StoreError.self) { try core.syncState() }
    #expect(throws: StoreError.self) { try core.syncState() }
    #expect(throws: StoreError.self) {
      try core.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 6))
    }
    disk.crash()
    #expect(try openCore(disk, readModels: [table]).suspectedBecause?.contains("state.db") == true)
  }

  @Test func lostStateBelowACompactedLogIsSaid() throws {
    let core = try prepared()
    _ = try core.syncState()
    #expect(core.write(1, request(base: base(5))) == nil)
    core.close()
    try disk.files.remove("/a/state.db")
    let after = try openCore(disk, readModels: [table])
    #expect(after.stateMissing == [partition])
  }

  @Test func threadsDoTheSame() async throws {
    let store = try NodeStore.open(
      directory: disk.directory, identity: testIdentity, readModels: [table], faults: .none, files: disk.files
    )
    let bytes = try sample.encoded()
    let result = await withCheckedContinuation { continuation in
      store.installSnapshot(partition, base: base(40), bytes: bytes) { continuation.resume(returning: $0) }
    }
    #expect(result.error == nil)
    let read = await withCheckedContinuation { continuation in
      store.readSnapshot(partition) { continuation.resume(returning: $0) }
    }
    #expect(try read.get() == EncodedSnapshot(appliedIndex: 40, bytes: bytes))
    let synced = await withCheckedContinuation { continuation in
      store.syncState { continuation.resume(returning: $0) }
    }
    #expect(try synced.get() == [partition: 40])
    store.close()
  }
}
