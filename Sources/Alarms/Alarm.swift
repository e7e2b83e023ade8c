// One alarm, and what changes about it: values.

/// What is the case now: the input of the board.
public struct AlarmCondition: Equatable, Sendable {
  public var kind: AlarmKind
  /// What it is about: a node, a partition, a file. One alarm per kind and subject.
  public var subject: String
  public var severity: AlarmSeverity
  /// What exactly is the case, for people.
  public var detail: String

  public init(_ kind: AlarmKind, _ subject: String, _ severity: AlarmSeverity, _ detail: String) {
    self.kind = kind
    self.subject = subject
    self.severity = severity
    self.detail = detail
  }
}

/// When something is seen.
public struct AlarmTime: Equatable, Sendable {
  /// Milliseconds on a clock that only runs forward: what all intervals are measured by.
  public var monotonic: Int64
  /// Milliseconds since 1970: for people only.
  public var wall: Int64

  public init(monotonic: Int64, wall: Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// That a person has seen an alarm and takes care of it.
public struct AlarmAcknowledgment: Codable, Equatable, Sendable {
  /// Who: the name of the token.
  public var by: String
  /// When, in milliseconds since 1970.
  public var atMs: Int64
  public var note: String?

  public init(by: String, atMs: Int64, note: String?) {
    self.by = by
    self.atMs = atMs
    self.note = note
  }
}

/// One alarm from when it is raised until it is cleared.
public struct Alarm: Equatable, Sendable {
  /// `NODE-INCARNATION-NUMBER`: of this occurrence only. The same condition a day later is another alarm.
  public let id: String
  /// The node that raised it.
  public let node: String
  public let kind: AlarmKind
  public let subject: String
  public internal(set) var severity: AlarmSeverity
  /// As it was seen last.
  public internal(set) var detail: String
  /// Milliseconds since 1970, as the other times.
  public let raisedMs: Int64
  /// When its severity changed last.
  public internal(set) var changedMs: Int64
  public internal(set) var clearedMs: Int64?
  /// How often its condition went away for too short a time to clear it.
  public internal(set) var repeats = 0
  /// Of the severity that it has: when that rises, somebody has to look again.
  public internal(set) var acknowledgment: AlarmAcknowledgment?

  public var isActive: Bool { clearedMs == nil }
}

/// One step in an alarm's life.
public struct AlarmChange: Equatable, Sendable {
  /// The raw values are in event streams and forwarded alarms: never change one.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    case raised
    /// It is graver than before; an acknowledgment is void.
    case escalated
    /// It is less grave than before.
    case eased
    case acknowledged
    /// It is critical, and nobody has acknowledged it for a while.
    case reminded
    case cleared
  }

  /// Consecutive for each run of a node, from 1.
  public let number: UInt64
  public let kind: Kind
  /// As it is after the change.
  public let alarm: Alarm
  /// Milliseconds since 1970.
  public let atMs: Int64
}

/// Why an alarm cannot be acknowledged.
public enum AlarmRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknown(id: String)
  case over(id: String)
  case acknowledged(id: String, by: String)
  case invalidNote(limit: Int)

  public var description: String {
    switch self {
    case .unknown(let id):
      "there is no alarm '\(id)' on this node: ids are those of GET /v1/alarms, and each node has its own"
    case .over(let id): "the alarm '\(id)' is over: there is nothing to acknowledge"
    case .acknowledged(let id, let by): "'\(by)' has acknowledged the alarm '\(id)' already"
    case .invalidNote(let limit): "the note must have at most \(limit) bytes, and no control characters"
    }
  }
}
