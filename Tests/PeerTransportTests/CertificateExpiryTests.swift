// When an alarm is due before a certificate ends, and what it says.

import PeerTransport
import Testing

struct CertificateExpiryTests {
  private let day: Int64 = 86_400

  private func status(_ own: Int64, authority: Int64 = 1 << 40, list: Int64? = nil, isRevoked: Bool = false)
    -> CertificateStatus
  {
    var dates = [
      CertificateStatus.Dated(file: .own, path: "/pki/north.pem", expires: own),
      CertificateStatus.Dated(file: .authority, path: "/pki/ca.pem", expires: authority),
    ]
    if let list {
      dates.append(CertificateStatus.Dated(file: .revocationList, path: "/pki/crl.pem", expires: list))
    }
    return CertificateStatus(
      holder: NodeID(rawValue: "north"), serial: "0a", dates: dates, isRevoked: isRevoked)
  }

  @Test func levelsChangeThirtySevenAndOneDayBefore() {
    let levels: [(Int64, CertificateLevel)] = [
      (365 * day, .well), (30 * day, .well), (30 * day - 1, .info), (7 * day, .info), (7 * day - 1, .warning),
      (day, .warning), (day - 1, .critical), (0, .critical), (-1, .expired), (-1000 * day, .expired),
    ]
    for (left, level) in levels {
      #expect(CertificateLevel(expires: 1_800_000_000 + left, now: 1_800_000_000) == level, "\(left) s")
    }
    #expect(
      CertificateLevel(expires: .max, now: -5) == .well && CertificateLevel(expires: .min, now: 5) == .expired
    )
    #expect(CertificateLevel.allCases == CertificateLevel.allCases.sorted())
  }

  @Test func eachLevelIsSaidOnceWithWhatToDo() {
    var expiry = CertificateExpiry()
    let end = 400 * day
    var said: [(Int64, CertificateLevel)] = []
    for hour in 0...(24 * 401) {
      for alarm in expiry.observe(status(end), now: Int64(hour) * 3600) {
        #expect(alarm.file == .own && alarm.words.contains("/pki/north.pem"))
        #expect(alarm.words.contains("switchboard pki renew --directory AUTHORITY --name north"))
        said.append((Int64(hour) / 24, alarm.level))
      }
    }
    #expect(said.map(\.1) == [.info, .warning, .critical, .expired])
    #expect(said.map(\.0) == [370, 393, 399, 400])
    // Renewed: all is well, which is said once; then it begins anew.
    let renewed = status(end + 366 * day)
    #expect(expiry.observe(renewed, now: end).map(\.level) == [.well])
    #expect(expiry.observe(renewed, now: end + day) == [])
    #expect(expiry.observe(renewed, now: end + 360 * day).map(\.level) == [.warning])
  }

  @Test func aNodeThatStartsLateHearsTheWorstAtOnce() {
    var expiry = CertificateExpiry()
    let alarms = expiry.observe(status(3600, authority: 6 * day, list: -day), now: 0)
    #expect(alarms.map(\.file) == [.own, .authority, .revocationList])
    #expect(alarms.map(\.level) == [.critical, .warning, .expired])
    #expect(alarms[0].words.contains("expires in 60 minutes"))
    #expect(alarms[1].words.contains("switchboard pki init") && alarms[1].words.contains("/pki/ca.pem"))
    #expect(
      alarms[2].words.contains("was due 24 hours ago") && alarms[2].words.contains("stays in force")
        && alarms[2].words.contains("--refresh"))
  }

  @Test func aRevokedNodeIsToldOnce() {
    var expiry = CertificateExpiry()
    let revoked = status(400 * day, isRevoked: true)
    #expect(expiry.observe(revoked, now: 0).map(\.level) == [.expired])
    #expect(expiry.observe(revoked, now: 10) == [])
    #expect(expiry.observe(status(400 * day), now: 20) == [])
    #expect(expiry.observe(revoked, now: 30).first?.words.contains("serial 0a") == true)
  }
}
