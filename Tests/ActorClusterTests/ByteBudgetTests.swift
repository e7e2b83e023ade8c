// A budget of bytes is kept over time.
import ActorCluster
import ClusterTestKit
import Testing

@Suite struct ByteBudgetTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func noMoreGoesThanIsAllowed(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var budget = ByteBudget(bytesPerSecond: 10_000)
    var (now, spent, largest): (Int64, Int, Int) = (5_000, 0, 0)
    for _ in 0..<2_000 {
      now += Int64(random.below(40))
      guard budget.isOpen(at: now) else { continue }
      let bytes = 1 + random.below(3_000)
      largest = max(largest, bytes)
      budget.spend(bytes)
      spent += bytes
    }
    let seconds = Double(now - 5_000) / 1_000
    #expect(Double(spent) <= 10_000 * (seconds + 1) + Double(largest), "seed \(seed)")
    #expect(Double(spent) >= 10_000 * seconds * 0.9, "seed \(seed)")
  }

  @Test func aClockThatStandsStillGivesNothing() {
    var budget = ByteBudget(bytesPerSecond: 100)
    let first = budget.isOpen(at: 1)
    #expect(first)
    budget.spend(500)
    let later = [1, 1, 1, 4_001, 4_101].map { budget.isOpen(at: $0) }
    #expect(later == [false, false, false, false, true])
  }
}
