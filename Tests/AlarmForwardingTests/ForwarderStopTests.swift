// The end of a node waits for no receiver of alarms.
import AlarmForwarding
import Alarms
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ForwarderStopTests {
  /// Looking a name up, for example, does not end with its task.
  @Test func aDeliveryThatDoesNotEndHoldsUpNobody() async throws {
    let source = AlarmSource()
    let begun = Mutex(0)
    let forwarder = AlarmForwarder(
      receiver: "syslog", center: source.center, clock: steadyClock, logger: source.logger,
      send: { _, _ in
        begun.withLock { $0 += 1 }
        await stubborn(.seconds(5))
        return .delivered
      }, stop: { await stubborn(.seconds(5)) })
    let task = Task { try await forwarder.run() }
    source.raiseAndClear()
    try await waitUntil("a delivery is under way") { begun.withLock { $0 } == 1 }
    let start = ContinuousClock.now
    task.cancel()
    try await task.value
    #expect(start.duration(to: .now) < .seconds(3))
    #expect(begun.withLock { $0 } == 1)
  }
}

/// Takes its time, cancelled or not.
private func stubborn(_ time: Duration) async {
  _ = await Task.detached { try? await Task.sleep(for: time) }.value
}
