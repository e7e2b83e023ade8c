// Moves what is queued on a connection to its channel, a little ahead of the socket and no further. Touches the channel.

internal import NIOCore

/// What is written cannot be overtaken any more: encryption and the kernel keep its order. So at most a group is written
/// at a time, and only while the channel's buffer is below its mark (`Channel.setLatencyOptions`).
///
/// A class, because writing may call back: a channel that becomes writable while it is flushed says so at once.
final class ConnectionWriter {
  enum Outcome {
    /// Everything is written, or the channel takes no more now and will say when it does.
    case done
    /// There is more, but others on this loop must get their turn.
    case outOfTurn
  }

  /// What is taken from the queue for one flush.
  private static let groupBytes = 64 << 10
  /// The most bytes written in one turn of the event loop.
  private static let bytesPerTurn = 256 << 10

  private var batch: [ByteBuffer] = []
  /// The first chunk of the last group, for use again once it is encrypted.
  private var spare = ByteBuffer()
  private var isDraining = false

  func drain(_ outbox: Outbox, into context: ChannelHandlerContext) -> Outcome {
    guard !isDraining else { return .done }
    isDraining = true
    defer { isDraining = false }
    var budget = Self.bytesPerTurn
    while context.channel.isWritable {
      guard budget > 0 else { return .outOfTurn }
      let size = outbox.take(Self.groupBytes, into: &batch, spare: &spare)
      guard size > 0 else { return .done }
      for buffer in batch { context.write(NIOAny(buffer), promise: nil) }
      context.flush()
      recycle()
      guard size >= Self.groupBytes else { return .done }
      budget -= size
    }
    return .done
  }

  /// A round trip of one short frame needs no new buffer: the one that is written comes back.
  private func recycle() {
    if batch.count == 1, batch[0].capacity <= OutboxLane.largestSpare {
      spare = batch[0]
      batch.removeAll(keepingCapacity: true)
      spare.clear()
    } else {
      batch.removeAll(keepingCapacity: true)
    }
  }
}
