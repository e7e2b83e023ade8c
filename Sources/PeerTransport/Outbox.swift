// The frames queued on one connection. Any thread puts them in, the connection's event loop takes them out.
// Touches nothing else.

internal import NIOCore
internal import Synchronization

/// Small frames are copied, with their lengths, into the chunk that the event loop will write next, so that
/// what is queued is what goes out: many frames are one write, and memory is the bytes that are counted.
/// Large frames are kept as they are.
final class Outbox: Sendable {
  private struct State {
    /// Chunks and large frames in order, without the last chunk.
    var full = CircularBuffer<ByteBuffer>()
    var tail = ByteBuffer()
    /// The size of the last chunk: what the next one probably needs.
    var tailCapacity = 512
    /// Bytes put in and not yet handed to the kernel, lengths included.
    var bytesQueued = 0
    var bytesSent: UInt64 = 0
    /// The event loop has been woken, or will come by itself.
    var isAwake = false
    var isClosed = false
  }

  /// Frames at least this long are not copied.
  static let largeFrameBytes = 16 << 10
  /// A chunk is closed when it has this many bytes.
  static let chunkBytes = 64 << 10
  /// What is taken from a large frame at once, so that encrypting it needs little memory.
  static let pieceBytes = 256 << 10

  private let limit: Int
  private let wake: @Sendable () -> Void
  private let state = Mutex(State())

  /// - Parameter wake: called, on the thread of the sender, when the event loop has to come and take.
  init(limit: Int, wake: @escaping @Sendable () -> Void) {
    self.limit = limit
    self.wake = wake
  }

  var bytesQueued: Int { state.withLock { $0.bytesQueued } }
  var bytesSent: UInt64 { state.withLock { $0.bytesSent } }

  func put(_ frame: ByteBuffer) -> SendOutcome {
    let size = FrameDecoder.prefixBytes + frame.readableBytes
    let (outcome, mustWake) = state.withLock { state -> (SendOutcome, Bool) in
      if state.isClosed { return (.notConnected, false) }
      if state.bytesQueued + size > limit { return (.overloaded, false) }
      state.bytesQueued += size
      if state.tail.capacity == 0 { state.tail.reserveCapacity(state.tailCapacity) }
      state.tail.writeInteger(UInt32(frame.readableBytes))
      if frame.readableBytes < Self.largeFrameBytes {
        state.tail.writeImmutableBuffer(frame)
        if state.tail.readableBytes >= Self.chunkBytes { Self.closeChunk(&state) }
      } else {
        Self.closeChunk(&state)
        state.full.append(frame)
      }
      defer { state.isAwake = true }
      return (.queued, !state.isAwake)
    }
    if mustWake { wake() }
    return outcome
  }

  /// The next bytes to write, at most ``pieceBytes``. Nil when there are none: the next `put` wakes the
  /// loop again.
  func take() -> ByteBuffer? {
    state.withLock { state in
      if state.full.isEmpty {
        guard state.tail.readableBytes > 0 else {
          state.isAwake = false
          return nil
        }
        Self.closeChunk(&state)
      }
      var first = state.full.removeFirst()
      guard first.readableBytes > Self.pieceBytes, let piece = first.readSlice(length: Self.pieceBytes) else {
        return first
      }
      state.full.prepend(first)
      return piece
    }
  }

  /// The kernel has taken these bytes.
  func sent(_ bytes: Int) {
    state.withLock { state in
      if !state.isClosed { state.bytesQueued -= bytes }
      state.bytesSent += UInt64(bytes)
    }
  }

  /// Drops what is queued; every later `put` answers `notConnected`.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.full = CircularBuffer()
      state.tail = ByteBuffer()
      state.bytesQueued = 0
    }
  }

  private static func closeChunk(_ state: inout State) {
    guard state.tail.readableBytes > 0 else { return }
    state.tailCapacity = min(max(state.tail.readableBytes, 512), Self.chunkBytes + Self.largeFrameBytes)
    state.full.append(state.tail)
    state.tail = ByteBuffer()
  }
}
