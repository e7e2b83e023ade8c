// `/v1/alarms`: the alarms of the node that is asked, and their acknowledgment. A shell; `AlarmBoard` decides.
internal import Alarms
internal import Hummingbird

/// `POST /v1/alarms/{id}/acknowledge`
package struct AcknowledgeBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  /// For those who see the alarm later.
  package var note: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case note
  }
}

struct AlarmRoutes: Sendable {
  let alarms: AlarmCenter
  let calls: ClusterCalls

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/alarms", needing: .watch) { _, _, _ in JSONBody.response(alarms.list) }
    routes.on(.post, "/v1/alarms/:id/acknowledge", needing: .acknowledge) { request, context, caller in
      let id = try calls.id(context)
      let body = try await calls.body(AcknowledgeBody.self, of: request)
      do throws(AlarmRefusal) {
        return JSONBody.response(
          AlarmReport(try alarms.acknowledge(id, by: caller.name, note: body.note)))
      } catch {
        throw APIError(error)
      }
    }
  }
}

extension APIError {
  init(_ refusal: AlarmRefusal) {
    switch refusal {
    case .unknown: self.init(.notFound, "unknownAlarm", "\(refusal)")
    case .over: self.init(.conflict, "alarmOver", "\(refusal)")
    case .acknowledged: self.init(.conflict, "alreadyAcknowledged", "\(refusal)")
    case .invalidNote: self.init(.unprocessableContent, "invalid", "\(refusal)")
    }
  }
}
