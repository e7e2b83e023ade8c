// `/v1/node/backup`: makes a backup of the node that is asked, on its own disk.
internal import Hummingbird
internal import NodeStore

/// `POST /v1/node/backup`
package struct BackupBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var name: String

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
  }
}

/// A copy takes longer than a request may: `POST` begins one and `GET` says how far it is.
struct BackupRoute: Sendable {
  let backups: NodeBackups
  let calls: ClusterCalls

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/node/backup", needing: .operate) { _, _, _ in JSONBody.response(backups.status) }
    routes.on(.post, "/v1/node/backup", needing: .operate) { request, _, _ in
      let body = try await calls.body(BackupBody.self, of: request)
      return JSONBody.response(try begin(body.name), status: .accepted)
    }
  }

  private func begin(_ name: String) throws(APIError) -> BackupJSON {
    let begun: BackupJSON?
    do throws(StoreError) {
      begun = try backups.begin(name: name)
    } catch {
      switch error {
      case .backupRefused: throw APIError(.badRequest, "backupRefused", "\(error)")
      default: throw APIError(.internalServerError, "backupFailed", "\(error)")
      }
    }
    guard let begun else {
      throw APIError(
        .conflict, "backupRunning", "another backup is being made; GET the same path until it is done",
        isRetryable: true)
    }
    return begun
  }
}
