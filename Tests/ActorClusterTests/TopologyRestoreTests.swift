// What `switchboard ctl store restore` does with a topology and a backup, on real directories.
import ActorCluster
import Foundation
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct TopologyRestoreTests {
  private let topology = ClusterTopology(
    name: "new", nodes: [NodeID(rawValue: "north"), NodeID(rawValue: "south")], partitionCount: 4)

  private func backup(_ directory: String, partitions: Int) async throws -> String {
    let store = try NodeStore.open(
      directory: directory + "/old",
      identity: StoreIdentity(cluster: "old", node: "a", topology: "\(partitions) partitions on a"),
      readModels: [])
    defer { store.close() }
    let checkpoint = PartitionCheckpoint(
      partition: PartitionID(rawValue: 2), appliedIndex: 12,
      puts: [
        ActorRow(actorType: "Q", actorID: "q", rowKey: "r", index: 12, value: [1]),
        // It has had three messages of a partition that the backup has not got.
        ActorRow(actorType: Watermarks.rowType, actorID: "1", rowKey: "", index: 12, value: [3]),
      ])
    let written: Result<Void, StoreError> = await withCheckedContinuation { continuation in
      store.checkpoint(checkpoint) { continuation.resume(returning: $0) }
    }
    try written.get()
    // The members of the old cluster.
    let members = PartitionCheckpoint(
      partition: .system, appliedIndex: 7,
      puts: ["member/00001", "settings"].map {
        ActorRow(actorType: ClusterActor.actorType, actorID: "state", rowKey: $0, index: 7, value: [1])
      })
    let known: Result<Void, StoreError> = await withCheckedContinuation { continuation in
      store.checkpoint(members) { continuation.resume(returning: $0) }
    }
    try known.get()
    let path = try store.backupPath(named: "b")
    let made: Result<BackupDescription, StoreError> = await withCheckedContinuation { continuation in
      store.backup(to: path) { continuation.resume(returning: $0) }
    }
    _ = try made.get()
    return path
  }

  @Test func aClusterIsRestoredWithItsOwnReplicas() async throws {
    let scratch = NSTemporaryDirectory() + "ctl-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let backup = try await backup(scratch, partitions: 4)
    let node = try #require(topology.nodes.first)
    let point = try topology.restore(backup: backup, directory: scratch + "/new", node: node)
    #expect(point.partitions.map(\.appliedIndex) == [12, 7])
    let store = try NodeStore.open(
      directory: scratch + "/new",
      identity: StoreIdentity(cluster: "new", node: node.rawValue, topology: topology.fingerprint),
      readModels: [])
    let base = store.recovered[PartitionID(rawValue: 2)]?.base
    #expect(base?.index == 12)
    #expect(base?.membership.voters.map(\.rawValue) == [1, 2])
    let loaded = try await store.loadPartition(PartitionID(rawValue: 2))
    #expect(loaded.rows.map(\.actorType) == ["Q"], "the numbers of messages begin anew")
    let cluster = try await store.loadPartition(.system)
    #expect(cluster.appliedIndex == 7 && cluster.rows.isEmpty, "the new cluster founds itself")
    store.close()
  }

  @Test func anotherNumberOfPartitionsIsRefused() async throws {
    let scratch = NSTemporaryDirectory() + "ctl-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let backup = try await backup(scratch, partitions: 40)
    let node = try #require(topology.nodes.first)
    #expect(throws: StoreError.self) {
      try topology.restore(backup: backup, directory: scratch + "/new", node: node)
    }
    #expect(!FileManager.default.fileExists(atPath: scratch + "/new"))
  }
}
