// `/v1/node/backup` on a real node: only for admins, one at a time, and what it makes is a backup.
import Foundation
import Gateway
import NIOHTTP1
import NodeStore
import Testing

@Suite(.serialized) struct BackupRouteTests {
  @Test func aRunningNodeMakesABackup() async throws {
    try await TestCluster.run { cluster in
      let refused = try await cluster.request(.POST, "/v1/node/backup", as: .agent, body: #"{"name":"a"}"#)
      #expect(refused.status == 403)
      #expect(try await cluster.request(.GET, "/v1/node/backup").json(BackupJSON.self).state == .none)
      let badName = try await cluster.request(.POST, "/v1/node/backup", body: #"{"name":"../a"}"#)
      #expect(badName.status == 400)
      #expect(badName.errorCode == "backupRefused")
      _ = try await cluster.request(.PUT, "/v1/queues/sales", key: "q", body: #"{"limit":100}"#)
      let begun = try await cluster.request(.POST, "/v1/node/backup", body: #"{"name":"a"}"#)
      #expect(begun.status == 202, "\(begun.text)")
      let path = try #require(try begun.json(BackupJSON.self).path)
      #expect(path.hasSuffix("/backups/a.db"))
      var status = try begun.json(BackupJSON.self)
      while status.state == .running {
        try await Task.sleep(for: .milliseconds(20))
        status = try await cluster.request(.GET, "/v1/node/backup").json(BackupJSON.self)
      }
      #expect(status.state == .done, "\(status)")
      #expect(status.backup?.cluster == "test")
      #expect(try BackupDescription.read(path) == status.backup)
      let again = try await cluster.request(.POST, "/v1/node/backup", body: #"{"name":"a"}"#)
      #expect(again.status == 202)
      repeat {
        try await Task.sleep(for: .milliseconds(20))
        status = try await cluster.request(.GET, "/v1/node/backup").json(BackupJSON.self)
      } while status.state == .running
      #expect(status.state == .failed)
      #expect(status.problem?.contains("there already") == true, "\(status)")
    }
  }
}
