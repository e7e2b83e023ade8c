// What can go wrong when certificates are made, read or written, in words for the person at the terminal.
// Touches nothing.

/// An error of ``CertificateAuthority`` or ``AuthorityDirectory``. All but ``busy(path:)`` need a person, who has to change a
/// name, a file or a date first, and the description says which.
public enum CertificateAuthorityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A cluster, node, client or DNS name that cannot stand in a certificate.
  case invalidName(what: String, value: String)
  /// A lifetime that is not positive.
  case invalidLifetime(seconds: Int64)
  /// The authority's own certificate is not valid at the time given.
  case authorityNotValid(cluster: String, detail: String)
  /// A file that would be written is there already. Nothing was written.
  case fileExists(path: String)
  /// A file that is needed is not there.
  case fileMissing(path: String, advice: String)
  /// A file or directory whose mode lets others read a key or replace a file.
  case unsafePermissions(path: String, mode: UInt32, advice: String)
  /// A system call on a file failed.
  case fileFailed(path: String, operation: String, reason: String)
  /// A file whose content is not what its name says.
  case invalidFile(path: String, detail: String)
  /// There is no such certificate.
  case noSuchCertificate(String, advice: String)
  /// A key that may be known to others was to be used again.
  case keyRevoked(path: String, serial: String)
  /// Another process changes the authority's files.
  case busy(path: String)
  /// Encoding or signing failed inside the certificate library.
  case signing(String)

  public var isRetryable: Bool { if case .busy = self { true } else { false } }

  public var description: String {
    switch self {
    case .invalidName(let what, let value):
      return
        "\"\(value)\" cannot be a \(what) name: use 1 to 63 characters of a-z, 0-9 and -, neither first nor last a -"
    case .invalidLifetime(let seconds):
      return "a certificate cannot be valid for \(seconds) seconds: give a lifetime of at least one second"
    case .authorityNotValid(let cluster, let detail):
      return
        "the authority of cluster \"\(cluster)\" cannot issue certificates: \(detail). Create a new authority and issue new certificates for every node"
    case .fileExists(let path):
      return
        "\(path) exists already and is never overwritten: move it away first if it is really to be replaced"
    case .fileMissing(let path, let advice):
      return "\(path) does not exist: \(advice)"
    case .unsafePermissions(let path, let mode, let advice):
      return "\(path) has mode \(String(mode, radix: 8)), which lets others in: \(advice)"
    case .fileFailed(let path, let operation, let reason):
      return "cannot \(operation) \(path): \(reason)"
    case .invalidFile(let path, let detail):
      return "\(path) is not usable: \(detail)"
    case .noSuchCertificate(let what, let advice):
      return "there is no \(what): \(advice)"
    case .keyRevoked(let path, let serial):
      return
        "the certificate \(path) (serial \(serial)) was revoked, so its key may be known to others and is not used again: renew it with a new key, without --keep-key"
    case .busy(let path):
      return "another switchboard pki works in \(path): try again when it is done"
    case .signing(let detail):
      return "the certificate could not be made: \(detail)"
    }
  }
}
