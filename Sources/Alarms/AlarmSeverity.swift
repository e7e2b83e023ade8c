// How urgent an alarm is: a value.

/// Three grades. The raw values are in answers of the API, metrics and forwarded alarms: never change one.
public enum AlarmSeverity: String, Codable, CaseIterable, Comparable, Sendable {
  /// Worth knowing; nothing has to be done now.
  case info
  /// Something is broken or will be; the service goes on. In working hours.
  case warning
  /// The service, or what protects it, is gone or about to be. Now, whoever has to be woken for it.
  case critical

  private var rank: Int {
    switch self {
    case .info: 0
    case .warning: 1
    case .critical: 2
    }
  }

  public static func < (left: AlarmSeverity, right: AlarmSeverity) -> Bool { left.rank < right.rank }
}
