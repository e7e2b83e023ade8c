// `/v1/members`: who belongs to the cluster. A shell.
package import ActorCluster
internal import Hummingbird

/// `POST /v1/members`
package struct MemberBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var name: String
  package var peer: String
  package var api: String?
  package var site: String?
  package var replaces: String?
  package var witness: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, peer, api, site, replaces, witness
  }
}

/// `POST /v1/members/{name}/removal`
package struct RemovalBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var fewer: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case fewer
  }
}

/// Changes are asked of the cluster once with each `Idempotency-Key`, as everything else.
struct MemberRoutes: Sendable {
  let system: ClusterSystem
  let calls: ClusterCalls

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/members", needing: .read) { _, _, _ in JSONBody.response(try report()) }
    routes.on(.post, "/v1/members", needing: .operate) { request, _, caller in
      let body = try await calls.body(MemberBody.self, of: request)
      let addition = NodeAddition(
        name: body.name, peer: body.peer, api: body.api, site: body.site, replaces: body.replaces,
        isWitness: body.witness ?? false)
      try await change(request, caller) { try await system.add(addition) }
      return JSONBody.response(try report(), status: .accepted)
    }
    routes.on(.post, "/v1/members/:name/removal", needing: .operate) { request, context, caller in
      let name = try PathSegment.decoded(context.parameters.get("name"))
      let fewer = try await calls.body(RemovalBody.self, of: request).fewer ?? false
      try await change(request, caller) { try await system.remove(name, leavesFewer: fewer) }
      return JSONBody.response(try report(), status: .accepted)
    }
    routes.on(.post, "/v1/members/upgrade", needing: .operate) { request, _, caller in
      try await change(request, caller) { _ = try await system.finishUpgrade() }
      return JSONBody.response(try report())
    }
  }

  private func change(
    _ request: Request, _ caller: Caller, _ work: @Sendable () async throws -> Void
  ) async throws {
    let options = CallOptions(
      command: try calls.command(request, by: caller),
      timeout: try calls.deadline(request).remaining(now: .now))
    try await ClusterSystem.$callOptions.withValue(options) { try await work() }
  }

  private func report() throws(APIError) -> MembershipReport {
    guard let report = system.membership() else {
      throw APIError(
        .serviceUnavailable, "unavailable",
        "this node does not know the members of the cluster yet: a majority of its nodes must be up",
        isRetryable: true)
    }
    return report
  }
}

extension APIError {
  package init(_ refusal: ClusterRefusal) {
    let (status, code): (HTTPResponse.Status, String) =
      switch refusal {
      case .notFounded: (.serviceUnavailable, "unavailable")
      case .unknownNode: (.notFound, "unknownNode")
      case .alreadyMember, .addressTaken, .alreadyFounded: (.conflict, "alreadyExists")
      case .invalid: (.unprocessableContent, "invalid")
      case .tooMany, .lastNode, .wouldLeaveFew: (.conflict, "tooFewOrMany")
      case .wouldLoseQuorum: (.conflict, "wouldLoseQuorum")
      case .alreadyLeaving, .notActive: (.conflict, "notActive")
      case .notAllUpgraded, .nothingToRaise: (.conflict, "levelUnchanged")
      }
    self.init(status, code, "\(refusal)", isRetryable: refusal.isRetryable)
  }
}
