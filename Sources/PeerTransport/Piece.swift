// The wire format after the handshake: pieces, and the messages of the transport itself. Pure: touches nothing.

package import NIOCore

/// What stands before each piece: four bytes, big-endian, from the highest bit down:
///
///     lane (2)  last (1)  link (1)  reserved, zero (4)  length of the payload (24)
///
/// A frame is the concatenation of its lane's pieces up to and with the one that is last. Pieces of different lanes may
/// come in any order; that is how a long frame lets others pass. A piece carries at most 16 KiB, and at least one byte
/// unless it is last. With the link bit the payload is a ``LinkMessage`` of the transport itself, whole in one piece, in
/// the control lane; it may come between the pieces of a control frame.
package struct PieceHeader: Hashable, Sendable {
  package static let bytes = 4
  /// As much as one TLS record carries.
  package static let maximumPayload = 16 << 10

  package var lane: Lane
  package var isLast: Bool
  package var isLink: Bool
  package var length: Int

  /// - Parameter length: at most ``maximumPayload``.
  package init(lane: Lane, isLast: Bool, isLink: Bool = false, length: Int) {
    self.lane = lane
    self.isLast = isLast
    self.isLink = isLink
    self.length = length
  }

  package init(decoding bits: UInt32) throws(PieceViolation) {
    guard bits & 0x0f00_0000 == 0, let lane = Lane(rawValue: UInt8(truncatingIfNeeded: bits >> 30)) else {
      throw .reservedBits(bits)
    }
    self.lane = lane
    isLast = bits & (1 << 29) != 0
    isLink = bits & (1 << 28) != 0
    length = Int(bits & 0x00ff_ffff)
    guard length <= Self.maximumPayload else { throw .pieceTooLong(length: length) }
    guard isLast || length > 0 else { throw .emptyPiece }
    guard !isLink || (isLast && lane == .control) else { throw .misplacedLinkMessage }
  }

  package var bits: UInt32 {
    UInt32(lane.rawValue) << 30 | (isLast ? 1 << 29 : 0) | (isLink ? 1 << 28 : 0) | UInt32(length)
  }

  /// The bytes of a frame with the headers of its pieces.
  package static func wireBytes(ofFrame bytes: Int) -> Int {
    bytes + Self.bytes * max(1, (bytes + maximumPayload - 1) / maximumPayload)
  }
}

/// What no peer may send after the handshake. The stream cannot be read past it.
package enum PieceViolation: Error, Hashable, Sendable {
  case pieceTooLong(length: Int)
  /// Pieces that add up to more than a frame of their lane may have.
  case frameTooLong(length: Int, limit: Int)
  case reservedBits(UInt32)
  case emptyPiece
  case misplacedLinkMessage
}

/// What two transports say to each other on a connection, whichever way it carries frames.
///
/// Bytes: kind (1: ping, 2: pong), number (8, big-endian).
package enum LinkMessage: Hashable, Sendable {
  /// Answered at once, on the same connection, with a pong of the same number.
  case ping(UInt64)
  case pong(UInt64)

  package static let bytes = 9

  /// Writes the message as a piece.
  package func write(to out: inout ByteBuffer) {
    out.writeInteger(
      PieceHeader(lane: .control, isLast: true, isLink: true, length: Self.bytes).bits)
    switch self {
    case .ping(let number): out.writeMultipleIntegers(UInt8(1), number)
    case .pong(let number): out.writeMultipleIntegers(UInt8(2), number)
    }
  }

  /// Nil for bytes that are none.
  package init?(decoding payload: ByteBuffer) {
    var input = payload
    guard input.readableBytes == Self.bytes,
      let (kind, number) = input.readMultipleIntegers(as: (UInt8, UInt64).self)
    else { return nil }
    switch kind {
    case 1: self = .ping(number)
    case 2: self = .pong(number)
    default: return nil
    }
  }
}
