// The certificate authority of one cluster: creates itself, issues certificates, and is written and read as
// two PEM files. Touches the random number generator (keys and serial numbers) and, in `write` and `load`,
// the file system. Never a clock.

internal import Crypto
public import Foundation
internal import SwiftASN1
internal import X509

/// A self-signed P-256 authority that issues the certificates of one cluster's nodes and clients.
///
/// Guarantees: every certificate it issues chains to `ca.pem` with a path length of zero, carries exactly
/// one identity URI (`switchboard://<cluster>/<role>/<name>`), is usable as TLS server and client, and
/// never outlives the authority. Certificates start five minutes before the time given, so that a node with
/// a slow clock accepts a new one.
public struct CertificateAuthority: Sendable {
  /// Ten years.
  public static let defaultLifetime: Duration = .seconds(3653 * 86_400)
  /// What `pki issue` uses when nobody says otherwise: one year.
  public static let defaultCertificateLifetime: Duration = .seconds(366 * 86_400)
  /// Certificates are valid from this many seconds before their time of issue.
  static let backdating: TimeInterval = 300

  /// The cluster that this authority speaks for. It is in `ca.pem` and in every identity.
  public let cluster: String
  /// The authority's certificate in PEM form. Not secret: every node and client has it.
  public let certificatePEM: String
  /// When the authority ends, and every certificate with it.
  public var notValidAfter: Date { certificate.notValidAfter }

  let certificate: Certificate
  let key: P256.Signing.PrivateKey

