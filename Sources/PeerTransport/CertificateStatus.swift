// What a transport proves itself and checks its peers with, as operators see it. Pure: touches nothing.

/// The kinds of files that end some day. The raw values are labels of metrics: never change one.
public enum CertificateFile: String, CaseIterable, Hashable, Codable, Sendable {
  /// The certificate of this process.
  case own
  case authority
  case revocationList = "revocation_list"
}

/// The TLS files in use.
public struct CertificateStatus: Equatable, Sendable {
  public struct Dated: Equatable, Sendable {
    public var file: CertificateFile
    public var path: String
    /// Seconds since 1970: the first end of those in the file. For a revocation list, when the next one is due.
    public var expires: Int64

    public init(file: CertificateFile, path: String, expires: Int64) {
      self.file = file
      self.path = path
      self.expires = expires
    }
  }

  /// Who this process is.
  public var holder: NodeID
  /// The serial number of its certificate, hexadecimal.
  public var serial: String
  public var dates: [Dated]
  /// The number of the revocation list; nil without one.
  public var listNumber: UInt64?
  /// How many certificates the list names.
  public var revokedCount: Int
  /// Whether the list names this process's own certificate.
  public var isRevoked: Bool
  /// Why the files that are on the disk now are not those in use; nil when they are.
  public var failure: TransportError?

  package init(
    holder: NodeID, serial: String, dates: [Dated], listNumber: UInt64? = nil, revokedCount: Int = 0,
    isRevoked: Bool = false, failure: TransportError? = nil
  ) {
    self.holder = holder
    self.serial = serial
    self.dates = dates
    self.listNumber = listNumber
    self.revokedCount = revokedCount
    self.isRevoked = isRevoked
    self.failure = failure
  }
}
