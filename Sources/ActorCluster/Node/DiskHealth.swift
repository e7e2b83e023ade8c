// Judges a node's disk by its room and its speed: a pure value. Observations and the time in, alarms out.
package import NodeStore

/// What a node's disk is fit for, from the best to the worst. The raw values are on the wire: never change one.
public enum DiskLevel: String, Codable, CaseIterable, Sendable {
  case well
  /// An alarm, and nothing else.
  case low
  /// Much slower than the others': the node leads nothing.
  case slow
  /// Only the reserve is left: the node leads nothing, and takes no new commands where it has to lead all the same.
  case reserved
  /// Writes find no room: they wait. As `reserved` otherwise.
  case full

  /// Whether leaderships may be with this node.
  public var mayLead: Bool { self == .well || self == .low }

  /// Whether a leader on this node takes new commands from outside.
  public var takesCommands: Bool { mayLead || self == .slow }
}

/// What is known of a disk at one moment.
package struct DiskObservation: Sendable {
  /// Nil when nobody can say.
  package var space: DiskSpace?
  /// A write waits for room.
  package var isFull = false
  /// How long the node's commits take, in microseconds; nil when there are hardly any.
  package var commitMicroseconds: UInt64?
  /// The same of those other nodes that say it.
  package var others: [UInt64] = []

  package init() {}
}

/// Something that a person should know, or need not worry about any more.
package struct DiskAlarm: Equatable, Sendable {
  /// What the disk has become: `well` ends an alarm of its room, and `isSpeed` tells the two kinds apart.
  package var level: DiskLevel
  package var isSpeed: Bool
  /// What is wrong, what the node does, and what to do.
  package var words: String
}

