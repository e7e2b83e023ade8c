// Alarms as the API, webhooks and tools write and read them: values. Fields may be added, none changes its meaning.

/// One alarm. Kinds and severities are text, so that an older tool reads what a newer node says.
public struct AlarmReport: Codable, Equatable, Sendable {
  public var id: String
  public var node: String
  public var kind: String
  public var subject: String
  public var severity: String
  public var detail: String
  public var raisedMs: Int64
  public var changedMs: Int64
  public var clearedMs: Int64?
  public var repeats: Int
  public var acknowledgment: AlarmAcknowledgment?
  /// What it means, and what to do: from the catalogue of the node that raised it.
  public var meaning: String
  public var advice: String

  public init(_ alarm: Alarm) {
    id = alarm.id
    node = alarm.node
    kind = alarm.kind.rawValue
    subject = alarm.subject
    severity = alarm.severity.rawValue
    detail = alarm.detail
    raisedMs = alarm.raisedMs
    changedMs = alarm.changedMs
    clearedMs = alarm.clearedMs
    repeats = alarm.repeats
    acknowledgment = alarm.acknowledgment
    meaning = alarm.kind.entry.meaning
    advice = alarm.kind.entry.advice
  }
}

/// One change of an alarm: an event of `/v1/events`, and the body of a webhook.
public struct AlarmChangeReport: Codable, Equatable, Sendable {
  /// An `AlarmChange.Kind`.
  public var change: String
  /// Consecutive for each run of a node: a gap is something that was missed.
  public var number: UInt64
  public var atMs: Int64
  public var cluster: String
  /// How many changes before this one were dropped, because the receiver took none for too long; nil in event streams.
  public var dropped: UInt64?
  public var alarm: AlarmReport

  public init(_ change: AlarmChange, cluster: String, dropped: UInt64? = nil) {
    self.change = change.kind.rawValue
    number = change.number
    atMs = change.atMs
    self.cluster = cluster
    self.dropped = dropped
    alarm = AlarmReport(change.alarm)
  }
}

/// `GET /v1/alarms`, and the first alarm event of a stream, which has no history.
public struct AlarmList: Codable, Equatable, Sendable {
  /// The node that answers: its own alarms only.
  public var node: String
  /// The gravest first, then the latest.
  public var active: [AlarmReport]
  /// Those that are over, the latest first.
  public var history: [AlarmReport]?

  public init(node: String, active: [AlarmReport], history: [AlarmReport]?) {
    self.node = node
    self.active = active
    self.history = history
  }
}

/// How many alarms a node has.
public struct AlarmCounts: Codable, Equatable, Sendable {
  public var critical = 0
  public var warning = 0
  public var info = 0
  /// Those of any severity that nobody has acknowledged.
  public var unacknowledged = 0

  public init(_ active: [Alarm] = []) {
    for alarm in active {
      switch alarm.severity {
      case .critical: critical += 1
      case .warning: warning += 1
      case .info: info += 1
      }
      if alarm.acknowledgment == nil { unacknowledged += 1 }
    }
  }
}
