// Whether a node's clock is fit for leading, and whose clocks count.
import ActorCluster
import PeerTransport
import Testing

@Suite struct ClockHealthTests {
  private let nodes = ["a", "b", "c", "d", "e"].map { NodeID(rawValue: $0) }
  private let hour: Int64 = 3_600_000
  private let today: Int64 = 1_800_000_000_000

  private func clocks(_ walls: [Int64?], nodeCount: Int) -> ClockMedian {
    var median = ClockMedian(nodeCount: nodeCount)
    for (node, wall) in zip(nodes, walls) {
      if let wall { median.observe(node, wall: wall, monotonic: 100) }
    }
    return median
  }

  @Test func aClockThatIsOffIsKnownByItsOffset() {
    let clocks = clocks([today, today + 3, today + hour], nodeCount: 3)
    #expect(clocks.agreed(monotonic: 100) == today + 3)
    #expect(clocks.offset(of: nodes[0], monotonic: 100) == -3)
    #expect(clocks.offset(of: nodes[2], monotonic: 100) == hour - 3)
    #expect(clocks.offsets(monotonic: 100).count == 3)
    let stale = 101 + ClockMedian.staleMilliseconds
    #expect(clocks.offset(of: nodes[0], monotonic: stale) == nil)
  }

  /// Far from here a clock that is right would seem to be late.
  @Test func whatAClockReadIsAsOldAsItsWayTook() {
    var median = ClockMedian(nodeCount: 3)
    median.observe(nodes[0], wall: today, monotonic: 100)
    median.observe(nodes[1], wall: today - 150, roundTrip: 300, monotonic: 100)
    median.observe(nodes[2], wall: today - 4_000, roundTrip: .max, monotonic: 100)
    #expect(median.offset(of: nodes[1], monotonic: 100) == 0)
    #expect(median.offset(of: nodes[2], monotonic: 100) == -3_000)
  }

  /// One of the two that are left is wrong, and nobody can say which.
  @Test(arguments: [0, 3_600_000] as [Int64])
  func twoThatDisagreeAreNoMajority(wrong: Int64) {
    let other = wrong == 0 ? 0 : today + wrong
    let clocks = clocks([today, nil, other], nodeCount: 3)
    #expect(clocks.median(monotonic: 100) != nil)
    #expect(clocks.agreed(monotonic: 100) == nil)
    #expect(clocks.offset(of: nodes[0], monotonic: 100) == nil)
  }

  @Test func clocksThatAreNearEachOtherAreOneOpinion() {
    #expect(clocks([today, today + 4_000, nil], nodeCount: 3).agreed(monotonic: 100) == today)
    #expect(clocks([today], nodeCount: 1).agreed(monotonic: 100) == today)
    let five = clocks([0, today, today + 1, today + 2, today + hour], nodeCount: 5)
    #expect(five.agreed(monotonic: 100) == today + 1)
    #expect(clocks([0, 0, today, today + hour], nodeCount: 5).agreed(monotonic: 100) == nil)
  }

  @Test(arguments: [1_001, -1_001, 3_600_000, -1_800_000_000_000] as [Int64])
  func oneThatIsOffSaysSoOnceAndComesBack(offset: Int64) throws {
    var health = ClockHealth()
    let well = health.observe(offset: 1_000, at: 0)
    #expect(well == nil && !health.isOff)
    let off = health.observe(offset: offset, at: 500)
    let alarm = try #require(off)
    #expect(alarm.isOff && alarm.words.contains(offset < 0 ? "behind" : "ahead of") && health.isOff)
    let again = health.observe(offset: offset, at: 1_000)
    #expect(again == nil)
    // Nobody can tell: nothing changes.
    let unknown = health.observe(offset: nil, at: 1_500)
    #expect(unknown == nil && health.isOff)
    // Not while it is only just within the limit, and not at once.
    for (now, offset) in [(2_000, 900), (3_000, 10), (5_000, 600), (6_000, 10), (10_999, -10)]
      as [(Int64, Int64)]
    {
      let early = health.observe(offset: offset, at: now)
      #expect(early == nil && health.isOff, "at \(now)")
    }
    let over = health.observe(offset: 10, at: 11_000)
    let end = try #require(over)
    #expect(!end.isOff && !health.isOff)
  }

  @Test func theLimitIsASetting() {
    var settings = ClockSettings()
    settings.limitMilliseconds = 200
    var health = ClockHealth(settings: settings)
    let alarm = health.observe(offset: 201, at: 0)
    #expect(alarm != nil)
  }
}