  /// Makes a new authority with a new key.
  /// - Parameters:
  ///   - cluster: 1–63 characters of a-z, 0-9 and -.
  ///   - validFor: how long the authority lives, ``defaultLifetime`` unless told.
  ///   - now: the time of issue.
  public static func create(
    cluster: String, validFor lifetime: Duration = CertificateAuthority.defaultLifetime, now: Date
  ) throws(CertificateAuthorityError) -> CertificateAuthority {
    guard CertificateNaming.isLabel(cluster) else { throw .invalidName(what: "cluster", value: cluster) }
    let seconds = try checked(lifetime)
    let key = P256.Signing.PrivateKey()
    let certificate = try signing {
      let name = try DistinguishedName {
        OrganizationName("Switchboard")
        CommonName("\(cluster) authority")
      }
      let publicKey = Certificate.PublicKey(key.publicKey)
      return try Certificate(
        version: .v3,
        serialNumber: Certificate.SerialNumber(),
        publicKey: publicKey,
        notValidBefore: now.addingTimeInterval(-backdating),
        notValidAfter: now.addingTimeInterval(seconds),
        issuer: name,
        subject: name,
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: publicKey)
          SubjectAlternativeNames([
            .uniformResourceIdentifier(CertificateNaming.authorityURI(cluster: cluster))
          ])
        },
        issuerPrivateKey: Certificate.PrivateKey(key))
    }
    return try CertificateAuthority(cluster: cluster, certificate: certificate, key: key)
  }

  /// Reads `ca.pem` and `ca.key` from a directory.
  /// - Throws: ``CertificateAuthorityError`` when one is missing, is not PEM, does not belong to the other,
  ///   is not an authority of a cluster, or when others can read the key.
  public static func load(directory: String) throws(CertificateAuthorityError) -> CertificateAuthority {
    let certificatePath = directory + "/ca.pem"
    let keyPath = directory + "/ca.key"
    let advice = "create an authority first (switchboard pki init), or name the directory that has one"
    let certificateText = try NewFile.read(certificatePath, advice: advice)
    let keyText = try NewFile.read(keyPath, advice: advice)
    try NewFile.requirePrivate(keyPath)
    guard let certificate = try? Certificate(pemEncoded: certificateText) else {
      throw .invalidFile(path: certificatePath, detail: "it holds no certificate in PEM form")
    }
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: keyText) else {
      throw .invalidFile(path: keyPath, detail: "it holds no P-256 private key in PEM form")
    }
    guard Certificate.PublicKey(key.publicKey) == certificate.publicKey else {
      throw .invalidFile(path: keyPath, detail: "it is not the key of \(certificatePath)")
    }
    guard
      let constraints = try? certificate.extensions.basicConstraints,
      case .isCertificateAuthority = constraints
    else {
      throw .invalidFile(path: certificatePath, detail: "it is not the certificate of an authority")
    }
    let names = (try? certificate.extensions.subjectAlternativeNames).map { Array($0) } ?? []
    let clusters = names.compactMap { name -> String? in
      guard case .uniformResourceIdentifier(let uri) = name else { return nil }
      return CertificateNaming.cluster(fromAuthorityURI: uri)
    }
    guard let cluster = clusters.first, clusters.count == 1 else {
      throw .invalidFile(
        path: certificatePath,
        detail: "it does not say which cluster it is for (no switchboard://…/authority name)")
    }
    return try CertificateAuthority(cluster: cluster, certificate: certificate, key: key)
  }

  /// Issues a certificate with a new key.
  ///
  /// Its names: the identity URI, `<name>.<cluster>.switchboard`, for nodes and the API also `localhost`
  /// and 127.0.0.1, and the extra names.
  /// - Parameters:
  ///   - name: the node's or client's name, 1–63 characters of a-z, 0-9 and -.
  ///   - validFor: the lifetime from `now`; cut to the end of the authority.
  ///   - now: the time of issue.
  ///   - extraDNSNames: more host names or IPv4 addresses by which the holder is reached.
  public func issue(
    name: String, role: CertificateRole,
    validFor lifetime: Duration = CertificateAuthority.defaultCertificateLifetime,
    now: Date, extraDNSNames: [String] = []
  ) throws(CertificateAuthorityError) -> IssuedCertificate {
    try issue(
      name: name, role: role, validFor: lifetime, now: now, extraDNSNames: extraDNSNames,
      holderKey: P256.Signing.PrivateKey())
  }

  /// Issues a certificate for a key that its holder has already. Otherwise like
  /// ``issue(name:role:validFor:now:extraDNSNames:)``.
  func issue(
    name: String, role: CertificateRole, validFor lifetime: Duration, now: Date, extraDNSNames: [String],
    holderKey: P256.Signing.PrivateKey
  ) throws(CertificateAuthorityError) -> IssuedCertificate {
    guard CertificateNaming.isLabel(name), name != "ca" else {
      throw .invalidName(what: role.rawValue, value: name)
    }
    let seconds = try Self.checked(lifetime)
    guard now >= certificate.notValidBefore, now < certificate.notValidAfter else {
      throw .authorityNotValid(
        cluster: cluster,
        detail:
          "it is valid from \(certificate.notValidBefore) until \(certificate.notValidAfter), and now is \(now)"
      )
    }
    let identity = CertificateNaming.identityURI(cluster: cluster, role: role, name: name)
    let names = try alternativeNames(identity: identity, name: name, role: role, extra: extraDNSNames)
    let pem = try Self.signing {
      let publicKey = Certificate.PublicKey(holderKey.publicKey)
      let issued = try Certificate(
        version: .v3,
        serialNumber: Certificate.SerialNumber(),
        publicKey: publicKey,
        notValidBefore: now.addingTimeInterval(-Self.backdating),
        notValidAfter: min(now.addingTimeInterval(seconds), certificate.notValidAfter),
        issuer: certificate.subject,
        subject: try DistinguishedName {
          OrganizationName("Switchboard")
          CommonName(name)
        },
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          Critical(KeyUsage(digitalSignature: true))
          try ExtendedKeyUsage([.serverAuth, .clientAuth])
          SubjectKeyIdentifier(hash: publicKey)
          AuthorityKeyIdentifier(
            keyIdentifier: try certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
          SubjectAlternativeNames(names)
        },
        issuerPrivateKey: Certificate.PrivateKey(key))
      return try issued.serializeAsPEM().pemString + "\n"
    }
    return IssuedCertificate(
      name: name, role: role, identityURI: identity, certificatePEM: pem,
      privateKeyPEM: holderKey.pemRepresentation + "\n", authorityPEM: certificatePEM)
  }

  /// Writes `ca.pem` (mode 0644) and `ca.key` (mode 0600) into a directory, which is made with mode 0700
  /// when it is missing. Neither file is ever overwritten: when one exists, nothing is written.
  public func write(to directory: String) throws(CertificateAuthorityError) {
    try PrivateDirectory.prepare(directory)
    let certificatePath = directory + "/ca.pem"
    let keyPath = directory + "/ca.key"
    try NewFile.refuseExisting([certificatePath, keyPath])
    try NewFile.write(key.pemRepresentation + "\n", to: keyPath, mode: 0o600)
    do {
      try NewFile.write(certificatePEM, to: certificatePath, mode: 0o644)
    } catch {
      NewFile.remove(keyPath)
      throw error
    }
  }

  private init(
    cluster: String, certificate: Certificate, key: P256.Signing.PrivateKey
  ) throws(CertificateAuthorityError) {
    self.cluster = cluster
    self.certificate = certificate
    self.key = key
    self.certificatePEM = try Self.signing { try certificate.serializeAsPEM().pemString + "\n" }
  }

  private func alternativeNames(
    identity: String, name: String, role: CertificateRole, extra: [String]
  ) throws(CertificateAuthorityError) -> [GeneralName] {
    var hosts = [CertificateNaming.dnsName(cluster: cluster, name: name)]
    if role != .client { hosts += ["localhost", "127.0.0.1"] }
    for host in extra where !hosts.contains(host) { hosts.append(host) }
    var names: [GeneralName] = [.uniformResourceIdentifier(identity)]
    for host in hosts {
      if let address = CertificateNaming.ipv4(host) {
        names.append(.ipAddress(ASN1OctetString(contentBytes: address[...])))
      } else if CertificateNaming.isDNSName(host) {
        names.append(.dnsName(host))
      } else {
        throw .invalidName(what: "host", value: host)
      }
    }
    return names
  }

  private static func checked(_ lifetime: Duration) throws(CertificateAuthorityError) -> TimeInterval {
    let seconds = lifetime.components.seconds
    guard seconds >= 1 else { throw .invalidLifetime(seconds: seconds) }
    return TimeInterval(seconds)
  }

  static func signing<Value>(
    _ body: () throws -> Value
  ) throws(CertificateAuthorityError) -> Value {
    do { return try body() } catch { throw .signing("\(error)") }
  }
}
