// Judges how close to their end certificates are: a pure value. Dates and the time in, alarms out.

/// How urgent a renewal is. The raw values are in answers of the API: never change one.
public enum CertificateLevel: String, CaseIterable, Codable, Comparable, Sendable {
  case well
  /// Less than 30 days are left.
  case info
  /// Less than 7 days are left.
  case warning
  /// Less than a day is left.
  case critical
  case expired

  private var rank: Int {
    switch self {
    case .well: 0
    case .info: 1
    case .warning: 2
    case .critical: 3
    case .expired: 4
    }
  }

  public static func < (left: CertificateLevel, right: CertificateLevel) -> Bool { left.rank < right.rank }

  /// - Parameters:
  ///   - expires: with `now` in seconds since 1970.
  public init(expires: Int64, now: Int64) {
    let (left, overflow) = expires.subtractingReportingOverflow(now)
    switch overflow ? (expires < now ? -1 : .max) : left {
    case ..<0: self = .expired
    case ..<86_400: self = .critical
    case ..<(7 * 86_400): self = .warning
    case ..<(30 * 86_400): self = .info
    default: self = .well
    }
  }
}

/// Something about certificates that a person should know, or need not worry about any more.
public struct CertificateAlarm: Equatable, Sendable {
  /// `well` ends an alarm.
  public var level: CertificateLevel
  public var file: CertificateFile
  /// What is wrong, what it means, and what to do.
  public var words: String
}

/// Remembers what was said, so that each level of each file is said once: when it gets worse, and when it is well again.
public struct CertificateExpiry: Sendable {
  private var levels: [CertificateFile: CertificateLevel] = [:]
  private var saidRevoked = false

  public init() {}

  /// - Parameter now: seconds since 1970.
  public mutating func observe(_ status: CertificateStatus, now: Int64) -> [CertificateAlarm] {
    var alarms: [CertificateAlarm] = []
    for date in status.dates {
      let level = CertificateLevel(expires: date.expires, now: now)
      let before = levels.updateValue(level, forKey: date.file) ?? .well
      if level > before {
        alarms.append(
          CertificateAlarm(
            level: level, file: date.file, words: Self.words(date, holder: status.holder, now: now)))
      } else if level == .well, before > .well {
        let left = Self.words(date.expires - now)
        alarms.append(
          CertificateAlarm(level: .well, file: date.file, words: "\(date.path) is good for another \(left)"))
      }
    }
    if status.isRevoked, !saidRevoked {
      alarms.append(
        CertificateAlarm(level: .expired, file: .own, words: Self.revoked(status)))
    }
    saidRevoked = status.isRevoked
    return alarms
  }

  private static func words(_ date: CertificateStatus.Dated, holder: NodeID, now: Int64) -> String {
    let left = date.expires - now
    let ends = left < 0 ? "expired \(words(-left)) ago" : "expires in \(words(left))"
    switch date.file {
    case .own:
      let effect = left < 0 ? "no peer lets this node in any more" : "after that no peer lets this node in"
      return "the certificate of this node, \(date.path), \(ends): \(effect). \(renewal(holder))"
    case .authority:
      return
        "the authority's certificate, \(date.path), \(ends), and every certificate with it. Make a new authority in a "
        + "directory of its own (switchboard pki init), put its ca.pem behind the old one in the authority file of every node, "
        + "and then give every node a certificate of the new one (switchboard pki issue); nothing needs a restart"
    case .revocationList:
      let due = left < 0 ? "was due \(words(-left)) ago" : "is due in \(words(left))"
      return
        "the successor of the revocation list \(date.path) \(due). The list stays in force; sign a new one with "
        + "switchboard pki revoke --directory AUTHORITY --refresh, and copy its crl.pem to every node"
    }
  }

  private static func revoked(_ status: CertificateStatus) -> String {
    "the certificate of this node (serial \(status.serial)) was revoked: peers that know it do not let this node in. "
      + renewal(status.holder)
  }

  private static func renewal(_ holder: NodeID) -> String {
    "Renew it with switchboard pki renew --directory AUTHORITY --name \(holder), where the authority is, and replace "
      + "certificate and key here; they are taken up without a restart"
  }

  /// A length of time in the unit that people would use.
  package static func words(_ seconds: Int64) -> String {
    switch seconds {
    case ..<120: return "\(seconds) seconds"
    case ..<7200: return "\(seconds / 60) minutes"
    case ..<172_800: return "\(seconds / 3600) hours"
    default: return "\(seconds / 86_400) days"
    }
  }
}
