// Faults through the API: who may set them, where, and what is refused.
import Foundation
import Gateway
import NIOHTTP1
import NodeStore
import Synchronization
import Testing

@Suite struct FaultRoutesTests {
  private struct Shown: Decodable {
    var node: String
    var faults: InjectedFaults
  }

  private static let path = "/v1/node/faults"

  @Test func faultsAreSetShownAndTakenBack() async throws {
    let faults = FaultSwitch()
    try await TestCluster.run(faults: faults) { cluster in
      let none = try await cluster.request(.GET, Self.path)
      #expect(none.text == #"{"faults":{},"node":"north"}"#)
      let set = try await cluster.request(
        .PUT, Self.path, body: #"{"disk.slow": {"milliseconds": 3}, "disk.full": {}}"#)
      #expect(set.status == 200)
      #expect(faults.current.names == ["disk.slow", "disk.full"])
      #expect(faults.current.slow == .init(milliseconds: 3))
      let shown = try await cluster.request(.GET, Self.path).json(Shown.self)
      #expect(shown.faults == faults.current)
      let replaced = try await cluster.request(.PUT, Self.path, body: #"{"disk.slow": {"milliseconds": 4}}"#)
      #expect(try replaced.json(Shown.self).faults.names == ["disk.slow"])
      let gone = try await cluster.request(.DELETE, Self.path)
      #expect(gone.status == 200)
      #expect(faults.current == InjectedFaults())
    }
  }

  @Test(arguments: [
    (#"{"disk.slow": {"milliseconds": 0}}"#, 422), (#"{"disk.slow": {}}"#, 400),
    (#"{"disk.slow": {"milliseconds": 5, "seconds": 1}}"#, 400), (#"{"disk.full": {"until": 1}}"#, 400),
    (#"{"clock.offset": {"milliseconds": 9000000000000}}"#, 422), (#"{"clock.offset": {"hours": 1}}"#, 400),
    (#"{"disk.fulll": {}}"#, 400), (#"{"disk.full": true}"#, 400),
  ])
  func whatIsNotUnderstoodChangesNothing(body: String, status: Int) async throws {
    let faults = FaultSwitch()
    try await TestCluster.run(faults: faults) { cluster in
      let answer = try await cluster.request(.PUT, Self.path, body: body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(faults.current == InjectedFaults())
    }
  }

  @Test func onlyAdministratorsMayAndOnlyWhereChaosIsAllowed() async throws {
    let faults = FaultSwitch()
    try await TestCluster.run(faults: faults) { cluster in
      for role in Role.allCases where role != .admin {
        let answer = try await cluster.request(.PUT, Self.path, as: role, body: #"{"disk.full": {}}"#)
        #expect(answer.status == 403)
        #expect(answer.errorCode == "forbidden")
      }
      #expect(try await cluster.request(.GET, Self.path, as: nil).status == 401)
      #expect(faults.current == InjectedFaults())
    }
    try await TestCluster.run { cluster in
      for method in [.GET, .PUT, .DELETE] as [HTTPMethod] {
        let answer = try await cluster.request(method, Self.path, body: "{}")
        #expect(answer.status == 403)
        #expect(answer.errorCode == "chaosForbidden")
        #expect(answer.text.contains("chaos: allowed"))
      }
    }
  }

  /// The hooks are those of the store: a commit of this node becomes slow.
  @Test func aSetFaultReachesTheDiskAndTheMetrics() async throws {
    let faults = FaultSwitch()
    try await TestCluster.run(faults: faults) { cluster in
      _ = try await cluster.request(.PUT, Self.path, body: #"{"disk.slow": {"milliseconds": 120}}"#)
      let created = try await cluster.request(
        .PUT, "/v1/queues/sales", key: UUID().uuidString, body: #"{"limit": 5}"#)
      #expect(created.status == 200)
      #expect(cluster.nodes[0].store.statistics().lastCommitNanoseconds >= 120_000_000)
      // The monitor looks twice a second.
      var metrics = ""
      for _ in 0..<40 where !metrics.contains("switchboard_disk_free_bytes") {
        try await Task.sleep(for: .milliseconds(100))
        metrics = try await cluster.request(.GET, "/metrics").text
      }
      for expected in [
        #"switchboard_disk_level{level="well"} 1"#, #"switchboard_disk_level{level="full"} 0"#,
        "switchboard_disk_free_bytes ", #"switchboard_store_file_bytes{file="log_wal"} "#,
        #"switchboard_log_commit_microseconds{quantile="0.5"} "#, "switchboard_log_full 0",
        "switchboard_checkpoints_total ", "switchboard_log_commits_total ",
      ] {
        #expect(metrics.contains(expected), "\(expected)")
      }
      let report = try await cluster.request(.GET, "/v1/cluster").text
      #expect(report.contains(#""disk":"well""#))
    }
  }

  /// A full disk pauses checkpoints and does not end the node: what could not be written is written later.
  @Test(.timeLimit(.minutes(2)))
  func checkpointsWithoutRoomAreTriedAgain() async throws {
    let refusals = Mutex(2)
    let storeFaults = StoreFaults(beforeCheckpointCommit: { () throws(StoreError) in
      let isFull = refusals.withLock { left in
        left -= 1
        return left >= 0
      }
      if isFull { throw .diskFull(file: "state.db") }
    })
    try await TestCluster.run(partitions: 1, storeFaults: storeFaults) { cluster in
      let store = cluster.nodes[0].store
      _ = try await cluster.request(.PUT, "/v1/queues/sales", key: "1", body: #"{"limit": 5}"#)
      while store.statistics().checkpoints == 0 { try await Task.sleep(for: .milliseconds(50)) }
      #expect(store.statistics().failedCheckpoints == 2)
      // The partition goes on once the disk counts as well again, and with it its later checkpoints.
      while true {
        let later = try await cluster.request(.PUT, "/v1/queues/sales", key: "2", body: #"{"limit": 6}"#)
        if later.status == 200 { break }
        try #require(later.errorCode == "overloaded")
        try await Task.sleep(for: .milliseconds(100))
      }
      while store.statistics().checkpoints < 2 { try await Task.sleep(for: .milliseconds(50)) }
      let loaded = try await store.loadPartition(PartitionID(rawValue: 0))
      #expect(loaded.rows.contains { $0.actorID == "sales" })
    }
  }
}
