// What waits for a receiver: in order, again and again, bounded.
import Alarms
import Testing

@Suite struct DeliveryQueueTests {
  /// What the next step is, in words.
  private func step(_ queue: inout DeliveryQueue<Int>, _ now: Int64) -> String {
    switch queue.next(at: now) {
    case .deliver(let item, let dropped): dropped == 0 ? "\(item)" : "\(item) after \(dropped)"
    case .wait(let until): "wait \(until)"
    case .idle: "idle"
    }
  }

  @Test func oneAtATimeInOrder() {
    var queue = DeliveryQueue<Int>(limit: 10)
    for item in 1...3 { queue.add(item) }
    var seen: [String] = []
    for _ in 1...3 {
      seen.append(step(&queue, 0))
      seen.append(step(&queue, 0))
      queue.ended(.delivered, at: 0)
    }
    seen.append(step(&queue, 0))
    #expect(seen == ["1", "idle", "2", "idle", "3", "idle", "idle"])
    #expect(queue.delivered == 3 && queue.count == 0)
  }

  @Test func pausesGrowUntilItWorks() {
    var queue = DeliveryQueue<Int>(limit: 10)
    queue.add(1)
    queue.add(2)
    var now: Int64 = 0
    var pauses: [Int64] = []
    for _ in 0..<9 {
      let first = step(&queue, now)
      #expect(first == "1")
      queue.ended(.failed("refused"), at: now)
      guard case .wait(let until) = queue.next(at: now) else { continue }
      pauses.append(until - now)
      now = until
    }
    #expect(pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    #expect(queue.problem == "refused")
    let again = step(&queue, now)
    #expect(again == "1")
    queue.ended(.delivered, at: now)
    let second = step(&queue, now)
    #expect(second == "2" && queue.problem == nil)
    queue.ended(.failed("x"), at: now)
    let after = step(&queue, now)
    #expect(after == "wait \(now + 1_000)")
  }

  @Test func whatIsRejectedHoldsNothingUp() {
    var queue = DeliveryQueue<Int>(limit: 10)
    queue.add(1)
    queue.add(2)
    _ = step(&queue, 0)
    queue.ended(.rejected("400"), at: 0)
    let next = step(&queue, 0)
    #expect(next == "2")
    #expect(queue.rejected == 1 && queue.delivered == 0)
  }

  @Test func theOldestIsDroppedAndSaid() {
    var queue = DeliveryQueue<Int>(limit: 3)
    queue.add(1)
    let first = step(&queue, 0)
    #expect(first == "1")
    // The one under way stays: it may have arrived.
    for item in 2...7 { queue.add(item) }
    #expect(queue.count == 4 && queue.dropped == 3)
    queue.ended(.failed("away"), at: 0)
    let again = step(&queue, 1_000)
    #expect(again == "1 after 3")
    // That failed as well: it has to be said again.
    queue.ended(.failed("away"), at: 1_000)
    let third = step(&queue, 3_000)
    #expect(third == "1 after 3")
    queue.ended(.delivered, at: 3_000)
    let fourth = step(&queue, 3_000)
    #expect(fourth == "5")
    queue.ended(.delivered, at: 3_000)
    let fifth = step(&queue, 3_000)
    #expect(fifth == "6")
  }

  @Test func anEndWithoutABeginningChangesNothing() {
    var queue = DeliveryQueue<Int>(limit: 3)
    queue.add(1)
    queue.ended(.delivered, at: 0)
    #expect(queue.count == 1 && queue.delivered == 0)
  }
}
