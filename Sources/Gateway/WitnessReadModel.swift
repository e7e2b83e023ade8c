// What a witness has to list: nothing, and it says so. Pure.
internal import Hummingbird

/// In the place of a read model on a node that keeps only the log.
struct WitnessReadModel: ReadModelReading {
  static let refusal = APIError(
    .serviceUnavailable, "witness",
    "this node is a witness: it keeps the log and has no state to show; ask another node of /v1/cluster")

  func queueIDs() async throws -> [String] { throw Self.refusal }
  func agents(limit: Int) async throws -> [AgentRow] { throw Self.refusal }
}
