// What a transport tells its user, and what `send` answers. Pure: touches nothing.

public import NIOCore

/// All events of one transport come on one event loop, one after the other.
///
/// For each peer they alternate: `connected`, then frames, then `disconnected`. A frame never comes outside
/// of the two, and the identity in it equals that of the `connected` before it.
public enum TransportEvent: Sendable {
  /// Both ways work: `send` to this peer queues from now on, inside this very callback too. The greeting is what the
  /// peer's ``TransportConfiguration/greeting`` says.
  case connected(PeerIdentity, greeting: ByteBuffer)
  /// The link is gone. Frames that were queued or on their way may be lost. Dialing starts at once.
  case disconnected(PeerIdentity, DisconnectReason)
  /// After a lost connection the node's machine said that nobody listens there any more: the process is
  /// gone. Once per outage.
  case refused(NodeID)
  /// That node has seen a higher incarnation of this one, and takes no connection of a lower one: this one runs on restored
  /// or lost data, or another process has taken its place. Said at every attempt.
  case outdated(by: NodeID)
  /// A person has had that node go on without this one: it is of a later epoch. The notice is what its
  /// ``TransportConfiguration/epochNotice`` says. Said at every attempt.
  case superseded(by: NodeID, notice: ByteBuffer)
  case frame(from: PeerIdentity, ByteBuffer)
}

public enum DisconnectReason: Hashable, Sendable, CustomStringConvertible {
  /// The peer closed, or its process died and its kernel closed for it.
  case closedByPeer
  /// The network or the peer's machine failed.
  case network(String)
  /// The peer sent something that no peer may send. It was cut off.
  case protocolViolation(String)
  /// The peer's certificate was revoked while it was connected.
  case revoked(String)
  /// The peer came back with a newer connection or a higher incarnation.
  case replaced
  /// The peer is none of the nodes any more (``PeerTransport/setPeers(_:)``).
  case notAMember
  /// This transport was stopped.
  case stopped

  public var description: String {
    switch self {
    case .closedByPeer: return "closed by the peer"
    case .network(let detail): return "network: \(detail)"
    case .protocolViolation(let detail): return "protocol violation: \(detail)"
    case .revoked(let detail): return detail
    case .replaced: return "replaced by a newer connection"
    case .notAMember: return "it does not belong to the cluster any more"
    case .stopped: return "this transport was stopped"
    }
  }
}

/// What became of a frame given to `send`. Only ``queued`` frames are ever sent.
public enum SendOutcome: Hashable, Sendable {
  /// It goes out after all frames queued to this peer in the same lane before it, unless the link breaks first, which
  /// is reported.
  case queued
  /// There is no link to this peer now. Try again after its `connected`.
  case notConnected
  /// The peer is slower than the frames: the queue of the lane is at its limit. Try again later.
  case overloaded
  /// The frame is longer than `maximumFrameBytes`, or than a frame of the control lane may be, and can never be sent.
  case frameTooLarge

  public var isRetryable: Bool { self == .notConnected || self == .overloaded }
}

/// One connection, for status pages and metrics.
public struct LinkStatus: Hashable, Sendable {
  public enum Direction: String, Hashable, Sendable { case dialed, accepted }
  public enum State: Hashable, Sendable {
    /// TCP, TLS or the greeting is under way.
    case handshaking
    /// Ready for frames.
    case ready
    /// Not connected; the next attempt is scheduled. The text is why the last one failed, if it did.
    case waiting(String?)
  }

  /// The node dialed, or the peer accepted.
  public var peer: NodeID
  public var role: PeerRole
  public var direction: Direction
  public var state: State
  /// The peer's, once it is known.
  public var incarnation: UInt64?
  /// Where the connection leads, with the port; nil while there is none.
  public var address: String?
  /// The protocol version that both ends use; nil until it is known.
  public var version: UInt16?
  /// From a ping to its answer, smoothed; nil until there is one. It has waited at both ends for what was written before.
  public var roundTrip: Duration?
  public var lastRoundTrip: Duration?
  public var minimumRoundTrip: Duration?
  /// Bytes queued in each lane and not yet written to the socket.
  public var queued: LaneBytes
  /// Bytes written to the socket, with headers, before encryption.
  public var bytesSent: UInt64
  /// Bytes of frames with their headers, after decryption.
  public var bytesReceived: UInt64
  public var framesSent: UInt64
  public var framesReceived: UInt64
  /// When the state was entered.
  public var since: ContinuousClock.Instant

  /// Bytes queued in all lanes.
  public var bytesQueued: Int { queued.total }

  package init(
    peer: NodeID, role: PeerRole, direction: Direction, state: State, incarnation: UInt64? = nil,
    address: String? = nil, version: UInt16? = nil, roundTrip: Duration? = nil,
    lastRoundTrip: Duration? = nil, minimumRoundTrip: Duration? = nil, queued: LaneBytes = LaneBytes(),
    bytesSent: UInt64 = 0, bytesReceived: UInt64 = 0, framesSent: UInt64 = 0, framesReceived: UInt64 = 0,
    since: ContinuousClock.Instant
  ) {
    self.peer = peer
    self.role = role
    self.direction = direction
    self.state = state
    self.incarnation = incarnation
    self.address = address
    self.version = version
    self.roundTrip = roundTrip
    self.lastRoundTrip = lastRoundTrip
    self.minimumRoundTrip = minimumRoundTrip
    self.queued = queued
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
    self.framesSent = framesSent
    self.framesReceived = framesReceived
    self.since = since
  }
}
