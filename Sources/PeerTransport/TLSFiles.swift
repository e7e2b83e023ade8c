// Reads the TLS files and makes the contexts that every connection uses. Touches the file system and,
// through its parameter, the time; never the network.

internal import NIOCore
internal import NIOSSL
internal import RevocationList

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// TLS 1.3 only, both sides with a certificate of the cluster's authority. The names in the certificates
/// are not host names: who the peer is, ``Admission`` decides after TLS, from the URI in the certificate
/// that TLS has verified.
struct TLSContexts: Sendable {
  let server: NIOSSLContext
  let client: NIOSSLContext
  /// The certificates of the authorities in DER.
  let authorities: [[UInt8]]
  /// The lists of the authorities that are trusted; none where none is configured.
  let lists: [RevocationList]
  let revoked: Set<CertificateSerial>
  let status: CertificateStatus

  /// - Parameter now: seconds since 1970, to refuse a certificate that no peer would accept.
  static func load(
    _ files: TransportTLS, identity: PeerIdentity, closeTimeout: Duration, now: Int64
  ) throws(TransportError) -> TLSContexts {
    for path in [files.authorityPath, files.certificatePath, files.keyPath, files.revocationListPath] {
      if let path { try requireReadable(path) }
    }
    try requirePrivate(files.keyPath)
    let authority = try certificates(files.authorityPath)
    let chain = try certificates(files.certificatePath)
    for certificate in authority { try requireValid(certificate, files.authorityPath, now: now) }
    for certificate in chain { try requireValid(certificate, files.certificatePath, now: now) }
    let found = chain.first?.switchboardURIs ?? []
    guard found == [identity.certificateURI] else {
      throw .certificateForAnother(
        path: files.certificatePath, expected: identity.certificateURI, found: found)
    }
    guard let key = try? NIOSSLPrivateKey(file: files.keyPath, format: .pem) else {
      throw .fileInvalid(path: files.keyPath, detail: "it holds no private key in PEM form")
    }

    let authorities = authority.compactMap { try? $0.toDERBytes() }
    let lists = try revocationLists(files.revocationListPath, authorities)
    let revoked = lists.reduce(into: Set<CertificateSerial>()) { $0.formUnion($1.serials) }

    func configured(_ base: TLSConfiguration) -> TLSConfiguration {
      var configuration = base
      configuration.minimumTLSVersion = .tlsv13
      configuration.maximumTLSVersion = .tlsv13
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates(authority)
      configuration.certificateChain = chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(key)
      configuration.shutdownTimeout = closeTimeout.timeAmount
      return configuration
    }
    do {
      return TLSContexts(
        server: try NIOSSLContext(
          configuration: configured(
            .makeServerConfiguration(certificateChain: [], privateKey: .privateKey(key)))),
        client: try NIOSSLContext(configuration: configured(.makeClientConfiguration())),
        authorities: authorities, lists: lists, revoked: revoked,
        status: status(files, identity, chain: chain, authority: authority, lists: lists, revoked: revoked))
    } catch NIOSSLError.failedToLoadPrivateKey {
      // It was read before: what fails here is that it does not fit.
      throw .keyMismatch(certificatePath: files.certificatePath, keyPath: files.keyPath)
    } catch {
      throw .tlsUnusable("\(error)")
    }
  }

  private static func certificates(_ path: String) throws(TransportError) -> [NIOSSLCertificate] {
    guard let found = try? NIOSSLCertificate.fromPEMFile(path), !found.isEmpty else {
      throw .fileInvalid(path: path, detail: "it holds no certificate in PEM form")
    }
    return found
  }

  private static func requireValid(
    _ certificate: NIOSSLCertificate, _ path: String, now: Int64
  ) throws(TransportError) {
    let start = Int64(certificate.notValidBefore)
    let end = Int64(certificate.notValidAfter)
    if now < start {
      throw .certificateNotValid(
        path: path, detail: "is not valid for another \(CertificateExpiry.words(start - now))")
    }
    if now > end {
      throw .certificateNotValid(path: path, detail: "expired \(CertificateExpiry.words(now - end)) ago")
    }
  }

