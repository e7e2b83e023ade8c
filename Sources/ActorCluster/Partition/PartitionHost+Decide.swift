// Commands, durable messages and timers on the leader: each becomes a decision and one log entry.
internal import CBOR
internal import DequeModule
package import NodeStore
internal import PlantedBugs
internal import Raft

extension PartitionHost {
  // MARK: calls

  /// A call from outside. It is answered by an `.answer` action, now or later.
  package mutating func invoke(_ call: PartitionCall, _ now: Moment) {
    if isTooLate(call, now) {
      fail(call, Self.tooLate)
    } else if let limit = call.maximumAge {
      readStale(call, limit: limit, now)
    } else if !isLeader {
      sendOn(call, now)
    } else if case .quarantined(let detail) = health {
      // What only this replica cannot read or apply another leads soon.
      if raft.membership.allVoters.count > 1 {
        actions.append(.answer(call.id, .redirected(to: nil)))
      } else {
        fail(call, .quarantined(partition: id.rawValue, detail: detail))
      }
    } else if let problem = call.actor.problem {
      fail(call, .invalidCall(problem))
    } else if !isDeciding || !waiting.isEmpty {
      guard waiting.count < limits.waitingCalls else {
        return fail(
          call, .overloaded(what: "\(id) is taking over its leadership", retryAfterMilliseconds: 100))
      }
      waiting.append(call)
    } else {
      decide(call, now)
    }
  }

  mutating func releaseWaiting(_ now: Moment) {
    while isDeciding, let call = waiting.popFirst() {
      if isTooLate(call, now) { fail(call, Self.tooLate) } else { decide(call, now) }
    }
  }

  private static let tooLate = ClusterError.unavailable(
    reason: "the call's time was over before it was begun", retryAfterMilliseconds: 0)

  private func isTooLate(_ call: PartitionCall, _ now: Moment) -> Bool {
    call.deadline.map { $0 <= now.monotonic } ?? false
  }

  private mutating func decide(_ call: PartitionCall, _ now: Moment) {
    let known = state.sessions.lookup(call.command, fingerprint: call.fingerprint)
    switch known {
    case .replied(let reply):
      // The entry that holds the reply may not be committed yet.
      return hold(.reply(reply), for: call)
    case .reused:
      return hold(.failed(.commandReused(command: call.command.description)), for: call)
    case .new, .forgotten, .full:
      break
    }
    if let refusal = poisoned(call) { return fail(call, refusal) }
    guard !state.mustLoad(call.actor) else { return park(call) }
    state.use(call.actor)
    notes?.begin(.command(call.command), call.actor, call.method)
    defer { notes?.end() }
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    let context = DecisionContext(now: time, actor: call.actor, command: call.command)
    switch state.call(call.actor, call.method, call.argument, context) {
    case .read(let reply):
      hold(.reply(reply), for: call)
    case _ where known == .forgotten:
      hold(.failed(.outcomeUnknown(command: call.command.description)), for: call)
    case .refused(let refusal):
      hold(.refused(refusal), for: call)
    case .failed(let error):
      fail(call, error)
    case .decided(let decision):
      if let problem = decision.messages.lazy.compactMap(\.to.problem).first {
        return fail(call, .invalidCall(problem))
      }
      if known == .full {
        return fail(
          call, .overloaded(what: "\(id) remembers as many replies as it may", retryAfterMilliseconds: 60_000)
        )
      }
      if refusesCommands {
        return fail(
          call,
          .overloaded(
            what: "the node that leads \(id) has no room left on its disk", retryAfterMilliseconds: 1_000))
      }
      if state.outbox.count >= limits.outboxMessages {
        return fail(
          call, .overloaded(what: "\(id) has too many undelivered messages", retryAfterMilliseconds: 1_000))
      }
      let cause = LogRecord.Cause.command(
        call.command, firstOutstanding: call.firstOutstanding, fingerprint: call.fingerprint)
      propose(record(cause, call.actor, decision, at: time), for: call.id)
    }
  }

  mutating func fail(_ call: PartitionCall, _ error: ClusterError) {
    actions.append(.answer(call.id, .failed(error)))
  }

  /// An answer without a log entry of its own.
  private mutating func hold(_ answer: CallAnswer, for call: PartitionCall) {
    do {
      let token = try raft.requestRead()
      answers.hold(.init(call: call.id, answer: answer, after: decidedIndex), until: token)
    } catch {
      actions.append(.answer(call.id, self.answer(to: error)))
    }
  }

