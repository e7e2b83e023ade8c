// The sequence numbers of a session.
import ActorCluster
import ClusterTestKit
import Testing

@Suite struct CommandSequenceTests {
  @Test func numbersGrowAndTheLowestOpenOneIsKnown() {
    var sequence = CommandSequence()
    #expect(sequence.firstOutstanding == 1)
    #expect([sequence.begin(), sequence.begin(), sequence.begin()] == [1, 2, 3])
    #expect(sequence.firstOutstanding == 1)
    sequence.finish(2)
    #expect(sequence.firstOutstanding == 1)
    sequence.finish(1)
    #expect(sequence.firstOutstanding == 3)
    sequence.finish(3)
    #expect(sequence.firstOutstanding == 4)
    #expect(sequence.begin() == 4)
    #expect(sequence.firstOutstanding == 4)
  }

  @Test func whatIsNotOpenCannotBeFinished() {
    var sequence = CommandSequence()
    sequence.finish(1)
    _ = sequence.begin()
    for number: UInt64 in [0, 2, .max] { sequence.finish(number) }
    #expect(sequence.firstOutstanding == 1)
    sequence.finish(1)
    sequence.finish(1)
    #expect(sequence.firstOutstanding == 2)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func firstOutstandingIsTheLowestOpenNumber(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var sequence = CommandSequence()
    var open: Set<UInt64> = []
    var next: UInt64 = 1
    for _ in 0..<1_000 {
      if random.chance(oneIn: 2) || open.isEmpty {
        #expect(sequence.begin() == next, "seed \(seed)")
        open.insert(next)
        next += 1
      } else {
        let done = random.pick(open.sorted())
        sequence.finish(done)
        open.remove(done)
      }
      #expect(sequence.firstOutstanding == open.min() ?? next, "seed \(seed)")
    }
  }
}
