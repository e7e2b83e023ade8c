// Cuts the bytes of a handshake into messages: a length of four bytes (big-endian) and as many bytes of payload. All
// versions of the protocol begin like this; what follows the handshake are pieces. Pure: touches nothing.

package import NIOCore

/// Holds at most one unfinished frame. Memory grows with what has arrived, never with what a length claims.
package struct FrameDecoder {
  package static let prefixBytes = 4

  /// A frame whose length is over the limit. The stream cannot be read past it.
  package struct TooLong: Error, Equatable {
    package var length: Int
    package var limit: Int

    package init(length: Int, limit: Int) {
      self.length = length
      self.limit = limit
    }
  }

  private var pending = ByteBuffer()
  /// Whether `pending` is a buffer of our own that nobody else holds, so that appending to it copies
  /// nothing old.
  private var isOwn = false

  package init() {}

  /// Bytes held for a frame that is not complete.
  package var pendingBytes: Int { pending.readableBytes }

  package mutating func append(_ bytes: ByteBuffer) {
    if pending.readableBytes == 0 {
      pending = bytes
      isOwn = false
    } else if isOwn {
      pending.writeImmutableBuffer(bytes)
    } else {
      var own = ByteBufferAllocator().buffer(capacity: pending.readableBytes + bytes.readableBytes)
      own.writeImmutableBuffer(pending)
      own.writeImmutableBuffer(bytes)
      pending = own
      isOwn = true
    }
  }

  /// What came after the last frame that ``next(limit:)`` gave.
  package mutating func takeRest() -> ByteBuffer {
    defer { self = FrameDecoder() }
    return pending
  }

  /// The next complete frame without its length, or nil until more bytes come.
  package mutating func next(limit: Int) throws(TooLong) -> ByteBuffer? {
    guard let prefix = pending.getInteger(at: pending.readerIndex, as: UInt32.self) else { return nil }
    let length = Int(prefix)
    guard length <= limit else { throw TooLong(length: length, limit: limit) }
    guard pending.readableBytes >= Self.prefixBytes + length else { return nil }
    pending.moveReaderIndex(forwardBy: Self.prefixBytes)
    let frame = pending.readSlice(length: length)
    isOwn = false
    if pending.readableBytes == 0 { pending = ByteBuffer() }
    return frame
  }
}
