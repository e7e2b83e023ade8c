// Keeps holders of revoked certificates out: new ones after TLS has verified them, connected ones after a reload. On the event
// loop.

internal import NIOSSL
internal import RevocationList

extension Rejection.Code {
  package static let revoked = Rejection.Code(rawValue: 9)
}

extension TransportCore {
  /// Asked after TLS verified the certificate, so that the peer hears in words why it may not connect.
  func revocation(of certificate: NIOSSLCertificate?) -> Rejection? {
    guard let certificate, case .mutualTLS(let contexts) = security,
      contexts.current.isRevoked(certificate)
    else { return nil }
    let names = certificate.switchboardURIs
    return Rejection(
      code: .revoked,
      words:
        "the certificate of \(names.isEmpty ? "nobody" : names.joined(separator: ", ")) (serial \(CertificateSerial(bytes: certificate.serialNumber))) was revoked, as \(configuration.identity.node) knows: issue a new one with switchboard pki renew"
    )
  }

  /// The list of revoked certificates was replaced.
  func closeRevoked() {
    for id in connections.keys.sorted() {
      // The end of one connection may have ended the next: each peer is logged once.
      guard let connection = connections[id], let rejection = revocation(of: connection.peerCertificate)
      else { continue }
      log(
        "cut off the peer at \(connection.remoteAddress)",
        subject: "\(connection.remoteHost) cut off \(rejection)",
        .refused(rejection))
      connection.close(.closedHere(.revoked(rejection.words)))
    }
  }
}
