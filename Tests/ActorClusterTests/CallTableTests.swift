// Calls under way: every one of them ends, and its waiter hears of it once.
import ActorCluster
import ClusterTestKit
import NodeStore
import Testing

@Suite struct CallTableTests {
  private func table() -> CallTable<String> { CallTable(firstGeneration: .max) }

  private func open(
    _ table: inout CallTable<String>, _ waiter: String, link: UInt32 = 1, until deadline: Int64 = 100
  ) -> UInt64 {
    let call = table.open(link: link, cost: 70, until: deadline)
    #expect(table.attach(waiter, to: call) == true)
    return call
  }

  @Test func anAnswerEndsItsCallOnce() {
    var table = table()
    let one = open(&table, "one")
    let two = open(&table, "two")
    let ended1 = table.end(two, link: 1)
    #expect(ended1?.waiter == "two")
    #expect(table.end(two, link: 1) == nil)
    #expect(table.end(99, link: 1) == nil)
    #expect(table.count == 1)
    let ended2 = table.expired(now: 100)
    #expect(ended2.map(\.waiter) == ["one"])
    // Its answer may still come, and gives its credit back.
    #expect(table.count == 1)
    let late = table.end(one, link: 1)
    #expect(late?.cost == 70)
    #expect(late?.waiter == nil)
    #expect(table.count == 0)
    #expect(table.timers == 0)
  }

  /// Another node leads the partition: what was asked over other links is asked anew, and late answers still count.
  @Test func callsOfAPartitionAreAbandonedButForTheOnesToItsLeader() {
    var table = table()
    let (zero, one) = (PartitionID(rawValue: 0), PartitionID(rawValue: 1))
    var calls: [UInt64] = []
    for (waiter, link, partition) in [("a", 1, zero), ("b", 2, zero), ("c", 1, one), ("d", 1, nil)] {
      let call = table.open(link: UInt32(link), cost: 10, until: 100, partition: partition)
      _ = table.attach(waiter, to: call)
      calls.append(call)
    }
    let abandoned = table.abandon(callsTo: zero, exceptOver: 2)
    #expect(abandoned.map(\.waiter) == ["a"])
    let again = table.abandon(callsTo: zero, exceptOver: 2)
    #expect(again.isEmpty)
    let late = table.end(calls[0], link: 1)
    #expect(late?.cost == 10 && late?.waiter == nil)
    #expect(table.count == 3)
  }

  @Test func anAnswerOverAnotherLinkIsNone() {
    var table = table()
    let call = open(&table, "one", link: 3)
    #expect(table.end(call, link: 4) == nil)
    let ended3 = table.end(call, link: 3)
    #expect(ended3?.waiter == "one")
  }

  @Test func aPlaceThatIsUsedAgainHasAnotherNumber() {
    var table = table()
    let first = open(&table, "first")
    _ = table.end(first, link: 1)
    let second = open(&table, "second")
    #expect(first != second)
    #expect(table.end(first, link: 1) == nil)
    let ended4 = table.end(second, link: 1)
    #expect(ended4?.waiter == "second")
  }

  @Test func aLostLinkEndsItsCalls() {
    var table = table()
    _ = open(&table, "a1", link: 1)
    _ = open(&table, "b1", link: 2)
    let abandoned = open(&table, "a2", link: 1)
    let ended5 = table.abandon(abandoned)
    #expect(ended5?.waiter == "a2")
    #expect(table.abandon(abandoned) == nil)
    let ended6 = table.lost(1)
    #expect(ended6.map(\.waiter) == ["a1", nil])
    let ended7 = table.lost(1)
    #expect(ended7.isEmpty)
    let ended8 = table.takeAll()
    #expect(ended8.map(\.waiter) == ["b1"])
  }

