// Damage of the state file that no row of an actor shows: what a start and a compaction rest on.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct StateDamageTests {
  private func change(_ file: String, _ sql: String) async throws {
    let queue = try DatabaseQueue(path: file)
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  private func golden(_ scratch: ScratchDirectory) async throws -> String {
    let directory = scratch.directory("golden")
    try await GoldenStore.make(in: directory)
    return directory
  }

  private func open(_ directory: String) throws -> NodeStore {
    try NodeStore.open(
      directory: directory, identity: GoldenStore.identity, readModels: [GoldenStore.table])
  }

  /// A start that believed it would put a snapshot that never was in the place of the log.
  @Test(arguments: ["log_index = 4000", "log_index = 'x'", "log_term = 9", "membership = 7", "partition = 1"])
  func aChangedMarkerVoidsNoLog(change what: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await golden(scratch)
    try await change(directory + "/state.db", "UPDATE partition_snapshot SET \(what)")
    for _ in 1...2 {
      let store = try open(directory)
      let log = store.recovered[PartitionID(rawValue: 3)]
      #expect(log?.base == GoldenStore.snapshotBase && log?.entries.map(\.index) == [41, 42])
      #expect(store.recovered[PartitionID(rawValue: 1)]?.entries.count == 6)
      #expect(store.unusablePartitions.keys.map(\.rawValue) == [what == "partition = 1" ? 1 : 3])
      store.close()
    }
  }

  @Test(arguments: ["log_index = 5000", "log_index = 'x'", "partition = 9"])
  func aChangedCheckpointCompactsNothing(change what: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await golden(scratch)
    try await change(
      directory + "/state.db", "UPDATE partition_checkpoint SET \(what) WHERE partition = 1")
    let store = try open(directory)
    let synced: Result<[PartitionID: UInt64], StoreError> = await withCheckedContinuation { continuation in
      store.syncState { continuation.resume(returning: $0) }
    }
    #expect(try synced.get() == [PartitionID(rawValue: 2): 5, PartitionID(rawValue: 3): 40])
    await #expect(throws: StoreError.self) { try await store.loadPartition(PartitionID(rawValue: 1)) }
    store.close()
  }

  @Test(arguments: [
    ("state.db", "INSERT INTO partition_replica VALUES(1, 'x')"),
    ("log.db", "INSERT INTO replica VALUES(1, 'x')"),
    ("log.db", "INSERT INTO peer VALUES('south', 1, 'x', 3, 4, '')"),
  ])
  func valuesOfAnotherTypeAreDamage(file: String, sql: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await golden(scratch)
    try await change(directory + "/" + file, sql)
    let error = #expect(throws: StoreError.self) { try open(directory) }
    guard case .damaged(directory + "/" + file, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  // MARK: the WAL

  /// A killed node whose log begins after entry 1: its state file's WAL holds all its rows, and was copied into the file or not.
  private func killed(_ scratch: ScratchDirectory, copied: Bool) async throws -> String {
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    let state = URL(fileURLWithPath: directory + "/state.db")
    try await store.append(1, request(entries: (1...200).map { entry($0) })).get()
    let empty = try Data(contentsOf: state).count
    var index: UInt64 = 0
    while index < (copied ? 200 : 6), try Data(contentsOf: state).count == empty {
      index += 1
      let rows = (0..<30).map {
        ActorRow(
          actorType: "Q", actorID: "\(index)", rowKey: "\($0)", index: index,
          value: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 4000))
      }
      let checkpoint = PartitionCheckpoint(
        partition: PartitionID(rawValue: 1), appliedIndex: index, puts: rows)
      try await store.checkpoint(checkpoint).get()
      if index == 1 { try await store.append(1, request(base: base(1))).get() }
    }
    #expect(index < 200 && index >= 6)
    let image = try scratch.image(of: directory, named: "image")
    store.close()
    let wal = image + "/state.db-wal"
    let frames = try Data(contentsOf: URL(fileURLWithPath: wal)).count / (4096 + 24)
    try flipBit(of: wal, at: 32 + frames / 2 * (4096 + 24) + 24 + 100)
    return image
  }

  /// The frames before the bad one are older than the file: the two together are of no moment.
  @Test func aBadFrameOfAWALThatWasCopiedMixesNothing() async throws {
    let scratch = try ScratchDirectory()
    let image = try await killed(scratch, copied: true)
    let verification = try StoreVerification.run(directory: image)
    #expect(verification.findings.contains { $0.kind == .damage && $0.file == image + "/state.db-wal" })
    let store = try openStore(image)
    #expect(store.stateMissing == [PartitionID(rawValue: 1)], "\(store.openNotes)")
    #expect(try await store.loadPartition(PartitionID(rawValue: 1)) == LoadedPartition())
    store.close()
  }

  /// As a power loss leaves it: the rows before the bad frame are of one moment.
  @Test func aBadFrameOfAWALThatWasNotCopiedIsWhereItIsCut() async throws {
    let scratch = try ScratchDirectory()
    let image = try await killed(scratch, copied: false)
    let verification = try StoreVerification.run(directory: image)
    #expect(!verification.findings.contains { $0.file == image + "/state.db-wal" && $0.kind == .damage })
    let store = try openStore(image)
    #expect(store.openNotes.contains { $0.contains("it is cut there") }, "\(store.openNotes)")
    let loaded = try await store.loadPartition(PartitionID(rawValue: 1))
    #expect((1..<6).contains(loaded.appliedIndex) && loaded.rows.count == 30 * Int(loaded.appliedIndex))
    store.close()
  }

  /// Free pages that cannot be given back are asked for once, not forever.
  @Test func aFileWithoutAutoVacuumIsLeftAsItIs() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try openStore(directory).close()
    let queue = try DatabaseQueue(path: directory + "/state.db")
    try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA auto_vacuum = 0; VACUUM") }
    try queue.close()
    let store = try openStore(directory)
    let rows = (0..<100).map {
      ActorRow(
        actorType: "Q", actorID: "q", rowKey: "\($0)", index: 1, value: [UInt8](repeating: 1, count: 100_000))
    }
    let partition = PartitionID(rawValue: 1)
    try await store.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 1, puts: rows)).get()
    try await store.checkpoint(
      PartitionCheckpoint(partition: partition, appliedIndex: 2, deletes: rows.map(\.key))
    ).get()
    var tries = 0
    while store.statistics().pendingStateJobs > 0, tries < 200 {
      tries += 1
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(store.statistics().pendingStateJobs == 0, "the queue never rests")
    store.close()
  }
}
