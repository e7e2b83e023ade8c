// The median of a majority of clocks.
import ActorCluster
import PeerTransport
import Testing

@Suite struct ClockMedianTests {
  private let nodes = ["a", "b", "c", "d", "e"].map { NodeID(rawValue: $0) }

  private func median(of walls: [Int64], nodeCount: Int) -> ClockMedian {
    var median = ClockMedian(nodeCount: nodeCount)
    for (node, wall) in zip(nodes, walls) { median.observe(node, wall: wall, monotonic: 100) }
    return median
  }

  @Test(
    arguments: [
      ([5_000], 1, 5_000), ([], 1, nil),
      ([5_000], 2, nil), ([5_000, 9_000], 2, 5_000),
      ([5_000], 3, nil), ([9_000, 5_000], 3, 5_000), ([9_000, 5_000, 7_000], 3, 7_000),
      ([1, 2], 4, nil), ([4, 1, 3, 2], 4, 2),
      ([1, 2], 5, nil), ([3, 1, 2], 5, 2), ([5, 4, 1, 3, 2], 5, 3),
    ] as [([Int64], Int, Int64?)])
  func middleOfAMajority(walls: [Int64], nodeCount: Int, expected: Int64?) {
    #expect(median(of: walls, nodeCount: nodeCount).median(monotonic: 100) == expected)
  }

  @Test func itRunsOnWithTheMonotonicClockAndForgetsStaleReadings() {
    var clocks = median(of: [5_000, 5_010, 5_020], nodeCount: 3)
    #expect(clocks.median(monotonic: 600) == 5_510)
    let fresh = 100 + ClockMedian.staleMilliseconds
    #expect(clocks.median(monotonic: fresh) == 5_010 + ClockMedian.staleMilliseconds)
    #expect(clocks.median(monotonic: fresh + 1) == nil)
    clocks.observe(nodes[0], wall: 20_000, monotonic: fresh + 1)
    #expect(clocks.median(monotonic: fresh + 1) == nil)
    clocks.observe(nodes[1], wall: 30_000, monotonic: fresh + 1)
    #expect(clocks.median(monotonic: fresh + 1) == 20_000)
  }

  @Test func oneWrongClockOfThreeMovesNothingPastTheOthers() {
    for wrong in [Int64(0), 1_000_000_000, -1_000_000_000] {
      let clocks = median(of: [5_000, 5_010, wrong], nodeCount: 3)
      let value = clocks.median(monotonic: 100)
      #expect(value == 5_000 || value == 5_010)
    }
  }

  @Test func offsetsAreFromTheMedianAndOfWhatIsHeard() {
    var clocks = median(of: [5_000, 5_010, 9_000], nodeCount: 3)
    #expect(clocks.offsets(monotonic: 100) == [nodes[0]: -10, nodes[1]: 0, nodes[2]: 3_990])
    let later = 101 + ClockMedian.staleMilliseconds
    #expect(clocks.offsets(monotonic: later) == [:])
    clocks.observe(nodes[0], wall: 20_000, monotonic: later)
    clocks.observe(nodes[1], wall: 18_000, monotonic: later)
    #expect(clocks.offsets(monotonic: later) == [nodes[0]: 2_000, nodes[1]: 0])
    // Whatever a peer says, nothing overflows.
    clocks.observe(nodes[2], wall: .max, monotonic: later)
    #expect(clocks.offsets(monotonic: later).count == 3)
  }

  @Test func aNewReadingReplacesTheOldOne() {
    var clocks = median(of: [1, 2, 3], nodeCount: 3)
    clocks.observe(nodes[1], wall: 900, monotonic: 100)
    #expect(clocks.median(monotonic: 100) == 3)
  }
}