  // MARK: messages

  /// Durable messages from another partition. Those already applied are acknowledged again; those after a gap are
  /// left for the sender to send again.
  package mutating func receive(_ batch: MessageBatch, _ now: Moment) {
    guard isServing else { return }
    if let first = batch.messages.first, first.sequence <= state.inbox[batch.from] {
      delivery.applied(from: batch.from, committedWatermark(of: batch.from))
    }
    if isPlanted(.applyMessageTwice),
      let last = batch.messages.first(where: { isLast($0, from: batch.from) }),
      !state.mustLoad(last.message.to)
    {
      let key = CrashKey.message(from: batch.from, to: id, sequence: last.sequence)
      _ = decide(last.message, .message(from: batch.from, sequence: last.sequence), key, now)
    }
    guard loads.parkedMessages(from: batch.from) == 0 else { return park(batch) }
    for (position, numbered) in batch.messages.enumerated()
    where numbered.sequence > state.inbox[batch.from] {
      guard numbered.sequence == state.inbox[batch.from] + 1, health == .running else { return }
      guard !state.mustLoad(numbered.message.to) else {
        return park(
          MessageBatch(from: batch.from, to: batch.to, messages: Array(batch.messages[position...])))
      }
      let cause = LogRecord.Cause.message(from: batch.from, sequence: numbered.sequence)
      let key = CrashKey.message(from: batch.from, to: id, sequence: numbered.sequence)
      // The sender asks again.
      guard !poison.isHeld(key), decide(numbered.message, cause, key, now) else { return }
    }
  }

  /// It was the last one from there to be applied.
  private func isLast(_ numbered: NumberedMessage, from source: PartitionID) -> Bool {
    numbered.sequence == state.inbox[source]
  }

  private func committedWatermark(of source: PartitionID) -> UInt64 {
    for entry in undecided {
      if case .message(source, let sequence) = entry.record.cause { return sequence - 1 }
    }
    return state.inbox[source]
  }

  package mutating func acknowledged(by partition: PartitionID, upTo sequence: UInt64) {
    guard isServing else { return }
    delivery.acknowledged(by: partition, upTo: sequence)
  }

  /// The leader of `partition` may have changed: what is unacknowledged goes out again.
  package mutating func destinationChanged(_ partition: PartitionID) {
    delivery.rewind(partition)
  }

  /// Decides what a message or timer asks for. A refusal or failure is a decision to do nothing: it still is
  /// logged, so that the message or timer is done with. False when it could not be proposed.
  private mutating func decide(
    _ message: DurableMessage, _ cause: LogRecord.Cause, _ key: CrashKey, _ now: Moment
  ) -> Bool {
    if let crashes = poison.crashes(of: key) { return setAside(message, cause, key, crashes, now) }
    notes?.begin(key, message.to, message.method)
    defer { notes?.end() }
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    let context = DecisionContext(now: time, actor: message.to, command: nil)
    let outcome = state.call(message.to, message.method, message.argument, context)
    let nothing = ErasedDecision(events: [], messages: [], timers: [], reply: [])
    var decision = nothing
    if case .decided(let decided) = outcome { decision = decided }
    if case .failed(let error) = outcome { actions.append(.undeliverable(message, error)) }
    return propose(record(cause, message.to, decision, at: time), for: nil)
  }

  // MARK: timers

  mutating func fireTimers(_ now: Moment) {
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    // So many in one tick: what comes after waits for the next, so that a backlog does not stop heartbeats.
    for timer in state.dueTimers(by: time, limit: limits.timersPerTick) {
      guard health == .running else { return }
      // The decision of one before it may have cancelled it or set it anew.
      guard state.timers.contains(timer) else { continue }
      if isPlanted(.fireTimerLate), time < timer.at.advanced(byMilliseconds: 4_000) { return }
      // It fires in a later tick, when its actor has come.
      guard !state.mustLoad(timer.actor) else {
        guard mayRestore(timer.actor) else { return }
        loads.want(timer.actor)
        continue
      }
      let message = DurableMessage(to: timer.actor, method: timer.method, encoded: timer.argument)
      let key = CrashKey.timer(timer.actor, name: timer.name, at: timer.at, in: id)
      guard !poison.isHeld(key) else { continue }
      guard decide(message, .timer(name: timer.name), key, now) else { return }
    }
  }

  // MARK: outgoing messages

