// A node's alarms: a pure value. Conditions and the time in, changes out.

/// Decides when a condition becomes an alarm, and when that is over.
///
/// - `observe` gets all conditions that hold now; what is not among them does not hold.
/// - An alarm is raised when its condition has held for the kind's `raiseAfter`, and cleared when it has been away for
///   `clearAfter`; it escalates at once, and eases only when it was less grave for `clearAfter`. One that comes back within an
///   hour of its end needs twice as long to be cleared each time, at most ten minutes. So what flaps becomes one long alarm
///   that counts its repeats, and nothing fills.
/// - All is bounded: subjects of a kind, alarms that are over, and what is remembered of them. Subjects past the limit are one
///   alarm together, whose subject is `others`.
public struct AlarmBoard: Sendable {
  public struct Limits: Equatable, Sendable {
    /// Alarms of one kind at once, and as many again for `others` taken together: one.
    public var subjects = 32
    /// Alarms that are over.
    public var history = 256
    /// Bytes of a note.
    public var note = 1_000
    /// Milliseconds between reminders of a critical alarm that nobody has acknowledged.
    public var reminder: Int64 = 15 * 60_000
    /// Milliseconds for which the end of an alarm is remembered.
    public var memory: Int64 = 3_600_000
    /// Milliseconds that a condition must be away at most before its alarm is cleared.
    public var longestCalm: Int64 = 600_000

    public init() {}
  }

  struct Key: Hashable, Comparable {
    var kind: AlarmKind
    var subject: String

    static func < (left: Key, right: Key) -> Bool {
      (left.kind, left.subject) < (right.kind, right.subject)
    }
  }

  /// What is known of one condition: it waits to be raised, is an alarm, or was one not long ago.
  struct Entry {
    /// Since when it holds without an alarm.
    var heldSince: Int64?
    var alarm: Alarm?
    /// Since when the condition of the alarm is away, or less grave.
    var awaySince: Int64?
    var easierSince: Int64?
    var lastReminder: Int64 = 0
    /// How often it came back within the hour, and when it ended last.
    var returns = 0
    var endedAt: Int64?
  }

  public static let others = "others"

  public let node: String
  public let limits: Limits
  private let incarnation: UInt64
  private var lastAlarm: UInt64 = 0
  private var lastChange: UInt64 = 0
  var entries: [Key: Entry] = [:]
  /// Oldest first.
  private var past: [Alarm] = []
  /// Since the start, by kind of change.
  public private(set) var changeCounts: [AlarmChange.Kind: UInt64] = [:]

  /// - Parameter incarnation: of the node's run, so that ids of two runs differ.
  public init(node: String, incarnation: UInt64, limits: Limits = Limits()) {
    self.node = node
    self.incarnation = incarnation
    self.limits = limits
  }

  // MARK: what can be seen

  /// The gravest first, then the latest.
  public var active: [Alarm] {
    entries.values.compactMap(\.alarm).sorted {
      ($1.severity, $1.raisedMs, $0.kind, $0.subject) < ($0.severity, $0.raisedMs, $1.kind, $1.subject)
    }
  }

  /// Those that are over, the latest first.
  public var history: [Alarm] { past.reversed() }

  // MARK: what happens

  /// - Parameter conditions: all that hold now, in any order. Of several with the same kind and subject the gravest counts.
  public mutating func observe(_ conditions: [AlarmCondition], at now: AlarmTime) -> [AlarmChange] {
    let held = bounded(conditions)
    var changes: [AlarmChange] = []
    for key in Set(entries.keys).union(held.keys).sorted() {
      var entry = entries[key] ?? Entry()
      changes += step(&entry, key, held[key], now)
      let isRemembered = entry.endedAt.map { now.monotonic - $0 < limits.memory } ?? false
      entries[key] = entry.alarm == nil && entry.heldSince == nil && !isRemembered ? nil : entry
    }
    forgetTheOldest()
    return changes
  }

  /// - Throws: when there is nothing to acknowledge, or somebody else has. The same person may do it again, with another note.
  public mutating func acknowledge(
    _ id: String, by person: String, note: String?, at now: AlarmTime
  ) throws(AlarmRefusal) -> AlarmChange {
    if let note {
      guard note.utf8.count <= limits.note, !note.unicodeScalars.contains(where: \.isControl) else {
        throw .invalidNote(limit: limits.note)
      }
    }
    guard let (key, entry) = entries.first(where: { $0.value.alarm?.id == id }), var alarm = entry.alarm
    else {
      throw past.contains { $0.id == id } ? .over(id: id) : .unknown(id: id)
    }
    if let before = alarm.acknowledgment, before.by != person { throw .acknowledged(id: id, by: before.by) }
    alarm.acknowledgment = AlarmAcknowledgment(by: person, atMs: now.wall, note: note)
    entries[key]?.alarm = alarm
    return change(.acknowledged, alarm, now)
  }

