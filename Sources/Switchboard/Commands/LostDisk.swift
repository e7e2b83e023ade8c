// Word that the node's disk is lost, from the cluster system to the process that has to start over.
internal import Synchronization

/// Told at most once; safe from any thread.
final class LostDisk: Sendable {
  private let said = Mutex<String?>(nil)
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Why; nil while nothing is lost.
  var reason: String? { said.withLock { $0 } }

  func tell(_ reason: String) {
    said.withLock { $0 = $0 ?? reason }
    continuation.yield()
  }

  /// Returns when it was told. Never returns before, except when the task is cancelled: then nobody waits any more.
  func wait() async {
    for await _ in stream { return }
  }
}
