// What a transport tells its user, and what `send` answers. Pure: touches nothing.

public import NIOCore

/// All events of one transport come on one event loop, one after the other.
///
/// For each peer they alternate: `connected`, then frames, then `disconnected`. A frame never comes outside
/// of the two, and the identity in it equals that of the `connected` before it.
public enum TransportEvent: Sendable {
  /// Both ways work: `send` to this peer queues from now on, inside this very callback too.
  case connected(PeerIdentity)
  /// The link is gone. Frames that were queued or on their way may be lost. Dialing starts at once.
  case disconnected(PeerIdentity, DisconnectReason)
  /// After a lost connection the node's machine said that nobody listens there any more: the process is
  /// gone. Once per outage.
  case refused(NodeID)
  /// That node has seen a higher incarnation of this one, and takes no connection of a lower one: this one runs on restored
  /// or lost data, or another process has taken its place. Said at every attempt.
  case outdated(by: NodeID)
  case frame(from: PeerIdentity, ByteBuffer)
}

public enum DisconnectReason: Hashable, Sendable, CustomStringConvertible {
  /// The peer closed, or its process died and its kernel closed for it.
  case closedByPeer
  /// The network or the peer's machine failed.
  case network(String)
  /// The peer sent something that no peer may send. It was cut off.
  case protocolViolation(String)
  /// The peer came back with a newer connection or a higher incarnation.
  case replaced
  /// This transport was stopped.
  case stopped

  public var description: String {
    switch self {
    case .closedByPeer: return "closed by the peer"
    case .network(let detail): return "network: \(detail)"
    case .protocolViolation(let detail): return "protocol violation: \(detail)"
    case .replaced: return "replaced by a newer connection"
    case .stopped: return "this transport was stopped"
    }
  }
}

/// What became of a frame given to `send`. Only ``queued`` frames are ever sent.
public enum SendOutcome: Hashable, Sendable {
  /// It goes out after all frames queued to this peer before it, unless the link breaks first, which is
  /// reported.
  case queued
  /// There is no link to this peer now. Try again after its `connected`.
  case notConnected
  /// The peer is slower than the frames: its queue is at its limit. Try again later.
  case overloaded
  /// The frame is longer than `maximumFrameBytes` and can never be sent.
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
  /// Bytes queued and not yet handed to the kernel.
  public var bytesQueued: Int
  /// Bytes of frames with their lengths, before encryption.
  public var bytesSent: UInt64
  public var bytesReceived: UInt64
  /// When the state was entered.
  public var since: ContinuousClock.Instant
}
