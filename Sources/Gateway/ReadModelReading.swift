// What the gateway needs of the node's SQL read models: a seam, so that it does not know the files.

/// Reads what is listed rather than called: the read models of this node, which may be a moment behind.
public protocol ReadModelReading: Sendable {
  /// The ids of all queues, in order.
  func queueIDs() async throws -> [String]
  /// Agents in order of id, at most `limit`.
  func agents(limit: Int) async throws -> [AgentRow]
}

/// An agent as the read model has it. The JSON of `GET /v1/agents` has these fields.
public struct AgentRow: Codable, Equatable, Sendable {
  public var id: String
  /// `signedOut`, `notReady` or `ready`.
  public var state: String
  public var reason: String?
  /// Interactions that it holds.
  public var slots: Int
  /// `chat=4 voice=1`.
  public var capacity: String
  /// Offers missed in a row.
  public var misses: Int

  public init(id: String, state: String, reason: String?, slots: Int, capacity: String, misses: Int) {
    self.id = id
    self.state = state
    self.reason = reason
    self.slots = slots
    self.capacity = capacity
    self.misses = misses
  }
}
