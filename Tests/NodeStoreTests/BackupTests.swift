// Backups of a running store, and new clusters out of them.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct BackupTests {
  private let partition = PartitionID(rawValue: 1)
  private let identity = StoreIdentity(cluster: "restored", node: "south", topology: "new")

  private func row(_ key: Int, _ index: UInt64, _ size: Int = 3000) -> ActorRow {
    ActorRow(
      actorType: "Q", actorID: "q", rowKey: "r\(key)", index: index,
      value: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size))
  }

  private func backup(
    _ store: NodeStore, _ path: String, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) async -> Result<BackupDescription, StoreError> {
    await withCheckedContinuation { continuation in
      store.backup(to: path, progress: progress) { continuation.resume(returning: $0) }
    }
  }

  /// Partitions 1 and 2 with rows of some megabytes, and a row in the read model.
  private func filled(_ directory: String) async throws -> NodeStore {
    let store = try openStore(directory, readModels: [GoldenStore.table])
    try await store.append(1, request(hardState: HardState(term: 4), entries: (1...400).map { entry($0) }))
      .get()
    try await store.append(2, request(hardState: HardState(term: 4), entries: (1...9).map { entry($0) }))
      .get()
    for index in 1...300 as ClosedRange<UInt64> {
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: partition, appliedIndex: index, puts: (0..<5).map { row(Int(index) * 5 + $0, index) })
      ).get()
    }
    let change = ReadModelChange(table: "interaction", key: "a", columns: ["state": .text("x")])
    try await store.checkpoint(
      PartitionCheckpoint(
        partition: PartitionID(rawValue: 2), appliedIndex: 9, puts: [row(1, 9)], readModel: [change])
    ).get()
    return store
  }

  /// Checkpoints go on while the copy is made, in the rows that it has already; the copy is of one moment.
  @Test func aBackupOfARunningStoreIsConsistent() async throws {
    let scratch = try ScratchDirectory()
    let store = try await filled(scratch.directory("data"))
    let path = scratch.directory("backup.db")
    let steps = Recorder<Int>()
    let isDone = Recorder<Int>()
    async let result = backup(store, path) { pages, _ in steps.add(pages) }
    // Each checkpoint rewrites the same ten rows, at both ends of the file: all ten show the same index, or it is torn.
    let writing = Task {
      for index in 301...400 as ClosedRange<UInt64> where isDone.all.isEmpty {
        let keys = [5, 6, 7, 8, 9, 1490, 1491, 1492, 1493, 1494]
        try await store.checkpoint(
          PartitionCheckpoint(partition: partition, appliedIndex: index, puts: keys.map { row($0, index) })
        ).get()
      }
    }
    let description = try await result.get()
    isDone.add(1)
    try await writing.value
    #expect(steps.all.count > 2, "the copy was one step: \(steps.all)")
    #expect(steps.all == steps.all.sorted(), "it began anew: \(steps.all)")
    #expect(description.cluster == "test-cluster" && description.node == "node-1")
    #expect(description.partitions.map(\.partition) == [1, 2])
    #expect(description.partitions.map(\.rows) == [1500, 1])
    let point = description.partitions[0].appliedIndex
    #expect(point >= 300)
    #expect(try BackupDescription.read(path) == description)
    let indexes = try await DatabaseQueue(path: path).read { database in
      try Int64.fetchSet(
        database,
        sql:
          "SELECT log_index FROM actor_row WHERE partition = 1 AND row_key IN ('r5', 'r1494', 'r9', 'r1490')")
    }
    #expect(indexes.count == (point == 300 ? 2 : 1), "\(indexes) at \(point)")
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
    #expect(files == ["backup.db", "data"], "one file, and nothing else")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
    store.close()
    #expect(try StoreVerification.run(directory: scratch.directory("data")).findings == [])
  }

  @Test func everyNodeOfANewClusterIsRestoredToTheSamePoint() async throws {
    let scratch = try ScratchDirectory()
    let store = try await filled(scratch.directory("data"))
    let path = scratch.directory("backup.db")
    let description = try await backup(store, path).get()
    let expected = try await store.loadPartition(partition)
    store.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for name in ["south", "west"] {
      let directory = scratch.directory(name)
      let identity = StoreIdentity(cluster: "restored", node: name, topology: "new")
      let point = try StoreRestore.run(
        backup: path, directory: directory, identity: identity, membership: testMembership)
      #expect(point == description)
      #expect(try StoreVerification.run(directory: directory).isClean)
      for start in 1...2 as ClosedRange<UInt64> {
        let restored = try NodeStore.open(
          directory: directory, identity: identity, readModels: [GoldenStore.table])
        #expect(restored.incarnation == start)
        #expect(restored.isNew && !restored.tailWasCut && restored.stateMissing == [])
        let bases = restored.recovered.mapValues(\.base)
        #expect(
          bases == [
            partition: LogBase(index: 300, term: 1, membership: testMembership),
            PartitionID(rawValue: 2): LogBase(index: 9, term: 1, membership: testMembership),
          ])
        #expect(restored.recovered[partition]?.hardState == HardState(term: 1, commit: 300))
        let loaded = try await restored.loadPartition(partition)
        #expect(loaded == expected)
        if start == 2 {
          try await restored.append(1, request(entries: [entry(301, term: 2)])).get()
        }
        restored.close()
      }
      let rows = try NodeStore.readModelRows(directory: directory, table: GoldenStore.table)
      #expect(rows.map(\.key) == ["a"])
      #expect(try StoreVerification.run(directory: directory).findings == [])
    }
    let after = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(after == bytes, "a restore must not change the backup")
  }

  @Test func whatMustNotBeRestoredIsRefused() async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.directory("data")
    let store = try await filled(data)
    let path = scratch.directory("backup.db")
    _ = try await backup(store, path).get()
    let refused = await backup(store, path)
    guard case .failure(.backupRefused(let detail)) = refused else {
      Issue.record("a file was overwritten: \(refused)")
      return
    }
    #expect(detail.contains("there already"))
    store.close()
    func restore(_ from: String, _ to: String, _ identity: StoreIdentity) -> StoreError? {
      do throws(StoreError) {
        try StoreRestore.run(backup: from, directory: to, identity: identity, membership: testMembership)
        return nil
      } catch {
        return error
      }
    }
    let fresh = scratch.directory("fresh")
    let same = StoreIdentity(cluster: "test-cluster", node: "other")
    #expect(restore(path, fresh, same)?.description.contains("a new name") == true)
    #expect(restore(path, data, identity)?.description.contains("empty directory") == true)
    #expect(restore(data + "/state.db", fresh, identity)?.description.contains("no finished backup") == true)
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: "DELETE FROM actor_row WHERE row_key = 'r77'") }
    try queue.close()
    guard case .damaged? = restore(path, fresh, identity) else {
      Issue.record("a backup that lacks a row was restored")
      return
    }
    // No node takes what was left for a new directory.
    #expect(openError(fresh, identity: identity) != nil)
  }

  @Test func backupsHaveAPlaceAndPlainNames() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    #expect(try store.backupPath(named: "2026-01-31_night") == directory + "/backups/2026-01-31_night.db")
    #expect(try store.backupPath(named: "a.db") == directory + "/backups/a.db")
    for name in ["", "..", "../a", "/etc/a", ".hidden", "a b", "a\u{0}", String(repeating: "a", count: 101)] {
      #expect(throws: StoreError.self, "\(name)") { try store.backupPath(named: name) }
    }
    let path = try store.backupPath(named: "a")
    #expect(try await backup(store, path).get().cluster == "test-cluster")
    store.close()
    let mode = try FileManager.default.attributesOfItem(atPath: directory + "/backups")[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o700)
  }

  @Test func aBackupThatTheEndInterruptsLeavesNothing() async throws {
    for _ in 1...20 where try await isInterrupted() { return }
    Issue.record("no backup of 20 was interrupted: each was copied before the store was closed")
  }

  /// False when all was copied before the end: such a backup is finished.
  private func isInterrupted() async throws -> Bool {
    let scratch = try ScratchDirectory()
    let store = try await filled(scratch.directory("data"))
    let path = scratch.directory("backup.db")
    let results = Recorder<Result<BackupDescription, StoreError>>()
    store.backup(to: path) { results.add($0) }
    store.backup(to: path + "2") { results.add($0) }
    while results.all.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    store.close()
    while results.all.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
    guard case .failure(.backupRefused)? = results.all.first else {
      Issue.record("two at once: \(results.all)")
      return true
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
    guard results.all.last == .failure(.closed) else {
      #expect(files == ["backup.db", "data"], "\(results.all)")
      return false
    }
    #expect(files == ["data"])
    #expect(try StoreVerification.run(directory: scratch.directory("data")).findings == [])
    return true
  }
}
