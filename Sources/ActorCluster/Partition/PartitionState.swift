// The replicated state machine of one partition: a pure value. Records in, changed rows out.
internal import CBOR
package import NodeStore

/// All that the replicas of a partition agree on: actors, sessions, outbox, watermarks, timers and the time.
///
/// `apply` is the only way to change it, and depends on nothing but the records, so every replica that applied
/// the same records has the same state, whether it lived through them or was restored from rows. Of the actors only those in
/// use are in memory (`ActorTable`): an actor has to be there before a record changes it or a method is called.
package struct PartitionState: Sendable {
  package let id: PartitionID
  private let placement: Placement
  private let types: DurableTypes
  private var actors = ActorTable()
  package private(set) var sessions: SessionTable
  package private(set) var outbox = Outbox()
  package private(set) var inbox = Watermarks()
  package private(set) var timers = TimerTable()
  package private(set) var aside = SetAsideMessages()
  /// Time of the last record.
  package private(set) var time = PartitionTime(milliseconds: 0)
  /// What sessions age by: partition time, of which a step counts as at most a minute. A corrected clock must not
  /// make the partition forget what its callers still retry.
  package private(set) var sessionMilliseconds: Int64 = 0

  private static let longestStep: Int64 = 60_000

  package init(
    id: PartitionID, placement: Placement, types: DurableTypes, limits: SessionTable.Limits = .init()
  ) {
    self.id = id
    self.placement = placement
    self.types = types
    sessions = SessionTable(limits: limits)
  }

  /// Actors in memory.
  package var actorCount: Int { actors.count }

  // MARK: actors in memory

  /// Whether the actor is not in memory, and has to be before anything can be said about it.
  package func mustLoad(_ actor: ActorKey) -> Bool {
    !actors.contains(actor) && types.types[actor.type] != nil
  }

  /// The first actor that has to be loaded before the record can be applied.
  package func mustLoad(for record: LogRecord) -> ActorKey? {
    guard let actor = record.actor, !record.events.isEmpty, mustLoad(actor) else { return nil }
    return actor
  }

  /// Takes an actor in as its rows have it; without rows it was never used, or is long gone. One that is there stays as it is.
  package mutating func admit(_ actor: ActorKey, _ rows: [ActorRow]) throws {
    guard mustLoad(actor), let type = types.types[actor.type] else { return }
    let slot =
      rows.isEmpty
      ? type.make(actor.id)
      : try type.restore(actor.id, rows.map { StateRow(key: $0.rowKey, value: $0.value) })
    actors.insert(actor, slot, isVacant: rows.isEmpty)
  }

  /// The host's clock, by which idle actors leave memory; not replicated.
  package mutating func observe(monotonic: Int64) { actors.now = monotonic }

  package mutating func use(_ actor: ActorKey) { actors.use(actor) }

  /// See `ActorTable.evict`.
  package mutating func evict(checkpointed: UInt64, idle: Int64) {
    actors.evict(checkpointed: checkpointed, idle: idle)
  }

  /// See `TimerTable.due`.
  package mutating func dueTimers(by time: PartitionTime, limit: Int) -> [TimerTable.Timer] {
    timers.due(by: time, limit: limit)
  }

  /// Calls a method on the state as it is; nothing changes. The actor must be in memory (`mustLoad`).
  package func call(
    _ actor: ActorKey, _ method: String, _ argument: [UInt8], _ context: DecisionContext
  ) -> MethodOutcome {
    if let slot = actors[actor] {
      return slot.call(method, argument, context)
    }
    guard types.types[actor.type] != nil else {
      return .failed(.unknownActorType(actor.type))
    }
    return .failed(.remoteFailure("\(actor) is not in memory: a defect of this node"))
  }

  /// Folds one record in and says which rows it changed.
  /// - Throws: when the record cannot be applied; the state is then not to be used any more.
  package mutating func apply(_ record: LogRecord, at index: UInt64) throws -> RecordChanges {
    var changes = RecordChanges()
    let elapsed = max(0, record.time.milliseconds - time.milliseconds)
    sessionMilliseconds += min(elapsed, Self.longestStep)
    time = max(time, record.time)
    changes.times = PartitionTimes(time: time, session: sessionMilliseconds)
    changes.sessions = sessions.expire(at: sessionMilliseconds)
    for acknowledgment in record.acknowledged {
      changes.rows += outbox.acknowledge(acknowledgment)
    }
    switch record.cause {
    case .command(let id, let firstOutstanding, let fingerprint):
      changes.sessions += sessions.record(
        id, reply: record.reply, fingerprint: fingerprint, firstOutstanding: firstOutstanding,
        at: sessionMilliseconds)
    case .message(let source, let sequence):
      changes.rows += try inbox.advance(source, to: sequence)
    case .timer(let name):
      if let actor = record.actor { changes.rows += timers.remove(actor, name) }
    case .housekeeping:
      break
    case .retention(let retired):
      for one in retired { forget(one, at: index, &changes) }
    }
    if let message = record.setAside {
      changes.rows += try aside.add(message, because: record.cause, at: index, time: record.time)
    }
    guard let actor = record.actor else { return changes }
    if !record.events.isEmpty {
      try applyEvents(record.events, to: actor, at: record.time, index: index, &changes)
    }
    for message in record.messages {
      changes.rows += try outbox.append(
        message, to: placement.partition(of: message.to), at: index)
    }
    for timer in record.timers {
      changes.rows += try timers.apply(timer, of: actor)
    }
    return changes
  }

  private mutating func applyEvents(
    _ events: [UInt8], to actor: ActorKey, at time: PartitionTime, index: UInt64,
    _ changes: inout RecordChanges
  ) throws {
    guard types.types[actor.type] != nil else { throw ClusterError.unknownActorType(actor.type) }
    guard let (change, retiredAt) = try actors.apply(events, to: actor, at: time, index: index) else {
      throw ClusterError.remoteFailure("\(actor) is not in memory: a defect of this node")
    }
    changes.add(change, of: actor)
    if let retiredAt { changes.rows.append(.put(RetiredActor(actor, at: retiredAt).row, [])) }
  }

  /// Deletes all rows of an actor that nothing changes any more.
  private mutating func forget(
    _ retired: RetiredActor, at index: UInt64, _ changes: inout RecordChanges
  ) {
    if let type = types.types[retired.actor.type] {
      actors.renew(retired.actor, type.make(retired.actor.id), index: index)
    } else {
      actors.remove(retired.actor)
    }
    changes.deleted.append(retired.actor)
    changes.rows.append(.delete(retired.row))
    changes.readModel += types.types[retired.actor.type]?.forgotten(retired.actor.id) ?? []
  }

  // MARK: restoring

  /// All but the actors, as the rows of a checkpoint have it. Rows come in order of type, id and row key.
  package mutating func restore(_ rows: [ActorRow]) throws {
    var start = rows.startIndex
    while start < rows.endIndex {
      let first = rows[start]
      let end =
        rows[start...].firstIndex { $0.actorType != first.actorType || $0.actorID != first.actorID }
        ?? rows.endIndex
      try restore(type: first.actorType, id: first.actorID, rows: rows[start..<end])
      start = end
    }
  }

  private mutating func restore(type: String, id: String, rows: ArraySlice<ActorRow>) throws {
    switch type {
    case SessionTable.rowType:
      for row in rows { try sessions.restore(session: id, row: row.rowKey, value: row.value) }
    case Outbox.rowType:
      for row in rows { try outbox.restore(partition: id, row: row.rowKey, value: row.value) }
    case Watermarks.rowType:
      for row in rows { try inbox.restore(partition: id, value: row.value) }
    case TimerTable.rowType:
      for row in rows { try timers.restore(actor: id, row: row.rowKey, value: row.value) }
    case SetAsideMessages.rowType:
      for row in rows { try aside.restore(row: row.rowKey) }
    case PartitionTimes.id.actor.type:
      for row in rows {
        let times = try CBORDecoder().decode(PartitionTimes.self, from: row.value)
        time = times.time
        sessionMilliseconds = times.session
      }
    default:
      break
    }
  }
}
