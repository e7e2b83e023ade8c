// Ctrl-C and SIGTERM as something that can be awaited. Changes how this process takes these signals.
// Sources may be canceled from any thread; their protocol only does not say so.
@preconcurrency internal import Dispatch
internal import Foundation

/// Throws when it is time to end.
struct DemoInterrupted: Error, CustomStringConvertible {
  let signal: Int32
  var description: String { "interrupted" }
  /// What shells expect of a process that a signal ended.
  var exitCode: Int32 { 128 + signal }
}

enum DemoSignals {
  /// From here on the signals no longer end this process; they come out of the stream. A closed pipe ends nothing either.
  static func stream() -> AsyncStream<Int32> {
    signal(SIGPIPE, SIG_IGN)
    return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { continuation.yield(number) }
        source.resume()
        return source
      }
      continuation.onTermination = { _ in sources.forEach { $0.cancel() } }
    }
  }

  /// Runs `body` until it is done or a signal comes, which cancels it.
  /// - Throws: `DemoInterrupted`, or what `body` throws.
  static func interruptible<Value: Sendable>(
    _ signals: AsyncStream<Int32>, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for await number in signals { throw DemoInterrupted(signal: number) }
        return nil
      }
      defer { group.cancelAll() }
      while let value = try await group.next() {
        if let value { return value }
      }
      throw CancellationError()
    }
  }
}