  /// Hands out what may go to other partitions: only committed messages, in order, within the window.
  mutating func send() {
    for partition in state.outbox.destinations {
      let (after, room) = delivery.next(to: partition, window: limits.deliveryWindow)
      let ready = state.outbox.messages(
        to: partition, after: after, limit: room, committed: appliedIndex)
      guard let last = ready.last else { continue }
      delivery.sent(to: partition, upTo: last.sequence)
      actions.append(.deliver(MessageBatch(from: id, to: partition, messages: ready)))
    }
    for (partition, sequence) in delivery.takeOwed() {
      actions.append(.acknowledge(to: partition, upTo: sequence))
    }
  }

  /// Records acknowledgments that no command has carried for a while, so that the outbox shrinks; and lets time pass for a
  /// full session table.
  mutating func housekeep(_ now: Moment) {
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    // Sessions age by records: a full table refuses the commands that would make some.
    let mustAge = state.sessions.isFull && time.milliseconds - state.time.milliseconds >= 60_000
    guard mustAge || now.monotonic - delivery.oldestUnrecorded >= 100 else { return }
    propose(
      LogRecord(
        time: time, cause: .housekeeping, actor: nil, events: [], messages: [], timers: [], reply: [],
        acknowledged: []), for: nil)
  }

  // MARK: retention

  /// Has every replica delete what it keeps of these actors.
  mutating func forget(_ retired: [RetiredActor], _ now: Moment) {
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    let isProposed = propose(
      LogRecord(
        time: time, cause: .retention(retired), actor: nil, events: [], messages: [], timers: [], reply: [],
        acknowledged: []), for: nil)
    if isProposed { retentionIndex = decidedIndex }
  }

  // MARK: proposing

  func record(
    _ cause: LogRecord.Cause, _ actor: ActorKey, _ decision: ErasedDecision, at time: PartitionTime
  ) -> LogRecord {
    LogRecord(
      time: time, cause: cause, actor: actor, events: decision.events, messages: decision.messages,
      timers: decision.timers, reply: decision.reply, acknowledged: [])
  }

  /// Proposes a record and applies it at once, so that the next decision sees it.
  @discardableResult
  mutating func propose(_ proposal: LogRecord, for call: CallID?) -> Bool {
    var record = proposal
    record.acknowledged = delivery.takeToRecord()
    guard let payload = try? CBOREncoder().encode(record), payload.count <= limits.recordBytes else {
      delivery.restoreToRecord(record.acknowledged)
      return tooLarge(record, for: call)
    }
    do {
      let (index, term) = try raft.propose(payload)
      let changes = try state.apply(record, at: index)
      decidedIndex = index
      undecided.append(PendingEntry(index: index, term: term, record: record, changes: changes, call: call))
      return true
    } catch let refused as ProposalError {
      delivery.restoreToRecord(record.acknowledged)
      if let call { actions.append(.answer(call, answer(to: refused))) }
    } catch {
      // It is in the log and cannot be applied here; no replica will be able to.
      if let call { actions.append(.answer(call, .failed(.remoteFailure("\(error)")))) }
      quarantine("a decision cannot be applied: \(error)")
    }
    return false
  }

  /// A decision that no frame could carry. A caller is told; a message or timer is done with, and changed nothing.
  private mutating func tooLarge(_ record: LogRecord, for call: CallID?) -> Bool {
    let error = ClusterError.invalidCall(
      "a decision of \(record.actor?.description ?? "\(id)") is larger than \(limits.recordBytes) bytes")
    if let call {
      actions.append(.answer(call, .failed(error)))
      return false
    }
    guard let actor = record.actor, !record.isEmpty else { return false }
    actions.append(.undeliverable(DurableMessage(to: actor, method: "", encoded: []), error))
    let nothing = ErasedDecision(events: [], messages: [], timers: [], reply: [])
    return propose(self.record(record.cause, actor, nothing, at: record.time), for: nil)
  }

  private func answer(to refused: ProposalError) -> CallAnswer {
    switch refused {
    case .notLeader, .witnessLeads, .transferring, .notVoter, .inDoubt, .membershipInFlight, .notReady,
      .noStateHolder, .withoutState, .notLearner, .invalidMembership:
      .redirected(to: leaderNode)
    case .overloaded:
      .failed(.overloaded(what: "\(id) has too much waiting for its replicas", retryAfterMilliseconds: 100))
    }
  }
}