  @Test func whatIsOverBeforeSomebodyWaitsIsNotWaitedFor() {
    var table = table()
    let lost = table.open(link: 1, cost: 64, until: 100)
    _ = table.lost(1)
    #expect(table.attach("lost", to: lost) == false)
    let cancelled = table.open(link: 1, cost: 64, until: 100)
    let ended9 = table.abandon(cancelled)
    #expect(ended9?.waiter == nil)
    #expect(table.attach("cancelled", to: cancelled) == false)
    let ended10 = table.end(cancelled, link: 1)
    #expect(ended10?.cost == 64)
    #expect(table.count == 0)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func everyWaiterHearsOnce(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var table = CallTable<Int>(firstGeneration: random.next())
    var ids: [UInt64] = []
    var ends: [Int: Int] = [:]
    var (now, attached): (Int64, Int) = (0, 0)
    for number in 0..<1_000 {
      let link = UInt32(random.below(3))
      ids.append(table.open(link: link, cost: 64, until: now + Int64(random.below(300))))
      if !random.chance(oneIn: 9), table.attach(number, to: ids[number]) { attached += 1 }
      now += Int64(random.below(20))
      var ended: [CallTable<Int>.Ended] = []
      switch random.below(7) {
      case 0: ended = table.lost(UInt32(random.below(3)))
      case 1: ended = table.expired(now: now)
      case 2: ended = table.abandon(random.pick(ids)).map { [$0] } ?? []
      default: ended = table.end(random.pick(ids), link: UInt32(random.below(3))).map { [$0] } ?? []
      }
      for call in ended { if let waiter = call.waiter { ends[waiter, default: 0] += 1 } }
    }
    for call in table.takeAll() { if let waiter = call.waiter { ends[waiter, default: 0] += 1 } }
    #expect(table.count == 0)
    #expect(table.timers == 0)
    #expect(ends.count == attached, "seed \(seed)")
    #expect(ends.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(Set(ids).count == 1_000)
  }
}

@Suite struct TimerWheelTests {
  @Test func nothingExpiresEarlyOrIsForgotten() {
    var wheel = TimerWheel()
    wheel.set(1, 100)
    wheel.set(2, 8 * 1_024 * 3 + 5)
    wheel.set(3, 101)
    #expect(wheel.advance(to: 99) == [])
    #expect(wheel.advance(to: 100) == [1])
    #expect(wheel.advance(to: 101) == [3])
    #expect(wheel.advance(to: 8 * 1_024 * 3 + 4) == [])
    #expect(wheel.advance(to: 8 * 1_024 * 3 + 5) == [2])
    #expect(wheel.count == 0)
  }

  /// A deadline that is over when it is set, and a clock that stands still.
  @Test func theNextStepFindsWhatIsOver() {
    var wheel = TimerWheel()
    #expect(wheel.advance(to: 1_000) == [])
    wheel.set(7, 3)
    #expect(wheel.advance(to: 1_000) == [7])
    wheel.set(7, 1_000)
    wheel.clear(7)
    #expect(wheel.advance(to: .max / 2) == [])
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func itIsAListThatIsSearched(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var wheel = TimerWheel(slotMilliseconds: 4, slotCount: 16)
    var list: [Int: Int64] = [:]
    var now: Int64 = Int64(random.below(100_000))
    for _ in 0..<2_000 {
      let number = Int(random.below(40))
      switch random.below(4) {
      case 0:
        now += Int64(random.chance(oneIn: 20) ? random.below(500) : random.below(9))
        let due = list.filter { $0.value <= now }.keys.sorted()
        #expect(wheel.advance(to: now).sorted() == due, "seed \(seed)")
        for number in due { list[number] = nil }
      case 1 where list[number] != nil:
        wheel.clear(number)
        list[number] = nil
      default:
        guard list[number] == nil else { continue }
        let deadline = now - 20 + Int64(random.below(400))
        wheel.set(number, deadline)
        list[number] = deadline
      }
      #expect(wheel.count == list.count)
    }
  }
}
