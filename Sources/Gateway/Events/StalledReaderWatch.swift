// Cuts off readers of event streams that take no bytes. Touches the clock and a connection.
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Closes the connection when one write has taken longer than the limit, and frees all that waits behind it.
final class StalledReaderWatch: Sendable {
  private let writeBegan = NIOLockedValueBox<NIODeadline?>(nil)
  private let check = NIOLockedValueBox<RepeatedTask?>(nil)

  init(channel: any Channel, limit: Duration) {
    let limit = TimeAmount(limit)
    let interval = TimeAmount.nanoseconds(max(1_000_000, limit.nanoseconds / 4))
    let writeBegan = writeBegan
    let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      if let began = writeBegan.withLockedValue({ $0 }), NIODeadline.now() - began > limit {
        channel.close(promise: nil)
      }
    }
    check.withLockedValue { $0 = task }
  }

  func beginWrite() { writeBegan.withLockedValue { $0 = .now() } }
  func endWrite() { writeBegan.withLockedValue { $0 = nil } }

  func stop() { check.withLockedValue { $0.take() }?.cancel() }
}
