// Whether a node's own clock agrees with the others': a pure value. Offsets and the time in, alarms out.

/// When a node's wall clock is too far from the others' to lead.
public struct ClockSettings: Equatable, Sendable {
  /// How far it may be from the median of a majority, in milliseconds.
  public var limitMilliseconds: Int64 = 1_000
  /// How long it must be within half of that again.
  public var recoveryMilliseconds: Int64 = 5_000

  public init() {}
}

/// Something that a person should know of a clock, or need not worry about any more.
package struct ClockAlarm: Equatable, Sendable {
  package var isOff: Bool
  package var words: String
}

/// A clock in 1970 or an hour ahead moves no partition's time (`ClockMedian`), but a node with such a clock leads nothing either:
/// were others to fail, it would be one of the few whose clocks count.
package struct ClockHealth: Equatable, Sendable {
  private let settings: ClockSettings
  package private(set) var isOff = false
  private var wellSince: Int64?

  package init(settings: ClockSettings = ClockSettings()) {
    self.settings = settings
  }

  /// - Parameter offset: the own clock less the median of a majority, in milliseconds; nil while nobody can tell: then what
  ///   was last known stands.
  package mutating func observe(offset: Int64?, at now: Int64) -> ClockAlarm? {
    guard let offset else { return nil }
    if offset.magnitude > UInt64(max(0, settings.limitMilliseconds)) {
      wellSince = nil
      guard !isOff else { return nil }
      isOff = true
      return ClockAlarm(
        isOff: true,
        words:
          "this node's clock is \(Self.words(offset)) the others': it leads nothing until that is over; set its "
          + "clock, and look at what should keep it (chrony, systemd-timesyncd, ptp)")
    }
    guard isOff else { return nil }
    guard offset.magnitude <= UInt64(max(0, settings.limitMilliseconds / 2)) else {
      wellSince = nil
      return nil
    }
    let since = wellSince ?? now
    wellSince = since
    guard now - since >= settings.recoveryMilliseconds else { return nil }
    isOff = false
    wellSince = nil
    return ClockAlarm(isOff: false, words: "this node's clock agrees with the others' again: it may lead")
  }

  /// `3600.0 s ahead of`
  private static func words(_ offset: Int64) -> String {
    let tenths = offset.magnitude / 100
    return "\(tenths / 10).\(tenths % 10) s \(offset < 0 ? "behind" : "ahead of")"
  }
}
