// Why one connection ended, from this side's point of view. Pure: touches nothing.

package enum ConnectionFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The handshake was not done in time.
  case handshakeTimeout
  case frameTooLong(length: Int, limit: Int)
  case pieceTooLong(length: Int)
  /// Bytes that no peer may send in this state.
  case malformed(String)
  /// A frame on a connection that this side only sends on.
  case unexpectedFrame
  /// This side refused the peer.
  case refused(Rejection)
  /// The peer refused this side.
  case refusedByPeer(Rejection)
  /// TLS failed: a foreign or expired certificate, or no TLS at all.
  case tls(String)
  case network(String)
  case closedByPeer
  /// This side closed for a reason that has nothing to do with the peer's behavior.
  case closedHere(DisconnectReason)
  /// Too many unfinished handshakes; this was the oldest.
  case crowdedOut
  /// More pings, or pongs that nobody waits for, than any peer needs.
  case pingFlood
  /// Nothing came for so long.
  case silent(Duration)
  /// The peer broke a rule above the transport.
  case cut(String)

  package init(_ violation: PieceViolation) {
    switch violation {
    case .pieceTooLong(let length): self = .pieceTooLong(length: length)
    case .frameTooLong(let length, let limit): self = .frameTooLong(length: length, limit: limit)
    case .reservedBits(let bits):
      self = .malformed("a piece with reserved bits (\(String(bits, radix: 16))): damage, or a newer version")
    case .emptyPiece: self = .malformed("an empty piece that is not the last of its frame")
    case .misplacedLinkMessage: self = .malformed("a message of the transport outside of the control lane")
    }
  }

  package var description: String {
    switch self {
    case .handshakeTimeout: return "the handshake was not done in time"
    case .frameTooLong(let length, let limit): return "a frame of \(length) bytes, over the limit of \(limit)"
    case .pieceTooLong(let length):
      return "a piece of \(length) bytes, over the limit of \(PieceHeader.maximumPayload)"
    case .malformed(let detail): return detail
    case .unexpectedFrame: return "a frame on a connection that only this side sends on"
    case .refused(let rejection): return "refused: \(rejection)"
    case .refusedByPeer(let rejection): return "the peer refused: \(rejection)"
    case .tls(let detail): return "TLS: \(detail)"
    case .network(let detail): return detail
    case .closedByPeer: return "closed by the peer"
    case .closedHere(let reason): return reason.description
    case .crowdedOut: return "too many unfinished handshakes, this was the oldest"
    case .pingFlood:
      return "more than \(LinkPulse.allowance) pings, or pongs that nobody asked for, in a second"
    case .silent(let silence):
      let seconds = silence.components.seconds
      return "nothing came for \(seconds) s: the peer hangs, or the network lost the connection"
    case .cut(let reason): return reason
    }
  }

  /// The case alone, to count failures of one kind together.
  package var kind: String {
    switch self {
    case .handshakeTimeout: return "timeout"
    case .frameTooLong, .pieceTooLong: return "length"
    case .malformed: return "malformed"
    case .unexpectedFrame: return "unexpected"
    case .refused(let rejection): return "refused \(rejection.code.rawValue)"
    case .refusedByPeer(let rejection): return "refused by peer \(rejection.code.rawValue)"
    case .tls: return "tls"
    case .network: return "network"
    case .closedByPeer: return "closed"
    case .closedHere: return "closed here"
    case .crowdedOut: return "crowded"
    case .pingFlood: return "flood"
    case .silent: return "silent"
    case .cut: return "cut"
    }
  }

  package var disconnectReason: DisconnectReason {
    switch self {
    case .closedByPeer: return .closedByPeer
    case .closedHere(let reason): return reason
    case .network(let detail): return .network(detail)
    case .tls(let detail): return .network("TLS: \(detail)")
    case .silent: return .network(description)
    case .handshakeTimeout, .frameTooLong, .pieceTooLong, .malformed, .unexpectedFrame, .refused,
      .refusedByPeer, .crowdedOut, .pingFlood, .cut:
      return .protocolViolation(description)
    }
  }
}
