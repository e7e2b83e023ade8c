// A queue as a value: what it is and how events change it. Pure.
public import ActorCluster

/// The state of a queue: a line of interactions, and what it knows of its agents.
///
/// Invariant, after every decision: no entry waits while an eligible agent has an open slot of its channel. So every
/// decision only looks at what it changes: a new entry matches at most the first agent, and an agent with new open
/// slots takes as many entries from the front. Nothing scans the line or the agents, but a change of settings.
///
/// A match asks the agent to hold a slot. The agent answers on one ordered path (taken, or refused); until then the
/// queue counts the reservation as *outstanding* against what the agent reported, so that it never asks for more than
/// the agent has told it of.
public struct WorkQueueState: DurableState, Equatable {
  public typealias Event = WorkQueueEvent
  public typealias Refusal = ContactCenterRefusal

  package let id: String
  package private(set) var settings: QueueSettings
  package private(set) var entries: [String: QueueEntry] = [:]
  package private(set) var agents: [String: QueueAgent] = [:]
  package private(set) var line = WaitingLine()
  package private(set) var idle = IdleAgents()

  public init(id: String) {
    self.init(id: id, settings: QueueSettings(), entries: [], agents: [])
  }

  init(id: String, settings: QueueSettings, entries: [QueueEntry], agents: [(String, QueueAgent)]) {
    self.id = id
    self.settings = settings
    for entry in entries { place(entry) }
    for (agent, record) in agents { update(agent, to: record) }
  }

  public mutating func apply(_ event: WorkQueueEvent, at time: PartitionTime) -> Changes {
    switch event {
    case .configured(let settings):
      configure(settings)
      return changes([.put(key: RowKey.header, value: RowCoding.bytes(settings))])
    case .enqueued(let new):
      place(QueueEntry(new))
      return changes([entryRow(new.interaction)])
    case .reserving(let match):
      guard let entry = entries[match.interaction], entry.place == match.place else { return Changes() }
      reserve(entry, match.agent, at: time)
      return changes([entryRow(match.interaction), agentRow(match.agent)])
    case .returned(let returned):
      settle(returned.agent, ReservationKey(interaction: returned.interaction, place: returned.place))
      if var entry = entries[returned.interaction], entry.place == returned.place {
        entry.reservingFor = nil
        place(entry)
      }
      return changes([entryRow(returned.interaction), agentRow(returned.agent)])
    case .left(let left):
      drop(left.interaction)
      return changes([entryRow(left.interaction)])
    case .reported(let report):
      fold(report)
      return changes([agentRow(report.agent)])
    }
  }

  private mutating func configure(_ settings: QueueSettings) {
    self.settings = settings
    idle = IdleAgents()
    for agent in agents.keys.sorted() {
      if let record = agents[agent] { idle.insert(agent, record, requiredSkill: settings.requiredSkill) }
    }
  }

  /// Puts an entry in line, or replaces it.
  private mutating func place(_ entry: QueueEntry) {
    drop(entry.interaction)
    entries[entry.interaction] = entry
    if entry.reservingFor == nil { line.insert(entry) }
  }

  private mutating func drop(_ interaction: String) {
    guard let entry = entries.removeValue(forKey: interaction) else { return }
    if entry.reservingFor == nil { line.remove(entry) }
  }

  private mutating func reserve(_ entry: QueueEntry, _ agent: String, at time: PartitionTime) {
    var entry = entry
    entry.reservingFor = agent
    place(entry)
    var record = agents[agent] ?? QueueAgent()
    record.outstanding.append(
      OutstandingReservation(
        key: ReservationKey(interaction: entry.interaction, place: entry.place), channel: entry.channel,
        askedAt: time))
    update(agent, to: record)
  }

  private mutating func fold(_ report: AgentReport) {
    var record = agents[report.agent] ?? QueueAgent()
    record.fold(report)
    update(report.agent, to: record)
  }

  private mutating func settle(_ agent: String, _ key: ReservationKey) {
    guard var record = agents[agent] else { return }
    record.outstanding.removeAll { $0.key == key }
    update(agent, to: record)
  }

  /// Replaces what is known of an agent; one who is signed out and owes no answer is forgotten.
  private mutating func update(_ agent: String, to record: QueueAgent) {
    if let old = agents[agent] { idle.remove(agent, old, requiredSkill: settings.requiredSkill) }
    if record.signedIn || !record.outstanding.isEmpty {
      agents[agent] = record
      idle.insert(agent, record, requiredSkill: settings.requiredSkill)
    } else {
      agents[agent] = nil
    }
  }
}

extension QueueAgent {
  /// Takes over what the agent reports.
  mutating func fold(_ report: AgentReport) {
    version = report.version
    signedIn = report.signedIn
    skills = report.skills
    free = report.free
    idleSince = report.idleSince
    if let settled = report.settled {
      outstanding.removeAll { $0.key == settled }
    }
  }
}
