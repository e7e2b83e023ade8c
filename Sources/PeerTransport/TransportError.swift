// Why a transport could not be made or started, in words for the person who runs it. Touches nothing.

public enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The configuration contradicts itself.
  case invalidConfiguration(String)
  /// A TLS file is not there or cannot be read.
  case fileUnreadable(path: String, reason: String)
  /// A TLS file does not hold what it should.
  case fileInvalid(path: String, detail: String)
  /// Others can read the private key.
  case keyExposed(path: String, mode: UInt32)
  /// The certificate's time is over, or has not come. Times are seconds since 1970.
  case certificateNotValid(path: String, detail: String)
  /// The certificate is for somebody else than the configured node, role and cluster.
  case certificateForAnother(path: String, expected: String, found: [String])
  /// The private key does not belong to the certificate.
  case keyMismatch(certificatePath: String, keyPath: String)
  /// The list of revoked certificates cannot be believed.
  case revocationListInvalid(path: String, detail: String)
  /// The TLS library refused the files for another reason.
  case tlsUnusable(String)
  /// Somebody listens on the address already.
  case addressInUse(HostPort)
  /// The address cannot be bound.
  case cannotListen(HostPort, reason: String)
  /// `start` was called twice, or after `stop`.
  case alreadyStarted

  /// Whether the same call may succeed later without a person's help.
  public var isRetryable: Bool {
    switch self {
    case .addressInUse, .cannotListen: return true
    default: return false
    }
  }

  public var description: String {
    switch self {
    case .invalidConfiguration(let detail):
      return "the transport's configuration is not usable: \(detail)"
    case .fileUnreadable(let path, let reason):
      return
        "cannot read \(path): \(reason). Issue certificates with switchboard pki issue, or correct the path"
    case .fileInvalid(let path, let detail):
      return "\(path) is not usable: \(detail). Issue a new one with switchboard pki issue"
    case .keyExposed(let path, let mode):
      return
        "\(path) has mode \(String(mode, radix: 8)), which lets others read this node's key: chmod 600 \(path), and issue a new certificate if others had access"
    case .certificateNotValid(let path, let detail):
      return
        "the certificate in \(path) \(detail): check this machine's clock, or issue a new one with switchboard pki issue"
    case .certificateForAnother(let path, let expected, let found):
      let names = found.isEmpty ? "no switchboard name" : found.joined(separator: ", ")
      return
        "the certificate in \(path) is for \(names), but this process is \(expected): use the certificate that was issued to it"
    case .keyMismatch(let certificatePath, let keyPath):
      return
        "\(keyPath) is not the private key of \(certificatePath): use the two files that were issued together"
    case .revocationListInvalid(let path, let detail):
      return
        "\(path) is no usable revocation list: \(detail). Copy crl.pem of the cluster's authority there; switchboard pki revoke writes it"
    case .tlsUnusable(let detail):
      return "TLS cannot be set up: \(detail)"
    case .addressInUse(let address):
      return "\(address) is in use: another process listens there. Stop it or choose another port"
    case .cannotListen(let address, let reason):
      return "cannot listen on \(address): \(reason)"
    case .alreadyStarted:
      return "this transport was started or stopped before: make a new one"
    }
  }
}
