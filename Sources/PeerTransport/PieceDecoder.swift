// Cuts the bytes of an established connection into pieces and joins them to frames. Pure: touches nothing.

package import NIOCore

/// Holds at most one unfinished piece, and one unfinished frame for each lane. Memory grows with what has arrived, never
/// with what a length claims. A frame of one piece is a slice of the bytes that were read, where it lies in them whole.
package struct PieceDecoder: Sendable {
  package enum Output: Hashable, Sendable {
    case frame(ByteBuffer, Lane)
    /// The payload of a message of the transport itself.
    case link(ByteBuffer)
  }

  private var limits: LaneBytes
  /// What is left of the bytes that were read last.
  private var input = ByteBuffer()
  /// The beginning of a piece whose end has not come; a buffer of our own.
  private var partial = ByteBuffer()
  /// The pieces so far of the unfinished frame of each lane.
  private var frames = [ByteBuffer](repeating: ByteBuffer(), count: Lane.allCases.count)
  private var unfinished: LaneSet = []

  /// - Parameter limits: the longest frame of each lane.
  package init(limits: LaneBytes) { self.limits = limits }

  /// The peer is a client, which has calls to make and nothing else to send.
  package mutating func restrictToCalls() {
    limits.consensus = 0
    limits.bulk = 0
  }

  /// Bytes held for what is not complete.
  package var pendingBytes: Int {
    input.readableBytes + partial.readableBytes + frames.reduce(0) { $0 + $1.readableBytes }
  }

  /// Takes bytes as they came. Call ``next()`` until it returns nil before the next ones.
  package mutating func append(_ bytes: ByteBuffer) {
    if input.readableBytes == 0 {
      input = bytes
    } else {
      input.writeImmutableBuffer(bytes)
    }
  }

  /// The next complete frame or message, or nil until more bytes come.
  package mutating func next() throws(PieceViolation) -> Output? {
    while let (header, payload) = try nextPiece() {
      if header.isLink { return .link(payload) }
      let lane = header.lane
      if unfinished.contains(lane) {
        frames[lane.index].writeImmutableBuffer(payload)
      } else if header.isLast {
        return .frame(payload, lane)
      } else {
        frames[lane.index] = ByteBufferAllocator().buffer(capacity: 2 * payload.readableBytes)
        frames[lane.index].writeImmutableBuffer(payload)
        unfinished.insert(LaneSet(lane))
      }
      guard header.isLast else { continue }
      unfinished.remove(LaneSet(lane))
      let frame = frames[lane.index]
      frames[lane.index] = ByteBuffer()
      return .frame(frame, lane)
    }
    return nil
  }

  private mutating func nextPiece() throws(PieceViolation) -> (PieceHeader, ByteBuffer)? {
    if partial.readableBytes > 0 { return try finishPartial() }
    guard let header = try header(of: input), input.readableBytes >= PieceHeader.bytes + header.length else {
      // At most one piece. What is held must not keep the whole read alive, so it is copied.
      if input.readableBytes > 0 { partial.writeImmutableBuffer(input) }
      input = ByteBuffer()
      return nil
    }
    input.moveReaderIndex(forwardBy: PieceHeader.bytes)
    let payload = input.readSlice(length: header.length) ?? ByteBuffer()
    if input.readableBytes == 0 { input = ByteBuffer() }
    return (header, payload)
  }

  /// Only what the piece lacks is copied; what follows it stays where it is.
  private mutating func finishPartial() throws(PieceViolation) -> (PieceHeader, ByteBuffer)? {
    move(upTo: PieceHeader.bytes)
    guard let header = try header(of: partial) else { return nil }
    move(upTo: PieceHeader.bytes + header.length)
    guard partial.readableBytes == PieceHeader.bytes + header.length else { return nil }
    partial.moveReaderIndex(forwardBy: PieceHeader.bytes)
    // Like every other frame it begins at index 0.
    let payload = partial.slice()
    partial = ByteBuffer()
    return (header, payload)
  }

  private mutating func move(upTo size: Int) {
    let missing = min(size - partial.readableBytes, input.readableBytes)
    guard missing > 0, let bytes = input.readSlice(length: missing) else { return }
    partial.writeImmutableBuffer(bytes)
    if input.readableBytes == 0 { input = ByteBuffer() }
  }

  /// Nil when the header has not come. A frame that will be too long is refused before its piece comes.
  private func header(of bytes: ByteBuffer) throws(PieceViolation) -> PieceHeader? {
    guard let bits = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) else { return nil }
    let header = try PieceHeader(decoding: bits)
    if !header.isLink {
      let length = frames[header.lane.index].readableBytes + header.length
      let limit = limits[header.lane]
      guard length <= limit else { throw .frameTooLong(length: length, limit: limit) }
    }
    return header
  }
}
