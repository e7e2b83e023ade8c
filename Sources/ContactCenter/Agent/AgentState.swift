// An agent as a value: what it is and how events change it. Pure.
public import ActorCluster

/// The state of an agent, the authority on its own slots: it never holds more interactions of a channel than its
/// capacity (promise P4), whatever queues believe. A slot is held for an interaction at a place and stays until the
/// interaction releases it.
public struct AgentState: DurableState, Equatable {
  public typealias Event = AgentEvent
  public typealias Refusal = ContactCenterRefusal

  package let id: String
  package private(set) var record: AgentRecord

  public init(id: String) {
    self.init(id: id, record: AgentRecord())
  }

  init(id: String, record: AgentRecord) {
    self.id = id
    self.record = record
  }

  public mutating func apply(_ event: AgentEvent, at time: PartitionTime) -> Changes {
    fold(event, at: time)
    return changes
  }

  mutating func fold(_ event: AgentEvent, at time: PartitionTime) {
    record.version += 1
    switch event {
    case .signedIn(let signedIn):
      record.signIn(signedIn)
    case .signedOut:
      record.availability = .signedOut
      record.reason = nil
      record.queues = []
    case .ready:
      record.availability = .ready
      record.reason = nil
      record.misses = 0
      record.idleSince = time
    case .notReady(let notReady):
      record.availability = .notReady
      record.reason = notReady.reason
    case .held(let held):
      record.slots.append(
        AgentSlot(
          interaction: held.interaction, place: held.place, queue: held.queue, channel: held.channel,
          phase: .reserved, heldAt: time, idleBefore: record.idleSince))
      record.idleSince = time
    case .answered(let answered):
      if let index = record.slot(answered.interaction, answered.place) {
        record.slots[index].phase = .active
      }
      record.misses = 0
    case .released(let released):
      record.release(released, at: time)
    }
  }
}

/// What is kept of an agent.
package struct AgentRecord: Codable, Equatable, Sendable {
  package var availability = AgentAvailability.signedOut
  package var reason: String?
  /// Sorted; empty when signed out.
  package var queues: [String] = []
  /// Sorted.
  package var skills: [String] = []
  package var capacity: [Channel: Int] = [:]
  package var missesBeforeNotReady = 2
  /// In the order in which they were taken.
  package var slots: [AgentSlot] = []
  package var misses = 0
  package var version: UInt64 = 0
  /// When the agent last became ready, or last took or was freed of an interaction: so that work goes around among
  /// agents who hold several at a time.
  package var idleSince = PartitionTime(milliseconds: 0)

  package func held(_ channel: Channel) -> Int {
    slots.reduce(0) { $1.channel == channel ? $0 + 1 : $0 }
  }

  /// How many more interactions of each channel it takes now; channels with none are left out.
  package var free: [Channel: Int] {
    guard availability == .ready else { return [:] }
    var free: [Channel: Int] = [:]
    for channel in Channel.allCases {
      let open = capacity[channel, default: 0] - held(channel)
      if open > 0 { free[channel] = open }
    }
    return free
  }

  func slot(_ interaction: String, _ place: Int) -> Int? {
    slots.firstIndex { $0.interaction == interaction && $0.place == place }
  }

  fileprivate mutating func signIn(_ signedIn: AgentSignedIn) {
    if availability == .signedOut {
      availability = .notReady
      misses = 0
    }
    queues = signedIn.queues
    skills = signedIn.skills
    capacity = signedIn.capacity
    missesBeforeNotReady = signedIn.missesBeforeNotReady
  }

  fileprivate mutating func release(_ released: AgentReleased, at time: PartitionTime) {
    guard let index = slot(released.interaction, released.place) else { return }
    let slot = slots.remove(at: index)
    switch released.reason {
    case .void:
      // It was never an offer: the agent keeps its turn, if nothing else happened since.
      if idleSince == slot.heldAt { idleSince = slot.idleBefore }
    case .missed:
      misses += 1
      idleSince = time
    case .finished:
      misses = 0
      idleSince = time
    case .declined, .abandoned:
      idleSince = time
    }
  }

  enum CodingKeys: Int, CodingKey {
    case availability = 0
    case reason = 1
    case queues = 2
    case skills = 3
    case capacity = 4
    case missesBeforeNotReady = 5
    case slots = 6
    case misses = 7
    case version = 8
    case idleSince = 9
  }
}

/// An interaction that the agent holds.
package struct AgentSlot: Codable, Equatable, Sendable {
  package var interaction: String
  package var place: Int
  package var queue: String
  package var channel: Channel
  package var phase: SlotPhase
  package var heldAt: PartitionTime
  /// `idleSince` before the slot was taken.
  package var idleBefore: PartitionTime

  enum CodingKeys: Int, CodingKey {
    case interaction = 0
    case place = 1
    case queue = 2
    case channel = 3
    case phase = 4
    case heldAt = 5
    case idleBefore = 6
  }
}
