// Everything a transport is told when it is made. Pure: touches nothing.

public import NIOCore

/// The PEM files that a transport proves itself and checks its peers with.
public struct TransportTLS: Hashable, Sendable {
  /// The certificate of this process, with intermediates after it if there are any.
  public var certificatePath: String
  /// Its private key. Others must not be able to read it.
  public var keyPath: String
  /// The certificate of the cluster's authority. Nothing else is trusted.
  public var authorityPath: String
  /// The authority's list of revoked certificates; nil when nothing is ever revoked. A file that is named must be there.
  public var revocationListPath: String?

  public init(
    certificatePath: String, keyPath: String, authorityPath: String, revocationListPath: String? = nil
  ) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
    self.authorityPath = authorityPath
    self.revocationListPath = revocationListPath
  }
}

/// Limits on what a peer, or somebody who is not even a peer, can make this process hold or wait for.
public struct TransportLimits: Hashable, Sendable {
  /// The longest frame sent or accepted, in bytes without its length.
  public var maximumFrameBytes = 16 << 20
  /// The most bytes queued to one peer in each lane. Past it `send` answers ``SendOutcome/overloaded``.
  public var outboundBytes = LaneBytes(
    control: 1 << 20, consensus: 64 << 20, calls: 32 << 20, bulk: 32 << 20)
  /// The most accepted connections whose handshake is not done. Past it the oldest of them is closed for
  /// the newest.
  public var unfinishedHandshakes = 64
  /// The most connected clients. Past it new ones are refused with words.
  public var clients = 256

  /// The most connections of one client name: the oldest makes room. A client says itself which incarnation it is, and must not
  /// take the places of others with one certificate.
  public var connectionsPerClient = 8

  /// The longest frame of the control lane, in bytes: what goes first must be short.
  public static let maximumControlFrameBytes = 64 << 10

  public init() {}

  /// The longest frame of each lane.
  package var frameBytes: LaneBytes {
    LaneBytes(
      control: min(maximumFrameBytes, Self.maximumControlFrameBytes), consensus: maximumFrameBytes,
      calls: maximumFrameBytes, bulk: maximumFrameBytes)
  }
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
  /// Each connection pings its peer so often, which also measures the round trip. At least 100 ms.
  public var pingInterval: Duration = .seconds(1)
  /// A connection on which nothing came for so long is closed: the peer hangs, or a cut network does not say so.
  public var silenceLimit: Duration = .seconds(5)
  /// How much a connection may have on its way and unread at its receiver, in bytes; nil leaves it to the kernel. It is
  /// a queue in which a heartbeat waits; it also bounds the throughput, to itself per round trip, so it belongs to the
  /// distance: far nodes need more than near ones.
  public var receiveBufferBytes: Int? = 256 << 10
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
  /// What this process tells each peer in the handshake, for example which calls it understands; it comes with the
  /// peer's ``TransportEvent/connected(_:greeting:)``. At most 64 KiB; the transport does not look into it.
  public var greeting = ByteBuffer()
  /// Set by ``init(plaintextOnLoopback:listen:peers:)`` alone.
  package internal(set) var isPlaintext = false
  /// Sees each event before the user does, on the same loop: for measurements.
  package var observer: (@Sendable (TransportEvent) -> Void)?

  /// What nodes of an earlier epoch are told when they are refused. At most 64 KiB; the transport does not look into it.
  public var epochNotice = ByteBuffer()

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
    if let plaintextProblem { return plaintextProblem }
    if identity.role == .client, listen != nil { return "a client does not listen: remove the address" }
    for (name, address) in peers.sorted(by: { $0.key < $1.key }) where !(1...65535).contains(address.port) {
      return "node \(name) cannot be dialed at \(address): the port must be 1 to 65535"
    }
    guard (1...(1 << 30)).contains(limits.maximumFrameBytes) else {
      return "the frame limit must be 1 byte to 1 GiB"
    }
    for lane in Lane.allCases
    where limits.outboundBytes[lane] < PieceHeader.wireBytes(ofFrame: limits.frameBytes[lane]) {
      return
        "the outbound limit of lane \(lane) must hold at least one frame of the largest size (\(limits.frameBytes[lane]) bytes)"
    }
    guard greeting.readableBytes <= HandshakeMessage.maximumGreetingBytes else {
      return
        "the greeting has \(greeting.readableBytes) bytes, over the limit of \(HandshakeMessage.maximumGreetingBytes)"
    }
    guard limits.unfinishedHandshakes >= 1, limits.clients >= 0, limits.connectionsPerClient >= 1 else {
      return "the connection limits must be positive"
    }
    guard
      timing.handshakeTimeout > .zero, timing.connectTimeout > .zero, timing.minimumBackoff > .zero,
      timing.maximumBackoff >= timing.minimumBackoff, timing.closeTimeout > .zero,
      timing.unacknowledgedTimeout >= .seconds(1)
    else { return "every time must be positive, and the longest backoff not below the shortest" }
    guard timing.pingInterval >= .milliseconds(100), timing.silenceLimit >= timing.pingInterval * 2 else {
      return "the ping interval must be at least 100 ms, and the silence limit at least two intervals"
    }
    if let bytes = timing.receiveBufferBytes, !(64 << 10...1 << 30).contains(bytes) {
      return "the receive buffer must be 64 KiB to 1 GiB"
    }
    return nil
  }
}
