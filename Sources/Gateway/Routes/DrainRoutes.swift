// `/v1/node/drain` and `/v1/node/transfer`: takes a node out of service in order, and hands single leaderships over. A shell.
package import ActorCluster
internal import Hummingbird
internal import Logging
internal import NodeStore
internal import PeerTransport

/// `GET /v1/node/drain`
package struct DrainJSON: Codable, Equatable, Sendable {
  package var node: String
  package var state: DrainPhase
  /// Partitions that the node still leads while it is drained; empty while it is not.
  package var leads: [UInt32]
  package var milliseconds: Int64
  /// Whether the process may be stopped without anybody noticing.
  package var safeToStop: Bool
  /// Why it does not get on, if it does not.
  package var obstacle: String?
  /// What would be without a majority if the process were stopped, if anything would: a forced drain.
  package var warning: String?

  /// - Parameter problem: what is against stopping the node.
  package init(node: String, _ status: DrainStatus, problem: String?) {
    self.node = node
    state = status.phase
    leads = status.leads.map(\.rawValue)
    milliseconds = status.milliseconds
    safeToStop = status.phase == .drained && problem == nil
    warning = status.phase == .active ? nil : problem
    obstacle = status.obstacle
  }
}

/// `POST /v1/node/drain`
package struct DrainBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  /// Also where the other nodes have no majority without this one.
  package var force: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case force
  }
}

/// `POST /v1/node/transfer`
package struct TransferBody: StrictBody {
  package static let keys = CodingKeys.allCases.map(\.rawValue)

  package var partition: UInt32
  /// The node that is to lead it.
  package var to: String

  enum CodingKeys: String, CodingKey, CaseIterable {
    case partition, to
  }
}

/// The answer to it.
package struct TransferJSON: Codable, Equatable, Sendable {
  package var partition: UInt32
  package var leader: String
  package var milliseconds: Double
}

struct DrainRoutes: Sendable {
  let system: ClusterSystem
  let calls: ClusterCalls
  let logger: Logger

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/node/drain", needing: .operate) { _, _, _ in JSONBody.response(try await status()) }
    routes.on(.post, "/v1/node/drain", needing: .operate) { request, _, caller in
      let body = try await calls.body(DrainBody.self, of: request)
      do throws(DrainRefused) {
        try await system.beginDrain(force: body.force ?? false)
      } catch {
        throw APIError(.conflict, "drainUnsafe", "\(error), or drain it all the same with \"force\": true")
      }
      logger.notice("a drain was asked for through the API", metadata: ["by": "\(caller.name)"])
      return JSONBody.response(try await status(), status: .accepted)
    }
    routes.on(.delete, "/v1/node/drain", needing: .operate) { _, _, caller in
      system.endDrain()
      logger.notice("the end of a drain was asked for through the API", metadata: ["by": "\(caller.name)"])
      return JSONBody.response(try await status())
    }
    routes.on(.post, "/v1/node/transfer", needing: .operate) { request, _, caller in
      let body = try await calls.body(TransferBody.self, of: request)
      logger.notice(
        "a leadership is handed over through the API",
        metadata: ["by": "\(caller.name)", "partition": "\(body.partition)", "to": "\(body.to)"])
      return JSONBody.response(try await transfer(body))
    }
  }

  private func status() async throws(APIError) -> DrainJSON {
    guard let status = system.drainStatus else {
      throw APIError(.notImplemented, "notANode", "this is no node")
    }
    return DrainJSON(node: system.node.rawValue, status, problem: await system.stopProblem())
  }

  private func transfer(_ body: TransferBody) async throws(APIError) -> TransferJSON {
    let begun = ContinuousClock.now
    do throws(TransferRefused) {
      try await system.transfer(PartitionID(rawValue: body.partition), to: NodeID(rawValue: body.to))
    } catch {
      throw APIError(error)
    }
    let taken = begun.duration(to: .now) / .milliseconds(1)
    return TransferJSON(partition: body.partition, leader: body.to, milliseconds: taken)
  }
}

extension APIError {
  package init(_ refused: TransferRefused) {
    let (status, code): (HTTPResponse.Status, String) =
      switch refused {
      case .unknownPartition: (.notFound, "unknownPartition")
      case .unknownNode: (.notFound, "unknownNode")
      case .notLeader: (.conflict, "notLeader")
      case .unfit: (.conflict, "unfit")
      case .busy: (.conflict, "transferring")
      case .notTaken: (.serviceUnavailable, "notTaken")
      }
    self.init(status, code, "\(refused)", isRetryable: refused.isRetryable)
  }

  /// What is for another node to do.
  package static let draining = APIError(
    .serviceUnavailable, "draining", "this node is being drained: ask another one", isRetryable: true,
    retryAfterMs: 200)
}