  // MARK: one condition

  private mutating func step(
    _ entry: inout Entry, _ key: Key, _ condition: AlarmCondition?, _ now: AlarmTime
  ) -> [AlarmChange] {
    guard var alarm = entry.alarm else {
      guard let condition else {
        entry.heldSince = nil
        return []
      }
      let since = entry.heldSince ?? now.monotonic
      entry.heldSince = since
      guard now.monotonic - since >= key.kind.entry.raiseAfter else { return [] }
      return [raise(&entry, condition, now)]
    }
    guard let condition else {
      let since = entry.awaySince ?? now.monotonic
      entry.awaySince = since
      guard now.monotonic - since >= calm(key.kind, entry.returns) else {
        return remind(&entry, alarm, now)
      }
      return [end(&entry, alarm, now)]
    }
    if entry.awaySince != nil { alarm.repeats += 1 }
    entry.awaySince = nil
    alarm.detail = condition.detail
    entry.alarm = alarm
    if condition.severity == alarm.severity { entry.easierSince = nil }
    if condition.severity > alarm.severity {
      alarm.acknowledgment = nil
      return [regrade(&entry, alarm, .escalated, condition.severity, now)]
    }
    if condition.severity < alarm.severity {
      let since = entry.easierSince ?? now.monotonic
      entry.easierSince = since
      if now.monotonic - since >= calm(key.kind, entry.returns) {
        return [regrade(&entry, alarm, .eased, condition.severity, now)]
      }
    }
    return remind(&entry, alarm, now)
  }

  private mutating func raise(
    _ entry: inout Entry, _ condition: AlarmCondition, _ now: AlarmTime
  ) -> AlarmChange {
    let isReturn = entry.endedAt.map { now.monotonic - $0 < limits.memory } ?? false
    entry.returns = isReturn ? entry.returns + 1 : 0
    lastAlarm += 1
    let alarm = Alarm(
      id: "\(node)-\(incarnation)-\(lastAlarm)", node: node, kind: condition.kind, subject: condition.subject,
      severity: condition.severity, detail: condition.detail, raisedMs: now.wall, changedMs: now.wall)
    entry.alarm = alarm
    entry.heldSince = nil
    entry.awaySince = nil
    entry.easierSince = nil
    entry.lastReminder = now.monotonic
    return change(.raised, alarm, now)
  }

  private mutating func end(_ entry: inout Entry, _ alarm: Alarm, _ now: AlarmTime) -> AlarmChange {
    var alarm = alarm
    alarm.clearedMs = now.wall
    entry.alarm = nil
    entry.awaySince = nil
    entry.endedAt = now.monotonic
    past.append(alarm)
    if past.count > limits.history { past.removeFirst(past.count - limits.history) }
    return change(.cleared, alarm, now)
  }

  private mutating func regrade(
    _ entry: inout Entry, _ alarm: Alarm, _ kind: AlarmChange.Kind, _ severity: AlarmSeverity,
    _ now: AlarmTime
  ) -> AlarmChange {
    var alarm = alarm
    alarm.severity = severity
    alarm.changedMs = now.wall
    entry.alarm = alarm
    entry.easierSince = nil
    entry.lastReminder = now.monotonic
    // What goes up and down flaps as well.
    if kind == .eased { entry.returns += 1 }
    return change(kind, alarm, now)
  }

  private mutating func remind(_ entry: inout Entry, _ alarm: Alarm, _ now: AlarmTime) -> [AlarmChange] {
    guard alarm.severity == .critical, alarm.acknowledgment == nil,
      now.monotonic - entry.lastReminder >= limits.reminder
    else { return [] }
    entry.lastReminder = now.monotonic
    return [change(.reminded, alarm, now)]
  }

  private mutating func change(_ kind: AlarmChange.Kind, _ alarm: Alarm, _ now: AlarmTime) -> AlarmChange {
    lastChange += 1
    changeCounts[kind, default: 0] += 1
    return AlarmChange(number: lastChange, kind: kind, alarm: alarm, atMs: now.wall)
  }

  /// How long a condition must be away.
  private func calm(_ kind: AlarmKind, _ returns: Int) -> Int64 {
    // A kind that is cleared at once must not flap at once.
    let base = returns == 0 ? kind.entry.clearAfter : max(kind.entry.clearAfter, 1_000)
    return min(base << Int64(min(returns, 10)), max(limits.longestCalm, base))
  }
}
