// Queues: the classic anomalies, made by hand.
import HistoryChecker
import Testing

@Suite struct QueueHistoryTests {
  @Test func firstInFirstOut() throws {
    var recording = Recording()
    recording.run(1, "enqueue", 1)
    recording.run(1, "enqueue", 2)
    recording.run(2, "dequeue", gives: 1)
    recording.run(2, "dequeue", gives: 2)
    recording.run(2, "dequeue")
    #expect(try recording.verdict(.queue) == .ok)
  }

  @Test func anOvertakingIsRefused() throws {
    var recording = Recording()
    recording.run(1, "enqueue", 1)
    recording.run(1, "enqueue", 2)
    recording.run(2, "dequeue", gives: 2)
    #expect(try recording.rules(.queue) == [.notLinearizable])
  }

  @Test func concurrentEnqueuesHaveEitherOrder() throws {
    var recording = Recording()
    recording.invoke(1, "enqueue", 1)
    recording.invoke(2, "enqueue", 2)
    recording.end(1)
    recording.end(2)
    recording.run(3, "dequeue", gives: 2)
    recording.run(3, "dequeue", gives: 1)
    #expect(try recording.verdict(.queue) == .ok)
  }

  @Test func aDuplicateDeliveryIsRefused() throws {
    var recording = Recording()
    recording.run(1, "enqueue", 1)
    recording.run(2, "dequeue", gives: 1)
    recording.run(3, "dequeue", gives: 1)
    #expect(try recording.rules(.queue) == [.notLinearizable])
  }

  @Test func aLostValueIsRefused() throws {
    var recording = Recording()
    recording.run(1, "enqueue", 1)
    recording.run(2, "dequeue")
    #expect(try recording.rules(.queue) == [.notLinearizable])
    recording = Recording()
    recording.run(1, "enqueue", 1)
    recording.invoke(3, "dequeue")
    recording.end(3, kind: .info)
    recording.run(2, "dequeue")
    #expect(try recording.verdict(.queue) == .ok, "someone may have taken it")
  }

  @Test func aValueFromNowhereIsRefused() throws {
    var recording = Recording()
    recording.run(1, "dequeue", gives: 9)
    #expect(try recording.rules(.queue) == [.notLinearizable])
  }
}
