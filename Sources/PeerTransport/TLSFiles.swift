// Reads the TLS files and makes the contexts that every connection uses. Touches the file system and,
// through its parameter, the time; never the network.

internal import NIOCore
internal import NIOSSL

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

  /// - Parameter now: seconds since 1970, to refuse a certificate that no peer would accept.
  static func load(
    _ files: TransportTLS, identity: PeerIdentity, closeTimeout: Duration, now: Int64
  ) throws(TransportError) -> TLSContexts {
    for path in [files.authorityPath, files.certificatePath, files.keyPath] { try requireReadable(path) }
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
        client: try NIOSSLContext(configuration: configured(.makeClientConfiguration())))
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
      throw .certificateNotValid(path: path, detail: "is not valid for another \(words(start - now))")
    }
    if now > end { throw .certificateNotValid(path: path, detail: "expired \(words(now - end)) ago") }
  }

  private static func words(_ seconds: Int64) -> String {
    switch seconds {
    case ..<120: return "\(seconds) seconds"
    case ..<7200: return "\(seconds / 60) minutes"
    case ..<172_800: return "\(seconds / 3600) hours"
    default: return "\(seconds / 86_400) days"
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
