// Everything a transport is told when it is made. Pure: touches nothing.

/// The PEM files that a transport proves itself and checks its peers with.
public struct TransportTLS: Hashable, Sendable {
  /// The certificate of this process, with intermediates after it if there are any.
  public var certificatePath: String
  /// Its private key. Others must not be able to read it.
  public var keyPath: String
  /// The certificate of the cluster's authority. Nothing else is trusted.
  public var authorityPath: String

  public init(certificatePath: String, keyPath: String, authorityPath: String) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
    self.authorityPath = authorityPath
  }
}

/// Limits on what a peer, or somebody who is not even a peer, can make this process hold or wait for.
public struct TransportLimits: Hashable, Sendable {
  /// The longest frame sent or accepted, in bytes without its length.
  public var maximumFrameBytes = 16 << 20
  /// The most bytes queued to one peer. Past it `send` answers ``SendOutcome/overloaded``.
  public var outboundBytesPerPeer = 64 << 20
  /// The most accepted connections whose handshake is not done. Past it the oldest of them is closed for
  /// the newest.
  public var unfinishedHandshakes = 64
  /// The most connected clients. Past it new ones are refused with words.
  public var clients = 256

  public init() {}
}

/// How long things may take. LAN and WAN differ only here.
public struct TransportTiming: Hashable, Sendable {
  /// From the TCP connection to the end of the handshake.
  public var handshakeTimeout: Duration = .seconds(5)
  /// From the start of dialing to the TCP connection.
  public var connectTimeout: Duration = .seconds(2)
  /// The first pause between two attempts to dial; each pause doubles, with jitter.
  public var minimumBackoff: Duration = .milliseconds(20)
  /// The longest pause between two attempts to dial.
  public var maximumBackoff: Duration = .seconds(2)
  /// A connection whose sent bytes stay unacknowledged this long, or whose peer answers no keep-alive probe
  /// this long, is closed. Without it a connection that a partition cut heals only at TCP's pace, up to two
  /// minutes after the network does. Linux only; whole seconds of at least one.
  public var unacknowledgedTimeout: Duration = .seconds(5)
  /// How long closing waits for the peer's TLS farewell.
  public var closeTimeout: Duration = .milliseconds(250)

  public init() {}
}

public struct TransportConfiguration: Sendable {
  /// This process.
  public var identity: PeerIdentity
  /// Where to accept connections. A node needs it; a client must not have it.
  public var listen: HostPort?
  /// The nodes to dial, and for a node also the only nodes that it accepts. Its own name is allowed and
  /// ignored.
  public var peers: [NodeID: HostPort]
  public var tls: TransportTLS
  public var limits = TransportLimits()
  public var timing = TransportTiming()

  public init(identity: PeerIdentity, listen: HostPort?, peers: [NodeID: HostPort], tls: TransportTLS) {
    self.identity = identity
    self.listen = listen
    self.peers = peers
    self.tls = tls
  }

  /// What is wrong with the values themselves, in words; nil when nothing is.
  package var problem: String? {
    guard NodeID.isValid(identity.cluster) else {
      return "the cluster name \"\(identity.cluster)\": \(NodeID.rule)"
    }
    for name in [identity.node] + peers.keys.sorted() where !name.isValid {
      return "the node name \"\(name)\": \(NodeID.rule)"
    }
    if identity.role == .node, listen == nil { return "a node needs an address to listen on" }
    if identity.role == .client, listen != nil { return "a client does not listen: remove the address" }
    for (name, address) in peers.sorted(by: { $0.key < $1.key }) where !(1...65535).contains(address.port) {
      return "node \(name) cannot be dialed at \(address): the port must be 1 to 65535"
    }
    guard (1...(1 << 30)).contains(limits.maximumFrameBytes) else {
      return "the frame limit must be 1 byte to 1 GiB"
    }
    guard limits.outboundBytesPerPeer >= limits.maximumFrameBytes + FrameDecoder.prefixBytes else {
      return
        "the outbound limit must hold at least one frame of the largest size (\(limits.maximumFrameBytes) bytes)"
    }
    guard limits.unfinishedHandshakes >= 1, limits.clients >= 0 else {
      return "the connection limits must be positive"
    }
    guard
      timing.handshakeTimeout > .zero, timing.connectTimeout > .zero, timing.minimumBackoff > .zero,
      timing.maximumBackoff >= timing.minimumBackoff, timing.closeTimeout > .zero,
      timing.unacknowledgedTimeout >= .seconds(1)
    else { return "every time must be positive, and the longest backoff not below the shortest" }
    return nil
  }
}
