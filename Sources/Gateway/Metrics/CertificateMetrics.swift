// Which figures of a node's certificates are metrics: pure. Names are what dashboards rely on: never change one.
package import PeerTransport

extension PrometheusText {
  /// - Parameter now: seconds since 1970.
  package mutating func addCertificates(_ certificates: CertificateStatus, now: Int64) {
    add(
      "switchboard_certificate_expiry_seconds", .gauge,
      "Seconds until the certificate of this node and its authority's end, and until the next revocation list is due; 0 when it "
        + "is over. Alarm below 30 days (2592000), 7 days (604800) and a day (86400).",
      certificates.dates.map {
        ([("file", $0.file.rawValue)], UInt64(clamping: max(0, $0.expires - now)))
      })
    add(
      "switchboard_certificate_reload_failed", .gauge,
      "1 while the TLS files on the disk cannot be used, and those read before stay in use. Alarm when it is 1.",
      value: certificates.failure == nil ? 0 : 1)
    add(
      "switchboard_certificates_revoked", .gauge,
      "Certificates that the revocation list in use names.",
      value: UInt64(clamping: certificates.revokedCount))
  }
}
