// What is queued in one lane of a connection. Pure: touches nothing.

internal import NIOCore

/// Short frames are written, as pieces, into the chunk that the event loop will write next: many frames are one write.
/// Long ones are kept as they are and cut into pieces when they are taken.
struct OutboxLane {
  private struct Entry {
    var buffer: ByteBuffer
    /// Frames that end in this buffer.
    var frames: Int
    /// The payload of one frame, without headers; otherwise whole pieces with theirs.
    var isLong: Bool
  }

  /// What one ``take(into:spare:)`` gave.
  struct Taken {
    var bytes: Int
    var frames: Int
  }

  /// A chunk that has so many bytes is full, so that other lanes need not wait long for a chunk; with the last frame it
  /// has at most one piece more.
  static let chunkBytes = PieceHeader.maximumPayload
  /// No buffer that is larger is kept for use again.
  static let largestSpare = 64 << 10

  let lane: Lane
  /// Bytes queued, headers included.
  private(set) var bytes = 0
  private var full = CircularBuffer<Entry>()
  private var tail = ByteBuffer()
  private var tailFrames = 0
  /// The size of the last chunk: what the next one probably needs.
  private var tailCapacity = 512

  init(_ lane: Lane) { self.lane = lane }

  var isEmpty: Bool { bytes == 0 }

  mutating func put(_ frame: ByteBuffer) {
    let size = frame.readableBytes
    bytes += PieceHeader.wireBytes(ofFrame: size)
    if size <= PieceHeader.maximumPayload {
      reserve()
      tail.writeInteger(PieceHeader(lane: lane, isLast: true, length: size).bits)
      tail.writeImmutableBuffer(frame)
      tailFrames += 1
      closeFullChunk()
    } else {
      closeChunk()
      full.append(Entry(buffer: frame, frames: 1, isLong: true))
    }
  }

  mutating func put(_ message: LinkMessage) {
    bytes += PieceHeader.bytes + LinkMessage.bytes
    reserve()
    message.write(to: &tail)
    closeFullChunk()
  }

  /// Lets `writing` append a frame to the tail.
  /// - Parameters:
  ///   - limit: the longest frame.
  ///   - room: the most bytes that may be queued after it.
  mutating func put(limit: Int, room: Int, writing: (inout ByteBuffer) -> Void) -> SendOutcome {
    reserve()
    let start = tail.writerIndex
    tail.writeInteger(UInt32(0))
    writing(&tail)
    let size = tail.writerIndex - start - PieceHeader.bytes
    assert(size >= 0 && tail.readerIndex <= start, "a frame's closure may only append")
    let onWire = PieceHeader.wireBytes(ofFrame: max(0, size))
    guard size >= 0, size <= limit, bytes + onWire <= room else {
      rollBack(to: start)
      return size <= limit ? .overloaded : .frameTooLarge
    }
    bytes += onWire
    if size <= PieceHeader.maximumPayload {
      tail.setInteger(PieceHeader(lane: lane, isLast: true, length: size).bits, at: start)
      tailFrames += 1
      closeFullChunk()
    } else {
      // The frame stays where it was written; what stands before it becomes a chunk of the same storage.
      let payload = tail.getSlice(at: start + PieceHeader.bytes, length: size) ?? ByteBuffer()
      tail.moveWriterIndex(to: start)
      closeChunk()
      full.append(Entry(buffer: payload, frames: 1, isLong: true))
      tail = ByteBuffer()
    }
    return .queued
  }

  /// Adds the next piece, or chunk of short ones, to `batch`.
  mutating func take(into batch: inout [ByteBuffer], spare: inout ByteBuffer) -> Taken {
    guard !full.isEmpty else {
      let taken = Taken(bytes: tail.readableBytes, frames: tailFrames)
      guard taken.bytes > 0 else { return taken }
      remember(taken.bytes)
      batch.append(tail)
      tail = spare
      spare = ByteBuffer()
      tailFrames = 0
      bytes -= taken.bytes
      return taken
    }
    var first = full.removeFirst()
    var taken = Taken(bytes: first.buffer.readableBytes, frames: first.frames)
    if first.isLong {
      let length = min(first.buffer.readableBytes, PieceHeader.maximumPayload)
      let piece = first.buffer.readSlice(length: length) ?? ByteBuffer()
      let isLast = first.buffer.readableBytes == 0
      if !isLast {
        full.prepend(first)
        taken.frames = 0
      }
      batch.append(ByteBuffer(integer: PieceHeader(lane: lane, isLast: isLast, length: length).bits))
      batch.append(piece)
      taken.bytes = PieceHeader.bytes + length
    } else {
      batch.append(first.buffer)
    }
    bytes -= taken.bytes
    return taken
  }

  private mutating func reserve() {
    if tail.capacity == 0 { tail.reserveCapacity(tailCapacity) }
  }

  private mutating func rollBack(to start: Int) {
    tail.moveWriterIndex(to: start)
    guard tail.capacity > Self.largestSpare else { return }
    // The buffer grew for a frame that does not go out.
    var smaller = ByteBuffer()
    smaller.writeImmutableBuffer(tail)
    tail = smaller
  }

  private mutating func remember(_ size: Int) {
    tailCapacity = min(max(size, 512), Self.chunkBytes + PieceHeader.bytes + PieceHeader.maximumPayload)
  }

  private mutating func closeFullChunk() {
    if tail.readableBytes >= Self.chunkBytes { closeChunk() }
  }

  private mutating func closeChunk() {
    guard tail.readableBytes > 0 else { return }
    remember(tail.readableBytes)
    full.append(Entry(buffer: tail, frames: tailFrames, isLong: false))
    tail = ByteBuffer()
    tailFrames = 0
  }
}
