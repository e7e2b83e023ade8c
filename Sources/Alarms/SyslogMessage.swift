// An alarm's change as a line of syslog (RFC 5424): pure.

/// The facilities that a receiver may sort by (RFC 5424, table 1): those for programs of one's own and for daemons.
public enum SyslogFacility: String, CaseIterable, Sendable {
  case user, daemon, local0, local1, local2, local3, local4, local5, local6, local7

  public var number: Int {
    switch self {
    case .user: 1
    case .daemon: 3
    case .local0: 16
    case .local1: 17
    case .local2: 18
    case .local3: 19
    case .local4: 20
    case .local5: 21
    case .local6: 22
    case .local7: 23
    }
  }
}

public enum SyslogMessage {
  /// What every receiver should take (RFC 5424, section 6.1); longer texts are cut.
  public static let byteLimit = 2_048

  /// The structured data's name: 32473 is the number that is reserved for those who have none of their own (RFC 5612).
  static let dataID = "alarm@32473"

  /// - Parameters:
  ///   - process: the number of the process that sends it.
  ///   - dropped: how many changes before this one were.
  public static func bytes(
    _ change: AlarmChange, cluster: String, facility: SyslogFacility, process: Int32, dropped: UInt64
  ) -> [UInt8] {
    let alarm = change.alarm
    var parameters = [
      ("cluster", cluster), ("id", alarm.id), ("kind", alarm.kind.rawValue), ("subject", alarm.subject),
      ("severity", alarm.severity.rawValue), ("change", change.kind.rawValue), ("number", "\(change.number)"),
      ("repeats", "\(alarm.repeats)"),
    ]
    if let acknowledgment = alarm.acknowledgment {
      parameters.append(("by", acknowledgment.by))
      if let note = acknowledgment.note { parameters.append(("note", cut(note, to: 256))) }
    }
    if dropped > 0 { parameters.append(("dropped", "\(dropped)")) }
    let data = parameters.map { "\($0.0)=\"\(escaped(oneLine($0.1)))\"" }.joined(separator: " ")
    let head =
      "<\(facility.number * 8 + severity(change))>1 \(timestamp(change.atMs)) \(name(alarm.node, 255)) switchboard \(process) "
      + "\(name(alarm.kind.rawValue, 32)) [\(dataID) \(data)] "
    let words = oneLine(text(change))
    // A text that is not plain ASCII is marked as UTF-8 (section 6.4).
    let mark = words.utf8.allSatisfy { $0 < 0x80 } ? "" : "\u{FEFF}"
    let room = max(0, byteLimit - head.utf8.count - mark.utf8.count)
    return Array((head + mark + cut(words, to: room)).utf8)
  }

  /// One message in a stream of them (RFC 6587, section 3.4.1: octet counting).
  public static func framed(_ message: [UInt8]) -> [UInt8] { Array("\(message.count) ".utf8) + message }

  static func text(_ change: AlarmChange) -> String {
    let alarm = change.alarm
    let what = "alarm \(change.kind.rawValue): \(alarm.kind.rawValue) \(alarm.subject): \(alarm.detail)"
    switch change.kind {
    case .raised, .escalated, .reminded: return "\(what). What to do: \(alarm.kind.entry.advice)"
    case .acknowledged: return "\(what), by \(alarm.acknowledgment?.by ?? "somebody")"
    case .eased, .cleared: return what
    }
  }

  /// Critical, warning, informational; notice for what ends or is taken care of.
  private static func severity(_ change: AlarmChange) -> Int {
    switch (change.kind, change.alarm.severity) {
    case (.cleared, _), (.acknowledged, _): 5
    case (_, .critical): 2
    case (_, .warning): 4
    case (_, .info): 6
    }
  }

  /// RFC 3339 in UTC with milliseconds, by the civil calendar (days counted in eras of 400 years from 1 March).
  static func timestamp(_ milliseconds: Int64) -> String {
    // The year 9999 is the last that the form has.
    let time = min(max(milliseconds, 0), 253_402_300_799_999)
    let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000)
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let shifted = days + 719_468
    let era = shifted / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    let date = [
      padded(year + era * 400 + (month <= 2 ? 1 : 0), 4), padded(month, 2),
      padded(dayOfYear - (153 * part + 2) / 5 + 1, 2),
    ].joined(separator: "-")
    let clock = [second / 3_600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
    return "\(date)T\(clock).\(padded(fraction, 3))Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Printable ASCII without spaces, or nothing (`-`).
  private static func name(_ text: String, _ limit: Int) -> String {
    let kept = text.utf8.filter { (0x21...0x7E).contains($0) }.prefix(limit)
    return kept.isEmpty ? "-" : String(decoding: kept, as: UTF8.self)
  }

  /// Section 6.3.3.
  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("]", with: "\\]")
  }

  private static func oneLine(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { line.append(scalar.isControl ? " " : scalar) }
    return String(line)
  }

  /// Whole characters only.
  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var kept = String.UnicodeScalarView()
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      guard bytes <= limit else { break }
      kept.append(scalar)
    }
    return String(kept)
  }
}
