// Partition time on a leader.
import ActorCluster
import ClusterTestKit
import Testing

@Suite struct PartitionClockTests {
  private func clock(at time: Int64, monotonic: Int64 = 1_000) -> PartitionClock {
    PartitionClock(after: PartitionTime(milliseconds: time), monotonic: monotonic)
  }

  @Test func withoutAMedianItRunsWithTheMonotonicClock() {
    var clock = clock(at: 50)
    #expect(clock.advance(monotonic: 1_000, median: nil).milliseconds == 50)
    #expect(clock.advance(monotonic: 1_700, median: nil).milliseconds == 750)
  }

  @Test func aMonotonicClockThatRunsBackwardIsStandingStill() {
    var clock = clock(at: 50)
    #expect(clock.advance(monotonic: 900, median: nil).milliseconds == 50)
    #expect(clock.advance(monotonic: 1_010, median: nil).milliseconds == 60)
  }

  @Test func aheadOfTheMedianItRunsAtHalfSpeed() {
    var clock = clock(at: 100_000)
    #expect(clock.advance(monotonic: 2_000, median: 60_000).milliseconds == 100_500)
    #expect(clock.advance(monotonic: 3_000, median: 61_000).milliseconds == 101_000)
  }

  @Test func aheadOfTheMedianItRunsAtHalfSpeedHoweverOftenItIsAsked() {
    var clock = clock(at: 100_000, monotonic: 0)
    var time = PartitionTime(milliseconds: 0)
    for now: Int64 in 1...1_000 { time = clock.advance(monotonic: now, median: now) }
    #expect(time.milliseconds == 100_500)
  }

  @Test func aLittleBehindTheMedianItRunsATenthFasterAndNotPastIt() {
    var clock = clock(at: 10_000)
    #expect(clock.advance(monotonic: 1_100, median: 10_140).milliseconds == 10_110)
    #expect(clock.advance(monotonic: 1_200, median: 10_212).milliseconds == 10_212)
  }

  @Test func farBehindTheMedianItSteps() {
    var clock = clock(at: 10_000)
    #expect(clock.advance(monotonic: 1_010, median: 10_060).milliseconds == 10_011)
    #expect(clock.advance(monotonic: 1_010, median: 10_062).milliseconds == 10_062)
    #expect(clock.advance(monotonic: 1_011, median: 1_700_000_000_000).milliseconds == 1_700_000_000_000)
  }

  @Test func itIsNeverBeforeAnAppliedRecord() {
    var clock = clock(at: 10_000)
    clock.observe(PartitionTime(milliseconds: 20_000))
    #expect(clock.advance(monotonic: 1_000, median: 10_000).milliseconds == 20_000)
    clock.observe(PartitionTime(milliseconds: 5))
    #expect(clock.advance(monotonic: 1_000, median: 10_000).milliseconds == 20_000)
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func itNeverRunsBackwardAndNeverPastBothClocks(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var monotonic: Int64 = Int64(random.below(1_000_000))
    var wall = Int64(1_700_000_000_000)
    var clock = clock(at: 0, monotonic: monotonic)
    var last = PartitionTime(milliseconds: 0)
    for step in 0..<2_000 {
      let elapsed = Int64(random.below(40))
      monotonic += elapsed
      wall += elapsed + Int64(random.below(5)) - 2
      if random.chance(oneIn: 100) { wall += Int64(random.below(20_000)) - 10_000 }
      let median = random.chance(oneIn: 10) ? nil : wall
      let asked = random.chance(oneIn: 20) ? monotonic - Int64(random.below(100)) : monotonic
      let time = clock.advance(monotonic: asked, median: median)
      #expect(time >= last, "seed \(seed), step \(step)")
      #expect(
        time.milliseconds <= max(last.milliseconds + 2 * elapsed + 100, wall), "seed \(seed), step \(step)")
      last = time
    }
    // In reach of a steady median it gets there, from either side.
    for _ in 0..<5_000 {
      monotonic += 20
      wall += 20
      last = clock.advance(monotonic: monotonic, median: wall)
    }
    #expect(abs(last.milliseconds - wall) <= 20, "seed \(seed)")
  }

  @Test func timeSaturatesAtItsEnds() {
    #expect(PartitionTime(milliseconds: .max - 1).advanced(byMilliseconds: 5).milliseconds == .max)
    #expect(PartitionTime(milliseconds: .min + 1).advanced(byMilliseconds: -5).milliseconds == .min)
  }
}
