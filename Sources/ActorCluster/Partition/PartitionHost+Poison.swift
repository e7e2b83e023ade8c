// Work that nodes have died of: what a replica refuses, sets aside, or stops before. Part of the partition host, a value.
internal import CBOR
internal import NodeStore
internal import Raft

extension PartitionHost {
  /// Why a call must not be decided; nil when it may be. Whoever died of it had not sent anything of it: it had no effect.
  func poisoned(_ call: PartitionCall) -> ClusterError? {
    guard !poison.isEmpty else { return nil }
    if let crashes = poison.crashes(of: .command(call.command)) {
      return .poisoned(command: call.command.description, crashes: crashes)
    }
    guard poison.isHeld(.command(call.command)) else { return nil }
    return .unavailable(
      reason: "a node died while it decided this, and others that may have died of it are not back yet",
      retryAfterMilliseconds: 1_000)
  }

  /// Has every replica take a message or timer as done with and keep it for people, so that what is behind it goes on.
  mutating func setAside(
    _ message: DurableMessage, _ cause: LogRecord.Cause, _ key: CrashKey, _ crashes: Int, _ now: Moment
  ) -> Bool {
    let time = clock.advance(monotonic: now.monotonic, median: now.medianWall)
    let nothing = ErasedDecision(events: [], messages: [], timers: [], reply: [])
    var record = record(cause, message.to, nothing, at: time)
    record.setAside = message
    if message.argument.count > limits.recordBytes / 2 {
      record.setAside = DurableMessage(to: message.to, method: message.method, encoded: [])
    }
    guard propose(record, for: nil) else { return false }
    actions.append(.undeliverable(message, .poisoned(command: "\(key)", crashes: crashes)))
    return true
  }

  /// False, and this replica stops before the entry, if this node has died of applying it.
  mutating func mayApply(_ entry: LogEntry, _ record: LogRecord) -> Bool {
    guard let crashes = poison.crashes(of: .entry(entry.index, term: entry.term, of: id)) else { return true }
    quarantine(
      "applying entry \(entry.index) of term \(entry.term) (\(record.cause.words)"
        + "\(record.actor.map { " on \($0)" } ?? "")) has crashed this node \(crashes) times")
    return false
  }

  /// Why an actor's rows must not be restored on this node; nil when they may.
  func barred(_ actor: ActorKey) -> String? {
    poison.crashes(of: .actor(actor, of: id)).map {
      "restoring \(actor) from its rows has crashed this node \($0) times"
    }
  }

  /// False, and this replica stops, if something that was accepted needs an actor that must not be restored here: another
  /// node may cope. Callers are refused that one actor only.
  mutating func mayRestore(_ actor: ActorKey) -> Bool {
    guard let problem = barred(actor) else { return true }
    quarantine(problem)
    return false
  }

  // MARK: the log of a replica that has stopped

  /// Stopped before an entry, the replica keeps all that follows it, on the disk and in memory, because nothing of it is applied.
  /// That has become too much: the other replicas can replace it, by a state that has the entry behind it.
  package var isOutgrown: Bool {
    guard case .quarantined = health, filesFault == nil, raft.violation == nil, !isWitness, !isLeader,
      raft.membership.allVoters.count > 1, raft.membership.isVoter(raft.id)
    else { return false }
    return mustCompact || raft.lastIndex - min(raft.lastIndex, appliedIndex) >= limits.compactionEntries
  }

  /// Has it replaced. Its vote is lost then, until another replica of this node has caught up.
  package mutating func giveUpLog() {
    guard isOutgrown, case .quarantined(let detail) = health else { return }
    quarantineFiles("\(detail); what came after that has grown too large to be kept here")
  }
}

extension LogRecord.Cause {
  var kind: String {
    switch self {
    case .command: "command"
    case .message: "message"
    case .timer: "timer"
    case .housekeeping: "housekeeping"
    case .retention: "retention"
    }
  }

  /// For people.
  var words: String {
    switch self {
    case .command(let id, _, _): "command \(id)"
    case .message(let from, let sequence): "message \(sequence) from \(from)"
    case .timer(let name): "timer '\(name)'"
    case .housekeeping: "housekeeping"
    case .retention: "retention"
    }
  }
}
