// Links without TLS, to measure what TLS costs: on loopback only, within this package only. Pure: touches nothing.

internal import NIOCore

extension TransportConfiguration {
  /// Links that are neither encrypted nor authenticated, for the benchmark: a peer is believed to be who its greeting says. No
  /// node's configuration leads here. ``PeerTransport`` refuses any address that is not written as one of loopback, names
  /// among them.
  package init(plaintextOnLoopback identity: PeerIdentity, listen: HostPort?, peers: [NodeID: HostPort]) {
    self.init(
      identity: identity, listen: listen, peers: peers,
      tls: TransportTLS(certificatePath: "", keyPath: "", authorityPath: ""))
    isPlaintext = true
  }

  /// What keeps links without TLS from being made; nil when nothing does.
  var plaintextProblem: String? {
    guard isPlaintext else { return nil }
    let addresses = [listen].compactMap(\.self) + peers.sorted { $0.key < $1.key }.map(\.value)
    guard let other = addresses.first(where: { !$0.isLoopback }) else { return nil }
    return "links without TLS are for loopback only, and \(other) is not: write 127.0.0.1 or ::1, or use TLS"
  }
}

extension HostPort {
  /// Whether the host is an address of loopback, in digits: what a name means may change.
  package var isLoopback: Bool {
    guard let address = try? SocketAddress(ipAddress: host, port: port).ipAddress else { return false }
    return address == "::1" || (address.hasPrefix("127.") && !address.contains(":"))
  }
}

/// How connections are made safe.
enum LinkSecurity: Sendable {
  case mutualTLS(SharedContexts)
  /// See ``TransportConfiguration/init(plaintextOnLoopback:listen:peers:)``.
  case plaintextOnLoopback
}
