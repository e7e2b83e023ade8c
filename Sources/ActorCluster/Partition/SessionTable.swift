// Replies by command id, so that a retry has one effect: a pure value, part of a partition's replicated state.
internal import CBOR
internal import DequeModule
internal import PlantedBugs

/// The client session table of the Raft dissertation (section 6.3), per partition.
///
/// A reply is kept until its caller says that it has it (`firstOutstanding`), until its session holds more than
/// `repliesPerSession`, or until the session was idle for `retentionHours` of partition time. A reply that is
/// forgotten raises its session's floor: an id below the floor is refused as `outcomeUnknown`, never executed. A
/// session that was idle for the whole retention is forgotten itself.
///
/// Everything here is a function of the records applied, not of when a replica was restarted. Time here is the
/// partition's session time, which a step of a clock cannot make jump (see `PartitionState`).
package struct SessionTable: Sendable {
  package enum Lookup: Equatable, Sendable {
    case new
    case replied([UInt8])
    /// The id was used for another method or argument.
    case reused
    case forgotten
    case full
  }

  package struct Limits: Sendable {
    package var repliesPerSession = 4_096
    package var repliesPerPartition = 250_000
    package var retentionHours: Int64 = 1
    package init() {}
  }

  package static let rowType = "$session"
  static let headerRow = "header"

  private var sessions: [SessionID: Session] = [:]
  /// Sessions by the hour of partition time in which they were last used: at most `retentionHours` + 2 buckets.
  private var hours: [Int64: Set<SessionID>] = [:]
  private let limits: Limits
  /// Replies held, all sessions together.
  package private(set) var count = 0

  package init(limits: Limits = Limits()) {
    self.limits = limits
  }

  package func lookup(_ id: CommandID, fingerprint: UInt64 = 0) -> Lookup {
    if let session = sessions[id.session] {
      if let stored = session.reply(id.sequence) {
        return stored.fingerprint == fingerprint ? .replied(stored.reply) : .reused
      }
      if id.sequence < session.header.floor { return .forgotten }
    }
    return isFull ? .full : .new
  }

  package var sessionCount: Int { sessions.count }

  package var isFull: Bool { max(count, sessions.count) >= limits.repliesPerPartition }

  /// Remembers a reply and forgets what need not be remembered any more.
  package mutating func record(
    _ id: CommandID, reply: [UInt8], fingerprint: UInt64 = 0, firstOutstanding: UInt64, at milliseconds: Int64
  ) -> [SessionChange] {
    var changes: [SessionChange] = []
    var session = sessions.removeValue(forKey: id.session) ?? Session()
    let before = session.isStored ? session.header : nil
    let stored = StoredReply(reply: reply, fingerprint: fingerprint)
    session.insert(id.sequence, stored)
    count += 1
    changes.append(.reply(id, stored))
    while let first = session.first,
      first < firstOutstanding || session.count > limits.repliesPerSession
    {
      session.removeFirst()
      count -= 1
      changes.append(.reply(CommandID(session: id.session, sequence: first), nil))
    }
    // What the caller is done with is not executed any more, also where no reply was recorded (a refusal).
    session.header.floor = max(session.header.floor, min(firstOutstanding, id.sequence))
    let hour = milliseconds / 3_600_000
    if session.header.hour != hour || !session.isStored {
      hours[session.header.hour]?.remove(id.session)
      hours[hour, default: []].insert(id.session)
      session.header.hour = hour
    }
    if session.header != before {
      changes.append(.header(id.session, session.header))
      session.isStored = true
    }
    sessions[id.session] = session
    return changes
  }

  /// Whether `expire` would forget anything.
  package func isExpiryDue(at milliseconds: Int64) -> Bool {
    (hours.keys.min() ?? .max) < milliseconds / 3_600_000 - limits.retentionHours
  }

  /// Forgets the sessions that were idle for the whole retention.
  package mutating func expire(at milliseconds: Int64) -> [SessionChange] {
    guard isExpiryDue(at: milliseconds) else { return [] }
    let cutoff = milliseconds / 3_600_000 - limits.retentionHours
    var changes: [SessionChange] = []
    for hour in hours.keys.filter({ $0 < cutoff }).sorted() {
      for id in (hours.removeValue(forKey: hour) ?? []).sorted() {
        guard let session = sessions.removeValue(forKey: id) else { continue }
        count -= session.count
        changes += session.sequences.map { .reply(CommandID(session: id, sequence: $0), nil) }
        changes.append(.header(id, nil))
      }
    }
    return changes
  }

  // MARK: rows

  /// Takes one stored row back.
  package mutating func restore(session text: String, row: String, value: [UInt8]) throws {
    if isPlanted(.reuseSessionSequence) { return }
    guard let id = SessionID(text) else {
      throw ClusterError.invalidCall("stored session id '\(text)' is not 32 hexadecimal digits")
    }
    var session = sessions.removeValue(forKey: id) ?? Session()
    if row == Self.headerRow {
      session.header = try CBORDecoder().decode(SessionHeader.self, from: value)
      session.isStored = true
      hours[session.header.hour, default: []].insert(id)
    } else if let sequence = UInt64(row, radix: 16) {
      session.insert(sequence, try CBORDecoder().decode(StoredReply.self, from: value))
      count += 1
    }
    sessions[id] = session
  }
}

private struct Session: Sendable {
  var header = SessionHeader()
  var isStored = false
  /// In order of sequence.
  private var replies: Deque<(sequence: UInt64, reply: StoredReply)> = []

  var count: Int { replies.count }
  var first: UInt64? { replies.first?.sequence }
  var sequences: [UInt64] { replies.map(\.sequence) }

  func reply(_ sequence: UInt64) -> StoredReply? {
    let position = position(of: sequence)
    guard position < replies.count, replies[position].sequence == sequence else { return nil }
    return replies[position].reply
  }

  mutating func insert(_ sequence: UInt64, _ reply: StoredReply) {
    replies.insert((sequence, reply), at: position(of: sequence))
  }

  mutating func removeFirst() {
    header.floor = max(header.floor, replies.removeFirst().sequence + 1)
  }

  /// The first position whose sequence is not below. Sequences mostly grow, so the search starts at the end.
  private func position(of sequence: UInt64) -> Int {
    var low = 0
    var high = replies.count
    if let last = replies.last, last.sequence < sequence { return high }
    while low < high {
      let middle = (low + high) / 2
      if replies[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
