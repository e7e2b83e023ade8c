// Calls under way: every one of them ends, and ends once.
import ActorCluster
import ClusterTestKit
import PeerTransport
import Testing

@Suite struct CallTableTests {
  private let a = NodeID(rawValue: "a")
  private let b = NodeID(rawValue: "b")

  @Test func anAnswerEndsItsCallOnce() {
    var table = CallTable<String>()
    let one = table.insert("one", to: a, until: 100)
    let two = table.insert("two", to: a, until: 100)
    #expect(table.answered(two) == "two")
    #expect(table.answered(two) == nil)
    #expect(table.answered(99) == nil)
    #expect(table.count == 1)
    #expect(table.expired(now: 100) == ["one"])
    #expect(table.answered(one) == nil)
  }

  @Test func aLostNodeEndsItsCallsInOrder() {
    var table = CallTable<String>()
    _ = table.insert("a1", to: a, until: 300)
    _ = table.insert("b1", to: b, until: 100)
    _ = table.insert("a2", to: a, until: 200)
    #expect(table.lost(a) == ["a1", "a2"])
    #expect(table.lost(a) == [])
    #expect(table.expired(now: 1_000) == ["b1"])
  }

  @Test func callsExpireByDeadlineThenByAge() {
    var table = CallTable<Int>()
    for (call, deadline) in [300, 100, 200, 100].enumerated() {
      _ = table.insert(call, to: a, until: Int64(deadline))
    }
    #expect(table.expired(now: 99) == [])
    #expect(table.expired(now: 200) == [1, 3, 2])
    #expect(table.expired(now: 200) == [])
    #expect(table.takeAll() == [0])
    #expect(table.expired(now: .max) == [])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func everyCallEndsOnce(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var table = CallTable<Int>()
    var ids: [UInt64] = []
    var ends: [Int: Int] = [:]
    var now: Int64 = 0
    let nodes = [a, b, NodeID(rawValue: "c")]
    for number in 0..<500 {
      ids.append(table.insert(number, to: random.pick(nodes), until: now + Int64(random.below(300))))
      now += Int64(random.below(20))
      var ended: [Int] = []
      switch random.below(6) {
      case 0: ended = table.lost(random.pick(nodes))
      case 1: ended = table.expired(now: now)
      default: ended = table.answered(random.pick(ids)).map { [$0] } ?? []
      }
      for call in ended { ends[call, default: 0] += 1 }
    }
    for call in table.takeAll() { ends[call, default: 0] += 1 }
    #expect(table.count == 0)
    #expect(ends.count == 500, "seed \(seed)")
    #expect(ends.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(Set(ids).count == 500)
  }
}

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
