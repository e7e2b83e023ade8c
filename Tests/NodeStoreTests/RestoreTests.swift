// What a restore must leave behind: the old cluster's replicas, its links and its leftovers.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct RestoreTests {
  private let partition = PartitionID(rawValue: 1)
  private let identity = StoreIdentity(cluster: "restored", node: "south", topology: "new")

  private func row(_ index: UInt64) -> ActorRow {
    ActorRow(actorType: "Q", actorID: "q", rowKey: "r", index: index, value: [7])
  }

  /// Of a node whose partition is kept by a replica that was assigned, as after the loss of a disk.
  private func backup(_ scratch: ScratchDirectory) async throws -> String {
    let store = try openStore(scratch.directory("data"))
    try await store.resetPartition(1).get()
    try await store.append(1, request(hardState: HardState(term: 4), entries: (1...9).map { entry($0) }))
      .get()
    let checkpoint = PartitionCheckpoint(partition: partition, appliedIndex: 9, puts: [row(9)])
    try await store.checkpoint(checkpoint).get()
    let path = scratch.directory("backup.db")
    let made: Result<BackupDescription, StoreError> = await withCheckedContinuation { continuation in
      store.backup(to: path) { continuation.resume(returning: $0) }
    }
    store.close()
    #expect(try made.get().partitions.map(\.appliedIndex) == [9])
    return path
  }

  private func restore(_ path: String, _ directory: String) throws {
    try StoreRestore.run(
      backup: path, directory: directory, identity: identity, membership: testMembership)
  }

  private func open(_ directory: String) throws -> NodeStore {
    try NodeStore.open(directory: directory, identity: identity, readModels: [])
  }

  @Test func theOldClustersReplicasAreForgotten() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("new")
    try restore(try await backup(scratch), directory)
    for _ in 1...2 {
      let store = try open(directory)
      #expect(store.unusablePartitions.isEmpty, "nobody could host it")
      #expect(store.replicaIDs.isEmpty && store.recovered[partition]?.base == base(9))
      #expect(try await store.loadPartition(partition).rows == [row(9)])
      store.close()
    }
    #expect(try StoreVerification.run(directory: directory).isClean)
  }

  /// A link to the latest backup, which nobody may write: both are usual where backups are kept.
  @Test func whatALinkLeadsToIsCopied() async throws {
    let scratch = try ScratchDirectory()
    let path = try await backup(scratch)
    let link = scratch.directory("latest.db")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let directory = scratch.directory("new")
    try restore(link, directory)
    let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/state.db")
    #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    try open(directory).close()
    let after = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(after == before, "a restore must not change the backup")
    try restore(link, scratch.directory("other"))
  }

  @Test(arguments: ["state.db-wal", "log.db-wal", "suspect", "log.cut", "assigned-only"])
  func leftoversOfAnotherStoreAreRefused(name: String) async throws {
    let scratch = try ScratchDirectory()
    let path = try await backup(scratch)
    let directory = scratch.directory("new")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data([1]).write(to: URL(fileURLWithPath: directory + "/" + name))
    let error = #expect(throws: StoreError.self) { try restore(path, directory) }
    #expect(error?.description.contains("empty directory") == true)
    #expect(!FileManager.default.fileExists(atPath: directory + "/state.db"))
  }

  @Test func aBackupWithAChangedAppliedIndexIsRefused() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try await backup(scratch).removeFile()
    let queue = try DatabaseQueue(path: directory + "/state.db")
    try await queue.write { try $0.execute(sql: "UPDATE partition_checkpoint SET log_index = 12") }
    try queue.close()
    let store = try openStore(directory)
    let made: Result<BackupDescription, StoreError> = await withCheckedContinuation { continuation in
      store.backup(to: scratch.directory("backup.db")) { continuation.resume(returning: $0) }
    }
    guard case .failure(.damaged) = made else {
      Issue.record("\(made)")
      return
    }
    store.close()
  }

  @Test func tablesAreAdjustedWithGoodChecksums() async throws {
    let scratch = try ScratchDirectory()
    let path = try await backup(scratch)
    let directory = scratch.directory("new")
    let tables = Recorder<[PartitionID: LoadedPartition]>()
    let put = ActorRow(actorType: "$x", actorID: "a", rowKey: "b", index: 9, value: [5])
    _ = try StoreRestore.run(
      backup: path, directory: directory, identity: identity, membership: testMembership,
      adjusting: {
        tables.add($0)
        return [
          PartitionCheckpoint(partition: partition, appliedIndex: 9, puts: [put], deletes: [row(9).key])
        ]
      })
    #expect(tables.all == [[partition: LoadedPartition(appliedIndex: 9)]])
    let store = try open(directory)
    #expect(try await store.loadPartition(partition) == LoadedPartition(appliedIndex: 9, rows: [put]))
    store.close()
  }
}

extension String {
  fileprivate func removeFile() throws { try FileManager.default.removeItem(atPath: self) }
}
