// The id of an event, as browsers send it back.
import ActorCluster
import ClusterTestKit
import Testing

@Suite struct EventPositionTests {
  @Test func theTextIsPinned() {
    #expect(EventPosition(indices: [0, 23, 24, 65_536]).description == "8400171818" + "1a00010000")
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func textRoundTrips(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = 1 + random.below(40)
    let position = EventPosition(indices: (0..<count).map { _ in random.next() >> UInt64(random.below(64)) })
    let placement = Placement(partitionCount: UInt32(count))
    #expect(EventPosition(position.description, placement: placement) == position, "seed \(seed)")
    let other = Placement(partitionCount: UInt32(count + 1))
    #expect(EventPosition(position.description, placement: other) == nil, "seed \(seed)")
  }

  @Test(arguments: [
    "", "8", "82", "8201", "820102ff", "820102 ", " 820102", "8201zz", "82ö1", "f6", "8261616162", "822001",
    "82f93c0001", "a20102", "9bffffffffffffffff", "9f0102", "0x820102",
    String(repeating: "00", count: 10_000),
  ])
  func garbageIsRefused(text: String) {
    #expect(EventPosition(text, placement: Placement(partitionCount: 2)) == nil)
  }

  @Test(arguments: ["82+102", "82-002"])
  func signsAreNoDigits(text: String) {
    #expect(EventPosition(text, placement: Placement(partitionCount: 2)) == nil)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func mutatedTextNeverCrashes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let placement = Placement(partitionCount: 4)
    let text = Array(EventPosition(indices: [1, 300, 70_000, .max]).description.utf8)
    for _ in 0..<500 {
      var bytes = text
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(128)) }
      if random.chance(oneIn: 4) { bytes.removeLast(random.below(bytes.count)) }
      if let position = EventPosition(String(decoding: bytes, as: UTF8.self), placement: placement) {
        #expect(position.indices.count == 4, "seed \(seed)")
      }
    }
  }
}