  private static func requireReadable(_ path: String) throws(TransportError) {
    guard access(path, R_OK) == 0 else {
      throw .fileUnreadable(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// The rule of PostgreSQL: nobody else may read the key, but the group may when the file belongs to root,
  /// which is how orchestrators mount secrets.
  private static func requirePrivate(_ path: String) throws(TransportError) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      throw .fileUnreadable(path: path, reason: String(cString: strerror(errno)))
    }
    let mode = UInt32(info.st_mode & 0o777)
    let forbidden: UInt32 = info.st_uid == 0 && getuid() != 0 ? 0o037 : 0o077
    guard mode & forbidden == 0 else { throw .keyExposed(path: path, mode: mode) }
  }
}

extension TLSContexts {
  /// Serial numbers of all authorities are in one set: they are twenty random bytes, and no two are alike.
  func isRevoked(_ certificate: NIOSSLCertificate) -> Bool {
    revoked.contains(CertificateSerial(bytes: certificate.serialNumber))
  }

  private static func revocationLists(
    _ path: String?, _ authorities: [[UInt8]]
  ) throws(TransportError) -> [RevocationList] {
    guard let path else { return [] }
    guard let text = try FileText.read(path, limit: RevocationList.byteLimit) else {
      throw .revocationListInvalid(
        path: path, detail: "it is no text, or longer than \(RevocationList.byteLimit) bytes")
    }
    let lists: [RevocationList]
    do throws(RevocationListError) {
      lists = try RevocationList.parse(pem: text)
    } catch {
      throw .revocationListInvalid(path: path, detail: error.description)
    }
    for list in lists {
      if let problem = list.problem(signedByAnyOf: authorities) {
        throw .revocationListInvalid(path: path, detail: problem)
      }
    }
    return lists
  }

  private static func status(
    _ files: TransportTLS, _ identity: PeerIdentity, chain: [NIOSSLCertificate],
    authority: [NIOSSLCertificate], lists: [RevocationList], revoked: Set<CertificateSerial>
  ) -> CertificateStatus {
    func end(_ certificates: [NIOSSLCertificate]) -> Int64 {
      certificates.map { Int64($0.notValidAfter) }.min() ?? 0
    }
    let serial = CertificateSerial(bytes: chain.first?.serialNumber ?? [])
    var dates = [
      CertificateStatus.Dated(file: .own, path: files.certificatePath, expires: end(chain)),
      CertificateStatus.Dated(file: .authority, path: files.authorityPath, expires: end(authority)),
    ]
    if let path = files.revocationListPath, let due = lists.compactMap(\.nextUpdate).min() {
      dates.append(CertificateStatus.Dated(file: .revocationList, path: path, expires: due))
    }
    return CertificateStatus(
      holder: identity.node, serial: serial.description, dates: dates,
      listNumber: lists.map(\.number).max(), revokedCount: revoked.count, isRevoked: revoked.contains(serial))
  }
}

/// Small files as text.
enum FileText {
  /// Nil when it is longer than the limit, or no UTF-8.
  static func read(_ path: String, limit: Int) throws(TransportError) -> String? {
    guard let file = fopen(path, "re") else {
      throw .fileUnreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= limit {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard ferror(file) == 0 else { throw .fileUnreadable(path: path, reason: "it cannot be read to its end") }
    return bytes.count <= limit ? String(validating: bytes, as: UTF8.self) : nil
  }
}

extension NIOSSLCertificate {
  /// The URIs among the subject alternative names that are identities of this system, in their order.
  var switchboardURIs: [String] {
    _subjectAlternativeNames().compactMap { name in
      guard name.nameType == .uri else { return nil }
      let uri = name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
      return uri.hasPrefix("switchboard://") ? uri : nil
    }
  }
}

extension Duration {
  var timeAmount: TimeAmount {
    let (seconds, attoseconds) = components
    return .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
