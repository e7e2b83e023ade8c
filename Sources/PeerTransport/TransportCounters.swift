// What a transport refused, counted by kind, for metrics. Written by the event loop, read by any thread.

internal import Synchronization

/// Why a connection was refused or cut. The raw values are the labels of a metric: never change one.
public enum RefusalKind: String, CaseIterable, Hashable, Sendable {
  case handshakeTimeout = "handshake_timeout"
  /// A greeting, piece or frame over its limit.
  case oversized
  /// Bytes that no peer may send.
  case malformed
  /// A frame on a connection that carries none that way.
  case unexpectedFrame = "unexpected_frame"
  /// More pings than any peer needs.
  case pingFlood = "ping_flood"
  /// A rule above the transport was broken (``PeerTransport/cut(_:because:)``).
  case cut
  /// Nothing came for the silence limit.
  case silent
  /// A foreign, expired or missing certificate, or no TLS at all.
  case tls
  /// The oldest of too many unfinished handshakes.
  case crowdedOut = "crowded_out"
  case version
  case cluster
  case unknownNode = "unknown_node"
  /// A certificate of another name or role than the greeting says.
  case certificate
  case staleIncarnation = "stale_incarnation"
  case tooManyClients = "too_many_clients"
  case wrongNode = "wrong_node"
}

/// Since the transport was made.
public struct TransportCounters: Hashable, Sendable {
  /// Connections refused or cut; kinds that never came are left out.
  public var refused: [RefusalKind: UInt64] = [:]

  public init() {}
}

final class CounterBoard: Sendable {
  private let state = Mutex(TransportCounters())

  var current: TransportCounters { state.withLock { $0 } }

  func refused(_ kind: RefusalKind) { state.withLock { $0.refused[kind, default: 0] += 1 } }
}

extension ConnectionFailure {
  /// Nil for ends that are nobody's fault, and for refusals by the peer.
  package var refusalKind: RefusalKind? {
    switch self {
    case .handshakeTimeout: .handshakeTimeout
    case .frameTooLong, .pieceTooLong: .oversized
    case .malformed: .malformed
    case .unexpectedFrame: .unexpectedFrame
    case .pingFlood: .pingFlood
    case .cut: .cut
    case .silent: .silent
    case .tls: .tls
    case .crowdedOut: .crowdedOut
    case .refused(let rejection): rejection.code.refusalKind
    case .refusedByPeer, .network, .closedByPeer, .closedHere: nil
    }
  }
}

extension Rejection.Code {
  package var refusalKind: RefusalKind {
    switch self {
    case .version: .version
    case .cluster: .cluster
    case .unknownNode: .unknownNode
    case .certificate: .certificate
    case .staleIncarnation: .staleIncarnation
    case .tooManyClients: .tooManyClients
    case .wrongNode: .wrongNode
    default: .malformed
    }
  }
}
