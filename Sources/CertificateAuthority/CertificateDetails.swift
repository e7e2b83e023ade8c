// What a certificate says, as values for people and programs. Pure: PEM text in.

internal import Crypto
public import Foundation
public import RevocationList
internal import SwiftASN1
internal import X509

/// What is in one certificate. Nothing of it is verified: ask ``CertificateAuthority/hasIssued(_:)``.
public struct CertificateDetails: Equatable, Sendable {
  /// `switchboard://<cluster>/<role>/<name>`, or `switchboard://<cluster>/authority`; nil for a certificate of something
  /// else.
  public let identityURI: String?
  public let cluster: String?
  /// `node`, `client`, `api` or `authority`.
  public let role: String?
  /// Nil for an authority.
  public let name: String?
  public let subject: String
  public let serial: CertificateSerial
  public let notValidBefore: Date
  public let notValidAfter: Date
  /// SHA-256 over the whole certificate: 64 hexadecimal digits.
  public let fingerprint: String
  /// DNS names and IPv4 addresses.
  public let hosts: [String]

  /// - Throws: ``CertificateAuthorityError/invalidFile(path:detail:)`` when the text holds no certificate.
  /// - Parameters:
  ///   - pem: the first certificate in it counts.
  ///   - path: for the error.
  public init(pem: String, path: String) throws(CertificateAuthorityError) {
    self.init(try CertificateDetails.certificate(pem: pem, path: path))
  }

  /// Every certificate in the text, in its order; none when there is none.
  public static func all(pem: String) -> [CertificateDetails] {
    let documents = (try? PEMDocument.parseMultiple(pemString: pem)) ?? []
    return documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
      .compactMap { try? Certificate(derEncoded: $0.derBytes) }.map(CertificateDetails.init)
  }

  /// What is wrong with a revocation list, in words; nil when one of the authorities in `authorityPEM` signed it.
  public static func problem(of list: RevocationList, authorityPEM: String) -> String? {
    let documents = (try? PEMDocument.parseMultiple(pemString: authorityPEM)) ?? []
    return list.problem(
      signedByAnyOf: documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }.map(
        \.derBytes))
  }

  static func certificate(pem: String, path: String) throws(CertificateAuthorityError) -> Certificate {
    guard let documents = try? PEMDocument.parseMultiple(pemString: pem),
      let first = documents.first(where: { $0.discriminator == Certificate.defaultPEMDiscriminator }),
      let certificate = try? Certificate(derEncoded: first.derBytes)
    else { throw .invalidFile(path: path, detail: "it holds no certificate in PEM form") }
    return certificate
  }

  init(_ certificate: Certificate) {
    let names = (try? certificate.extensions.subjectAlternativeNames).map { Array($0) } ?? []
    let identities = names.compactMap { name -> String? in
      guard case .uniformResourceIdentifier(let uri) = name, uri.hasPrefix(CertificateNaming.scheme) else {
        return nil
      }
      return uri
    }
    let identity = identities.count == 1 ? identities.first : nil
    let parts = identity.map {
      $0.dropFirst(CertificateNaming.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        .map(String.init)
    }
    identityURI = identity
    cluster = parts?.first
    role = parts.flatMap { $0.count > 1 ? $0[1] : nil }
    name = parts.flatMap { $0.count > 2 ? $0[2] : nil }
    subject = "\(certificate.subject)"
    serial = CertificateSerial(bytes: certificate.serialNumber.bytes)
    notValidBefore = certificate.notValidBefore
    notValidAfter = certificate.notValidAfter
    var serializer = DER.Serializer()
    fingerprint =
      (try? serializer.serialize(certificate)).map {
        SHA256.hash(data: serializer.serializedBytes).map {
          $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16)
        }.joined()
      } ?? ""
    hosts = names.compactMap { name in
      switch name {
      case .dnsName(let host): host
      case .ipAddress(let address) where address.bytes.count == 4:
        address.bytes.map { "\($0)" }.joined(separator: ".")
      default: nil
      }
    }
  }
}

extension CertificateAuthority {
  /// Whether this authority's key signed the first certificate in the text.
  public func hasIssued(_ pem: String) -> Bool {
    guard let found = try? CertificateDetails.certificate(pem: pem, path: "") else { return false }
    return hasIssued(found)
  }

  func hasIssued(_ other: Certificate) -> Bool {
    other.issuer == certificate.subject && certificate.publicKey.isValidSignature(other.signature, for: other)
  }

  /// What is wrong with a revocation list, in words; nil when this authority signed it.
  public func problem(of list: RevocationList) -> String? {
    CertificateDetails.problem(of: list, authorityPEM: certificatePEM)
  }

  /// Signs a revocation list.
  /// - Parameters:
  ///   - number: higher than that of every list before it.
  ///   - validFor: until when the next one is due.
  public func revocationList(
    number: UInt64, entries: [RevocationList.Entry], validFor lifetime: Duration, now: Date
  ) throws(CertificateAuthorityError) -> RevocationList {
    let signedAt = Int64(now.timeIntervalSince1970)
    let (due, overflow) = signedAt.addingReportingOverflow(lifetime.components.seconds)
    // The last second of the year 9999: what a certificate can say.
    guard lifetime >= .seconds(1), !overflow, due <= 253_402_300_799 else {
      throw .invalidLifetime(seconds: lifetime.components.seconds)
    }
    return try Self.signing {
      var serializer = DER.Serializer()
      try serializer.serialize(certificate)
      return try RevocationList.signed(
        number: number, thisUpdate: signedAt, nextUpdate: due, entries: entries,
        authority: serializer.serializedBytes, keyPEM: key.pemRepresentation)
    }
  }
}
