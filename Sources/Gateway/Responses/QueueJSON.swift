// Queues as the API shows them.
package import ContactCenter

package struct QueueJSON: Codable, Equatable, Sendable {
  package var id: String
  package var requiredSkill: String?
  package var limit: Int
  package var waiting: [Channel: Int]
  package var waitingTotal: Int
  package var reserving: Int
  package var longestWaitMs: Int64
  package var agentsSignedIn: Int
  package var agentsAvailable: Int

  init(_ status: QueueStatus) {
    id = status.id
    requiredSkill = status.settings.requiredSkill
    limit = status.settings.limit
    waiting = status.waiting
    waitingTotal = status.waitingTotal
    reserving = status.reserving
    longestWaitMs = status.longestWaitMs
    agentsSignedIn = status.agentsSignedIn
    agentsAvailable = status.agentsAvailable
  }
}

/// `GET /v1/queues`
package struct QueueList: Codable, Sendable {
  package var queues: [QueueJSON]
  /// Queues whose partition did not answer in time.
  package var unavailable: [String]
}
