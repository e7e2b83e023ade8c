// The promises P2 to P5, checked on every entry as it commits: a value. It looks at what replicas applied, never at how.
package import ActorCluster
import CBOR
import ContactCenter
package import NodeStore
package import Raft

/// A replica on that node applied a committed entry, at that many microseconds.
package struct AppliedEntry: Sendable {
  package var entry: LogEntry
  package var partition: PartitionID
  package var node: Int
  package var at: Int64
}

/// Follows the committed entries of all partitions. `violation` is the first breach, with the promise's id.
package struct PromiseChecks {
  package private(set) var violation: String?
  private let types: DurableTypes
  private var committed: [[UInt64]]
  private var leaders: [PartitionID: [Term: ReplicaID]] = [:]
  private var delivery: [PartitionID: [PartitionID: UInt64]] = [:]
  private var timers: [PartitionID: [ActorKey: [String: PartitionTime]]] = [:]
  package private(set) var places = PlaceChecks()
  /// What the entries amount to, for the coverage table.
  package private(set) var timersFired: UInt64 = 0
  package private(set) var messagesApplied: UInt64 = 0
  package private(set) var memberships: UInt64 = 0
  package private(set) var jointMemberships: UInt64 = 0
  /// How each interaction, agent and counter stands is in the partitions' states; these are the sums that must come out.
  package private(set) var digest: UInt64 = 0

  private let shape: SimulationShape

  package init(shape: SimulationShape, types: DurableTypes) {
    self.shape = shape
    self.types = types
    committed = Array(repeating: [], count: Int(shape.partitions))
  }

  mutating func breach(_ text: String) { violation = violation ?? text }

  /// Entries that were committed so far.
  func count(of partition: PartitionID) -> LogIndex { LogIndex(committed[Int(partition.rawValue)].count) }

  // MARK: consensus

  package mutating func elected(_ replica: ReplicaID, _ partition: PartitionID, term: Term) {
    if let other = leaders[partition, default: [:]][term], other != replica {
      breach("P2: \(other) and \(replica) both lead \(partition) in term \(term)")
    }
    leaders[partition, default: [:]][term] = replica
  }

  /// A replica applied an entry: the same at every replica, or two histories exist.
  package mutating func applied(_ applied: AppliedEntry) {
    let (entry, partition, node) = (applied.entry, applied.partition, applied.node)
    let position = Int(partition.rawValue)
    let hash = Self.hash(entry)
    let known = LogIndex(committed[position].count)
    if entry.index <= known {
      if committed[position][Int(entry.index) - 1] != hash {
        breach("P2: n\(node + 1) applied another entry at \(entry.index) of \(partition) than others did")
      }
      return
    }
    guard entry.index == known + 1 else {
      return breach(
        "P1: n\(node + 1) applied entry \(entry.index) of \(partition), and nobody applied those after \(known)"
      )
    }
    committed[position].append(hash)
    digest = (digest ^ hash) &* 0x9E37_79B9_7F4A_7C15
    interpret(entry, partition, applied.at)
  }

  private static func hash(_ entry: LogEntry) -> UInt64 {
    switch entry.payload {
    case .empty: XXH64.hash([], seed: entry.term)
    case .command(let bytes): XXH64.hash(bytes, seed: entry.term)
    case .membership(let membership):
      XXH64.hash((try? CBOREncoder().encode(membership)) ?? [], seed: entry.term)
    }
  }

  private mutating func interpret(_ entry: LogEntry, _ partition: PartitionID, _ now: Int64) {
    if case .membership(let membership) = entry.payload {
      memberships += 1
      if membership.isJoint { jointMemberships += 1 }
      checkVoters(membership, partition)
    }
    guard case .command(let bytes) = entry.payload else { return }
    guard let record = try? CBORDecoder().decode(LogRecord.self, from: bytes) else {
      return breach("P1: entry \(entry.index) of \(partition) cannot be decoded")
    }
    checkTime(record, partition, now)
    checkCause(record, partition)
    for change in record.timers {
      guard let actor = record.actor else { continue }
      switch change {
      case .put(let name, let at, _, _): timers[partition, default: [:]][actor, default: [:]][name] = at
      case .cancel(let name): timers[partition]?[actor]?[name] = nil
      }
    }
    checkEvents(record)
  }

  /// A partition that moves, or whose replica is replaced, never has fewer voters, and no node votes twice.
  private mutating func checkVoters(_ membership: Membership, _ partition: PartitionID) {
    guard shape.isPlaced else { return }
    let nodes = membership.voters.map(shape.node(of:))
    if Set(nodes).count < SimulationShape.placedVoters {
      breach("placement: \(partition) has the voters \(membership.voters), on fewer nodes than are to vote")
    }
  }

  // MARK: P3 and P5

  private mutating func checkCause(_ record: LogRecord, _ partition: PartitionID) {
    switch record.cause {
    case .message(let source, let sequence):
      messagesApplied += 1
      let last = delivery[partition]?[source] ?? 0
      if sequence != last + 1 {
        breach("P3: \(partition) applied message \(sequence) from \(source) after message \(last)")
      }
      delivery[partition, default: [:]][source] = sequence
    case .timer(let name):
      timersFired += 1
      guard let actor = record.actor, let due = timers[partition]?[actor]?[name] else {
        return breach("P5: timer \(name) of \(partition) fired, and it was not set")
      }
      if record.time < due {
        breach("P5: timer \(name) of \(actor) fired \(due.milliseconds - record.time.milliseconds) ms early")
      }
      timers[partition]?[actor]?[name] = nil
    case .retention(let retired):
      for one in retired { places.forgotten(one.actor) }
    case .command, .housekeeping:
      break
    }
  }

  /// The honest clocks are at most 100 ms ahead of the simulation's.
  private mutating func checkTime(_ record: LogRecord, _ partition: PartitionID, _ now: Int64) {
    let honest = 1_700_000_000_000 + now / 1_000 + 100
    if record.time.milliseconds > honest + 500 {
      breach(
        "P5: the time of \(partition) is \(record.time.milliseconds - honest) ms ahead of all honest clocks")
    }
  }

  /// Timers that should have fired by `time`.
  func overdue(_ partition: PartitionID, at time: PartitionTime) -> [ActorKey] {
    (timers[partition] ?? [:]).filter { $0.value.values.contains { $0 <= time } }.keys.sorted()
  }

  // MARK: P4

  private mutating func checkEvents(_ record: LogRecord) {
    guard let actor = record.actor, !record.events.isEmpty, let type = types.types[actor.type] else { return }
    guard let events = try? type.decodeEvents(record.events) else {
      return breach("P1: events of \(actor) cannot be decoded")
    }
    for event in events {
      switch event {
      case let event as InteractionEvent: places.interaction(actor.id, event)
      case let event as AgentEvent: places.agent(actor.id, event)
      case let event as WorkQueueEvent: places.queue(actor.id, event)
      default: break
      }
    }
    if let problem = places.violation { breach(problem) }
  }
}
