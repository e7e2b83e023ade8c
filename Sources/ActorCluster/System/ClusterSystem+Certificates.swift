// What operators see of a system's certificates, and their reload.
public import PeerTransport

extension ClusterSystem {
  /// The TLS files in use.
  public var certificates: CertificateStatus { transport.certificates }

  /// Reads the TLS files again; see ``PeerTransport/reloadCertificates()``.
  public func reloadCertificates() throws(TransportError) { try transport.reloadCertificates() }

  /// The time that certificates are judged by: this machine's, in seconds since 1970.
  public var secondsNow: Int64 { clock.wall() / 1000 }
}
