// The generated day: the same for the same seed, and shaped as it says.
import Switchboard
import Testing

struct DemoDayGeneratorTests {
  @Test func theSequenceIsThatOfSplitMix64() {
    var random = DemoRandom(seed: 0)
    // The first outputs of the reference implementation for seed 0.
    #expect(
      (0..<3).map { _ in random.next() } == [
        0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F,
      ])
  }

  @Test func theSameSeedGivesTheSameDay() {
    let day = DayGenerator(seed: 7, calls: 300).plan()
    #expect(DayGenerator(seed: 7, calls: 300).plan() == day)
    #expect(DayGenerator(seed: 8, calls: 300).plan().calls != day.calls)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func itIsShapedLikeADay(seed: UInt64) {
    let plan = DayGenerator(seed: seed, calls: 6_000).plan()
    #expect(plan.calls.count == 6_000)
    #expect(zip(plan.calls, plan.calls.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
    #expect(plan.calls.map(\.number) == Array(1...6_000))
    #expect(plan.calls.allSatisfy { (0..<12 * 3_600.0).contains($0.arrival) })
    func calls(_ from: Double, _ to: Double) -> Double {
      let count = plan.calls.count { ((from - 7) * 3_600..<(to - 7) * 3_600).contains($0.arrival) }
      return Double(count) / (to - from)
    }
    // The morning peak is steeper than opening, lunch and evening.
    #expect(calls(9.5, 11.5) > 1.15 * calls(12.5, 13.5))
    #expect(calls(9.5, 11.5) > 1.6 * calls(7, 8))
    #expect(calls(9.5, 11.5) > 1.6 * calls(18, 19))
    #expect(calls(15, 16) > 1.1 * calls(12.5, 13.5))

    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    #expect((150...180).contains(mean(plan.calls.map(\.service))), "seed \(seed)")
    #expect((300...360).contains(mean(plan.calls.compactMap(\.patience))), "seed \(seed)")
    func share(_ isCounted: (DayPlan.Call) -> Bool) -> Double {
      Double(plan.calls.count(where: isCounted)) / 6_000
    }
    #expect((0.70...0.78).contains(share { $0.queue == "PS" }), "seed \(seed)")
    #expect((0.05...0.09).contains(share { $0.queue == "IN" }), "seed \(seed)")
    #expect((0.22...0.28).contains(share { $0.priority > 0 }), "seed \(seed)")
  }

  @Test(arguments: [1, 50, 800, 3_000])
  func everyQueueIsStaffedAllDay(calls: Int) {
    let plan = DayGenerator(seed: 1, calls: calls).plan()
    for queue in plan.queues {
      for minute in stride(from: 0, through: Int(plan.lastArrival / 60), by: 10) {
        let time = Double(minute * 60)
        let onDuty = plan.agents.filter { agent in
          agent.queues.contains(queue)
            && agent.shifts.contains { $0.from <= time && time < $0.to ?? .infinity }
        }
        #expect(!onDuty.isEmpty, "\(queue) at minute \(minute) of a day of \(calls) calls")
      }
    }
    #expect(plan.agents.contains { $0.shifts.last?.to == nil })
    #expect(Set(plan.agents.map(\.name)).count == plan.agents.count)
  }
}
