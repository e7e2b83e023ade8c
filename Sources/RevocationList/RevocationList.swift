// A signed list of the certificates that count no more (RFC 5280, section 5): the value. Pure: touches nothing.

/// A certificate revocation list of version 2, signed with ECDSA over P-256 and SHA-256, which is what
/// `switchboard pki` makes.
///
/// A value of this type was read or made, not believed: ask ``problem(signedByAnyOf:)`` before you use one that came
/// from outside.
public struct RevocationList: Equatable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var serial: CertificateSerial
    /// Seconds since 1970.
    public var revokedAt: Int64

    public init(serial: CertificateSerial, revokedAt: Int64) {
      self.serial = serial
      self.revokedAt = revokedAt
    }
  }

  /// Grows with each list of one authority.
  public let number: UInt64
  /// When it was signed, in seconds since 1970.
  public let thisUpdate: Int64
  /// When the next one is due at the latest, in seconds since 1970; nil when it does not say.
  public let nextUpdate: Int64?
  public let entries: [Entry]

  /// The authority's name in DER.
  let issuer: [UInt8]
  /// Which of the keys that the authority had signed it; nil when it does not say.
  let authorityKeyIdentifier: [UInt8]?
  /// What the signature is over.
  let signedBytes: [UInt8]
  let signature: [UInt8]
  /// The list as it is in files.
  let derBytes: [UInt8]

  public var serials: Set<CertificateSerial> { Set(entries.map(\.serial)) }
}

/// Why bytes are no revocation list, in words that go after the name of the file. A person has to replace the file, so none
/// is worth an automatic retry.
public struct RevocationListError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  public var isRetryable: Bool { false }

  init(_ description: String) { self.description = description }
}
