// What becomes of committed entries: those that were decided here, and those of other leaders.
internal import CBOR
internal import DequeModule
internal import Raft

extension PartitionHost {
  mutating func apply(_ entries: [LogEntry]) {
    guard !isStalled else { return }
    for entry in entries where entry.index > appliedIndex {
      guard health == .running else { return }
      guard apply(entry) else {
        stall(at: entry.index)
        break
      }
    }
    actions += answers.committed(upTo: appliedIndex).map { .answer($0.call, $0.answer) }
  }

  /// False if an actor has to be loaded first.
  private mutating func apply(_ entry: LogEntry) -> Bool {
    if let decided = undecided.first, decided.index <= entry.index {
      guard decided.index == entry.index, decided.term == entry.term else {
        // Another leader's entries took the place of what was decided here.
        reload()
        return true
      }
      undecided.removeFirst()
      committed(decided, entry)
      return true
    }
    guard case .command(let bytes) = entry.payload else {
      appliedIndex = entry.index
      decidedIndex = max(decidedIndex, entry.index)
      return true
    }
    do {
      let record = try CBORDecoder().decode(LogRecord.self, from: bytes)
      if let actor = state.mustLoad(for: record) { return !mayRestore(actor) }
      guard mayApply(entry, record) else { return true }
      notes?.begin(.entry(entry.index, term: entry.term, of: id), record.actor, record.cause.kind)
      defer { notes?.end() }
      let changes = try state.apply(record, at: entry.index)
      dirty.add(changes, at: entry.index)
      clock.observe(record.time)
      appliedIndex = entry.index
      decidedIndex = max(decidedIndex, entry.index)
      publish(record, at: entry.index)
    } catch {
      quarantine("entry \(entry.index) of term \(entry.term) cannot be applied: \(error)")
    }
    return true
  }

  private mutating func committed(_ decided: PendingEntry, _ entry: LogEntry) {
    appliedIndex = entry.index
    dirty.add(decided.changes, at: entry.index)
    if let call = decided.call { actions.append(.answer(call, .reply(decided.record.reply))) }
    if case .message(let source, let sequence) = decided.record.cause {
      delivery.applied(from: source, sequence)
    }
    publish(decided.record, at: entry.index)
  }

  private mutating func publish(_ record: LogRecord, at index: LogIndex) {
    actions.append(
      .applied(
        AppliedRecord(
          partition: id, index: index, time: record.time, actor: record.actor, events: record.events)))
  }
}