/// Two judgments, of room and of speed, and the worse of both as the level. Worse is believed at once where room is
/// concerned, and after ten seconds for speed. Better is believed only above 1.2 times the watermark for five seconds, and
/// below half the limit for thirty: so neither flaps.
package struct DiskHealth: Sendable {
  private enum Room: Int, Comparable, Sendable {
    case enough, low, reserved, full

    static func < (left: Room, right: Room) -> Bool { left.rawValue < right.rawValue }
  }

  /// Milliseconds until room is believed to be there again.
  package static let roomCalm: Int64 = 5_000
  /// Milliseconds until a slow disk is believed to be one.
  package static let slowPatience: Int64 = 10_000
  /// Milliseconds until a slow disk is believed to be well.
  package static let slowCalm: Int64 = 30_000

  private let settings: DiskSettings
  private var room = Room.enough
  /// Since when there has been more room than `room` says.
  private var roomierSince: Int64?
  private var isSlow = false
  private var slowSince: Int64?
  private var quickSince: Int64?

  package init(settings: DiskSettings) {
    self.settings = settings
  }

  package var level: DiskLevel {
    switch room {
    case .full: .full
    case .reserved: .reserved
    case .low: isSlow ? .slow : .low
    case .enough: isSlow ? .slow : .well
    }
  }

  /// - Parameter now: milliseconds on a clock that only runs forward.
  package mutating func observe(_ seen: DiskObservation, at now: Int64) -> [DiskAlarm] {
    var alarms: [DiskAlarm] = []
    if judgeRoom(seen, now) { alarms.append(roomAlarm(seen)) }
    if judgeSpeed(seen, now) { alarms.append(speedAlarm(seen)) }
    return alarms
  }

  // MARK: room

  /// Whether the judgment changed.
  private mutating func judgeRoom(_ seen: DiskObservation, _ now: Int64) -> Bool {
    let found = roomFound(seen)
    guard found < room else {
      roomierSince = nil
      defer { room = found }
      return found > room
    }
    let since = roomierSince ?? now
    roomierSince = since
    guard now - since >= Self.roomCalm else { return false }
    room = found
    roomierSince = nil
    return true
  }

  private func roomFound(_ seen: DiskObservation) -> Room {
    if seen.isFull { return .full }
    guard let space = seen.space else { return .enough }
    if space.free < mark(settings.reserveBytes, leaving: room >= .reserved) { return .reserved }
    if space.free < mark(settings.low(ofTotal: space.total), leaving: room >= .low) { return .low }
    return .enough
  }

  private func mark(_ bytes: UInt64, leaving: Bool) -> UInt64 {
    leaving ? bytes.addingReportingOverflow(bytes / 5).partialValue : bytes
  }

  // MARK: speed

  /// Whether the judgment changed.
  private mutating func judgeSpeed(_ seen: DiskObservation, _ now: Int64) -> Bool {
    let reference = Self.lowerMedian(seen.others)
    let limit = settings.slowLimit(reference: reference ?? 0)
    // Without others nobody can say that this disk is the slow one. Without commits it does no harm.
    let looksSlow = reference != nil && (seen.commitMicroseconds.map { $0 > limit } ?? false)
    let looksQuick = seen.commitMicroseconds.map { $0 <= limit / 2 } ?? true
    slowSince = looksSlow ? slowSince ?? now : nil
    quickSince = looksQuick ? quickSince ?? now : nil
    if !isSlow, let slowSince, now - slowSince >= Self.slowPatience {
      isSlow = true
      return true
    }
    if isSlow, let quickSince, now - quickSince >= Self.slowCalm {
      isSlow = false
      return true
    }
    return false
  }

  /// Of two the better one: where two of three are slow, both are.
  package static func lowerMedian(_ values: [UInt64]) -> UInt64? {
    values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
  }

  // MARK: words

  private func roomAlarm(_ seen: DiskObservation) -> DiskAlarm {
    let free =
      seen.space.map { "\(Self.size($0.free)) of \(Self.size($0.total)) are free" } ?? "its room is unknown"
    let reserve = Self.size(settings.reserveBytes)
    let (level, words): (DiskLevel, String) =
      switch room {
      case .enough:
        (.well, "the disk of the data directory has room again: \(free)")
      case .low:
        (
          .low,
          "the disk of the data directory is short of room: \(free). Free some: below \(reserve) this node gives its "
            + "leaderships to others"
        )
      case .reserved:
        (
          .reserved,
          "the disk of the data directory has only its reserve of \(reserve) left: \(free). This node gives its "
            + "leaderships to others and takes no new commands until it has more. Free some; it comes back by itself"
        )
      case .full:
        (
          .full,
          "a write found no room on the disk of the data directory: \(free). Nothing is lost: what this node cannot "
            + "write waits, and its leaderships go to other nodes. Free some, or raise the quota; it comes back by itself"
        )
      }
    return DiskAlarm(level: level, isSpeed: false, words: words)
  }

  private func speedAlarm(_ seen: DiskObservation) -> DiskAlarm {
    func milliseconds(_ value: UInt64?) -> String { value.map { "\(Double($0 / 10) / 100) ms" } ?? "unknown" }
    let figures =
      "its commits take \(milliseconds(seen.commitMicroseconds)), those of other nodes "
      + milliseconds(Self.lowerMedian(seen.others))
    guard isSlow else {
      return DiskAlarm(
        level: .well, isSpeed: true,
        words: "the disk of the data directory is as fast as others again: \(figures)")
    }
    return DiskAlarm(
      level: .slow, isSpeed: true,
      words:
        "the disk of the data directory is much slower than those of other nodes: \(figures). This node gives its "
        + "leaderships to others. Look for a failing disk, a rebuild, or another load on it; it takes leaderships again "
        + "after \(Self.slowCalm / 1_000) s at normal speed")
  }

  /// Bytes for people.
  static func size(_ bytes: UInt64) -> String {
    if bytes >= 10 << 30 { return "\(bytes >> 30) GB" }
    if bytes >= 10 << 20 { return "\(bytes >> 20) MB" }
    return bytes >= 10 << 10 ? "\(bytes >> 10) KB" : "\(bytes) bytes"
  }
}
