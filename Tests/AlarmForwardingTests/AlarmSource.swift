// Alarms to forward, with a clock that the test winds.
import Alarms
import ClusterTestKit
import Logging
import Synchronization
import Testing

final class AlarmSource: Sendable {
  private final class Time: Sendable {
    let now = Mutex<Int64>(0)
  }

  private let time = Time()
  let center: AlarmCenter
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init() {
    let time = time
    center = AlarmCenter(
      node: "north", incarnation: 2,
      clock: { AlarmTime(monotonic: time.now.withLock { $0 }, wall: 1_000) }, logger: logger)
  }

  /// A disk that is full, and well again: raised and cleared.
  func raiseAndClear() {
    center.observe([AlarmCondition(.disk, "north", .critical, "no room")])
    center.observe([])
    time.now.withLock { $0 += 3_600_000 }
    center.observe([])
  }
}

/// Asks until it is so, for at most twenty seconds.
func waitUntil(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while !isSo() {
    try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// Milliseconds since the first use.
let steadyClock: @Sendable () -> Int64 = {
  let start = ContinuousClock.now
  return {
    let passed = start.duration(to: .now).components
    return passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000
  }
}()
