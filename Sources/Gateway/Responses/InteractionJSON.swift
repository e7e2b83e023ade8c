// Interactions as the API shows them: times are milliseconds in fields named …Ms.
internal import ActorCluster
package import ContactCenter

package struct InteractionJSON: Codable, Equatable, Sendable {
  package var id: String
  package var channel: Channel
  package var queue: String
  package var state: InteractionStage
  package var agent: String?
  package var place: Int
  package var priority: Int
  package var customer: String?
  package var attributes: [String: String]
  package var disposition: String?
  package var arrivedMs: Int64
  package var offeredMs: Int64?
  package var answeredMs: Int64?
  package var endedMs: Int64?
  package var closedMs: Int64?
  package var outcome: InteractionOutcome?
  package var answers: Int
  package var offers: Int

  init(_ view: InteractionView) {
    id = view.id
    channel = view.channel
    queue = view.queue
    state = view.state
    agent = view.agent
    place = view.place
    priority = view.priority
    customer = view.customer
    attributes = view.attributes
    disposition = view.disposition
    arrivedMs = view.arrivedAt.milliseconds
    offeredMs = view.offeredAt?.milliseconds
    answeredMs = view.answeredAt?.milliseconds
    endedMs = view.endedAt?.milliseconds
    closedMs = view.closedAt?.milliseconds
    outcome = view.outcome
    answers = view.answers
    offers = view.offers
  }
}
