// An interaction as a value: what it is and how events change it. Pure.
public import ActorCluster

/// The state of an interaction, the authority on where it is (promise P4).
///
///     unborn → waiting → offered → active → wrapUp → closed
///                 ↑ ↓        ↓                          ↑
///                 │ └────────┼──────── abandoned ───────┘
///                 └──────────┘ declined, missed
///
/// Its *place* number is raised whenever it returns to the line. A queue's entry and an agent's slot name the
/// place that they are for, and are void when it is not the present one. Priority and time of arrival never change.
public struct InteractionState: DurableState, Equatable {
  public typealias Event = InteractionEvent
  public typealias Refusal = ContactCenterRefusal

  package let id: String
  /// Nil until it is created.
  package private(set) var record: InteractionRecord?

  public init(id: String) {
    self.init(id: id, record: nil)
  }

  init(id: String, record: InteractionRecord?) {
    self.id = id
    self.record = record
  }

  public var retiredAt: PartitionTime? { record?.closedAt }

  public mutating func apply(_ event: InteractionEvent, at time: PartitionTime) -> Changes {
    fold(event, at: time)
    return changes
  }

  mutating func fold(_ event: InteractionEvent, at time: PartitionTime) {
    if case .created(let created) = event {
      record = InteractionRecord(created)
      return
    }
    guard var next = record else { return }
    switch event {
    case .created:
      break
    case .offered(let offered):
      next.stage = .offered(agent: offered.agent)
      next.offers += 1
      next.offeredAt = next.offeredAt ?? time
    case .requeued(let requeued):
      next.stage = .waiting
      next.standing = requeued.standing
    case .answered(let answered):
      next.stage = .active(agent: answered.agent)
      next.answers += 1
      next.answeredAt = time
    case .ended(let ended):
      next.stage = .wrapUp(agent: ended.agent)
      next.disposition = ended.disposition
      next.endedAt = time
    case .closed(let closed):
      next.stage = .closed(closed.outcome, agent: closed.agent)
      next.disposition = closed.disposition
      next.endedAt = next.endedAt ?? time
      next.closedAt = time
    }
    record = next
  }
}

/// What is kept of an interaction.
package struct InteractionRecord: Codable, Equatable, Sendable {
  /// Where it is, and with whom.
  package enum Stage: Codable, Equatable, Sendable {
    case waiting
    case offered(agent: String)
    case active(agent: String)
    case wrapUp(agent: String)
    /// The agent is the one who answered.
    case closed(InteractionOutcome, agent: String?)
  }

  package var stage: Stage
  package var standing: Standing
  package var customer: String?
  package var attributes: [String: String]
  package var offerTimeoutMs: Int64
  package var wrapUpMs: Int64
  package var disposition: String?
  package var offeredAt: PartitionTime?
  package var answeredAt: PartitionTime?
  package var endedAt: PartitionTime?
  package var closedAt: PartitionTime?
  package var answers = 0
  package var offers = 0

  init(_ created: InteractionCreated) {
    stage = .waiting
    standing = created.standing
    customer = created.customer
    attributes = created.attributes
    offerTimeoutMs = created.offerTimeoutMs
    wrapUpMs = created.wrapUpMs
  }

  /// The stage without its payload.
  package var stageName: InteractionStage {
    switch stage {
    case .waiting: .waiting
    case .offered: .offered
    case .active: .active
    case .wrapUp: .wrapUp
    case .closed: .closed
    }
  }

  package var agent: String? {
    switch stage {
    case .waiting: nil
    case .offered(let agent), .active(let agent), .wrapUp(let agent): agent
    case .closed(_, let agent): agent
    }
  }

  package var outcome: InteractionOutcome? {
    if case .closed(let outcome, _) = stage { outcome } else { nil }
  }

  enum CodingKeys: Int, CodingKey {
    case stage = 0
    case standing = 1
    case customer = 2
    case attributes = 3
    case offerTimeoutMs = 4
    case wrapUpMs = 5
    case disposition = 6
    case offeredAt = 7
    case answeredAt = 8
    case endedAt = 9
    case closedAt = 10
    case answers = 11
    case offers = 12
  }
}
