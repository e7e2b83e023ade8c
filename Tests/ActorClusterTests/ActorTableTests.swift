// Who stays in memory and who leaves it.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Testing

@Suite struct ActorTableTests {
  private static let types = DurableTypes([Counter.self])

  private func slot(_ id: String) throws -> any ActorSlot {
    try #require(Self.types.types["counter"]).make(id)
  }

  private func key(_ id: String) -> ActorKey { ActorKey(type: "counter", id: id) }

  private func events() throws -> [UInt8] {
    try CBOREncoder().encode([CounterState.Event.added(1, counts: true)])
  }

  @Test func whoeverHasNoRowsLeavesAtOnce() throws {
    var table = ActorTable()
    table.insert(key("a"), try slot("a"), isVacant: true)
    table.evict(checkpointed: 0, idle: 1_000_000)
    #expect(!table.contains(key("a")))
  }

  @Test func whatIsNotOnTheDiskStays() throws {
    var table = ActorTable()
    table.insert(key("a"), try slot("a"), isVacant: false)
    _ = try table.apply(try events(), to: key("a"), at: PartitionTime(milliseconds: 1), index: 7)
    table.now = 1_000_000
    table.evict(checkpointed: 6, idle: 0)
    #expect(table.contains(key("a")))
    table.evict(checkpointed: 7, idle: 0)
    #expect(!table.contains(key("a")))
  }

  @Test func whoIsUsedStays() throws {
    var table = ActorTable()
    for id in ["a", "b"] { table.insert(key(id), try slot(id), isVacant: false) }
    table.now = 900
    table.use(key("a"))
    table.now = 1_000
    table.evict(checkpointed: 0, idle: 1_000)
    #expect(table.contains(key("a")))
    #expect(!table.contains(key("b")))
  }

  @Test func eventsOfAnActorThatIsNotThereChangeNothing() throws {
    var table = ActorTable()
    #expect(try table.apply(try events(), to: key("a"), at: PartitionTime(milliseconds: 1), index: 7) == nil)
    #expect(table.count == 0)
  }

  @Test func aSecondStayIsNotEndedByTheFirst() throws {
    var table = ActorTable()
    table.insert(key("a"), try slot("a"), isVacant: true)
    table.remove(key("a"))
    table.insert(key("a"), try slot("a"), isVacant: false)
    table.evict(checkpointed: 0, idle: 1_000)
    #expect(table.contains(key("a")))
  }

  /// However many there are, one call looks at a few; calls in turn find all.
  @Test func everybodyIdleLeavesInTime() throws {
    var table = ActorTable()
    for number in 0..<10_000 { table.insert(key("\(number)"), try slot("\(number)"), isVacant: false) }
    table.now = 10_000
    table.evict(checkpointed: 0, idle: 5_000)
    #expect(table.count > 9_900)
    for _ in 0..<1_000 { table.evict(checkpointed: 0, idle: 5_000) }
    #expect(table.count == 0)
  }

  /// Those who came and went must not be remembered for as long as those who stay.
  @Test func whoHasLeftIsForgottenSoon() throws {
    var table = ActorTable()
    for number in 0..<1_000 { table.insert(key("stays \(number)"), try slot("stays"), isVacant: false) }
    for round in 0..<1_000 {
      for number in 0..<100 {
        table.insert(key("\(round) \(number)"), try slot("goes"), isVacant: true)
      }
      table.evict(checkpointed: 0, idle: 1_000)
    }
    #expect(table.count == 1_000)
    #expect(table.stays < 3_000)
  }
}
