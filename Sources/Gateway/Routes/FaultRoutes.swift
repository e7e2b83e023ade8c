// `/v1/node/faults`: what is wrong with this node on purpose. Answers only where the configuration allows chaos. A shell.
internal import Hummingbird
internal import Logging
package import NodeStore

/// `GET /v1/node/faults`
package struct FaultsJSON: Encodable, Sendable {
  package var node: String
  package var faults: InjectedFaults
}

/// `PUT /v1/node/faults`: all the faults that there are to be; what is not named ends.
package struct FaultsBody: StrictBody {
  package static let keys = InjectedFaults.CodingKeys.allCases.map(\.rawValue)

  package var faults: InjectedFaults

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: InjectedFaults.CodingKeys.self)
    for key in container.allKeys {
      let allowed = key == .slow || key == .clockOffset ? ["milliseconds"] : []
      let inner = try container.nestedContainer(keyedBy: AnyName.self, forKey: key)
      guard let unknown = inner.allKeys.map(\.stringValue).filter({ !allowed.contains($0) }).min() else {
        continue
      }
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "there is no '\(unknown)'; "
          + (allowed.isEmpty ? "write {}" : "it takes \(allowed.joined(separator: ", "))"))
    }
    faults = try InjectedFaults(from: decoder)
  }

  private struct AnyName: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

struct FaultRoutes: Sendable {
  /// Nil where chaos is forbidden.
  let faults: FaultSwitch?
  let node: String
  let calls: ClusterCalls
  let logger: Logger

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/node/faults", needing: .disrupt) { _, _, _ in
      JSONBody.response(FaultsJSON(node: node, faults: try allowed().current))
    }
    routes.on(.put, "/v1/node/faults", needing: .disrupt) { request, _, caller in
      let faults = try allowed()
      let wanted = try await calls.body(FaultsBody.self, of: request).faults
      if let problem = wanted.problem {
        throw APIError(.unprocessableContent, "invalid", problem)
      }
      set(wanted, faults, caller)
      return JSONBody.response(FaultsJSON(node: node, faults: wanted))
    }
    routes.on(.delete, "/v1/node/faults", needing: .disrupt) { _, _, caller in
      set(InjectedFaults(), try allowed(), caller)
      return JSONBody.response(FaultsJSON(node: node, faults: InjectedFaults()))
    }
  }

  private func set(_ wanted: InjectedFaults, _ faults: FaultSwitch, _ caller: Caller) {
    logger.warning(
      "faults of this node were set through the API",
      metadata: [
        "by": "\(caller.name)",
        "faults": "\(wanted.names.isEmpty ? "none" : wanted.names.joined(separator: ", "))",
      ])
    faults.set(wanted)
  }

  private func allowed() throws(APIError) -> FaultSwitch {
    guard let faults else {
      throw APIError(
        .forbidden, "chaosForbidden",
        "faults cannot be injected into node \(node): its configuration says chaos: forbidden; set chaos: allowed and "
          + "start it again")
    }
    return faults
  }
}
