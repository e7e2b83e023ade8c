// A certificate with its key, as PEM text, and the files it goes into. Touches the file system in `write`.

/// A certificate that a ``CertificateAuthority`` has issued, with the private key made for it.
public struct IssuedCertificate: Sendable {
  /// The name of the node or client. The files are named after it.
  public let name: String
  public let role: CertificateRole
  /// `switchboard://<cluster>/<role>/<name>`, the identity that a peer proves with this certificate.
  public let identityURI: String
  /// The certificate in PEM form.
  public let certificatePEM: String
  /// The private key in PEM form (PKCS #8). Whoever has it is this node.
  public let privateKeyPEM: String
  /// The certificate of the authority in PEM form, which every peer needs to check the others.
  public let authorityPEM: String

  /// Writes `<name>.pem` (mode 0644) and `<name>.key` (mode 0600) into a directory, and `ca.pem` when it is
  /// not there.
  ///
  /// The directory is made with mode 0700 when it is missing. Each file appears complete or not at all, and
  /// none is ever overwritten: when one of the two exists, nothing is written.
  /// - Throws: ``CertificateAuthorityError`` that names the file and what to do.
  public func write(to directory: String) throws(CertificateAuthorityError) {
    try PrivateDirectory.prepare(directory)
    let certificate = directory + "/\(name).pem"
    let key = directory + "/\(name).key"
    let authority = directory + "/ca.pem"
    try NewFile.refuseExisting([certificate, key])
    if NewFile.exists(authority) {
      guard try NewFile.read(authority, advice: "") == authorityPEM else {
        throw .invalidFile(
          path: authority,
          detail:
            "it is the certificate of another authority than the one that issued \(name).pem: use another directory"
        )
      }
    } else {
      try NewFile.write(authorityPEM, to: authority, mode: 0o644)
    }
    try NewFile.write(privateKeyPEM, to: key, mode: 0o600)
    do {
      try NewFile.write(certificatePEM, to: certificate, mode: 0o644)
    } catch {
      NewFile.remove(key)
      throw error
    }
  }
}
