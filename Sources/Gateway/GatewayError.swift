// What keeps a gateway from being made or from listening: a value.
public import PeerTransport

/// Why there is no API.
public enum GatewayError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Another process listens there.
  case addressInUse(HostPort)
  /// The operating system refuses the address.
  case cannotListen(HostPort, reason: String)
  /// The digest of a token is not 64 hexadecimal digits.
  case invalidTokenDigest(token: String)

  /// Whether the same call may succeed later although nobody changes the configuration.
  public var isRetryable: Bool {
    switch self {
    case .addressInUse: true
    case .cannotListen, .invalidTokenDigest: false
    }
  }

  public var description: String {
    switch self {
    case .addressInUse(let address):
      "the API cannot listen on \(address): another process does; stop it, or give the API another port"
    case .cannotListen(let address, let reason):
      "the API cannot listen on \(address): \(reason); give it an address of this machine and a port that it may use"
    case .invalidTokenDigest(let token):
      "API token '\(token)': sha256 must be the 64 hexadecimal digits of the token's SHA-256"
    }
  }
}
