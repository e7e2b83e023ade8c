// What nodes died of: counted once, merged in any order, bounded.
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Testing

@Suite struct CrashTableTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")
  private let command = CrashKey(kind: .command, first: 1, second: 2, third: 3)

  private func table(_ crashes: [(CrashKey, NodeID)]) -> CrashTable {
    var table = CrashTable()
    for (position, (key, node)) in crashes.enumerated() {
      table.add(key, actor: "queue/sales", method: "enqueue", on: node, at: Int64(position))
    }
    return table
  }

  private func verdicts(_ table: CrashTable, isWaiting: Bool = false) -> PoisonVerdicts {
    table.verdicts(on: north) { _ in isWaiting }
  }

  @Test func theSecondCrashIsOneTooMany() {
    #expect(verdicts(table([(command, north)])).isEmpty)
    #expect(verdicts(table([(command, north), (command, north)])).crashes(of: command) == 2)
  }

  @Test func crashesOfTwoNodesAddUpHoweverOftenTheyAreTold() {
    var own = table([(command, north)])
    let other = table([(command, south)])
    for (round, isNews) in [true, false, false].enumerated() {
      let merged = own.merge(other.entries)
      #expect(merged == isNews, "round \(round)")
    }
    var back = other
    back.merge(own.entries)
    #expect(own.entries.map(\.total) == [2] && back.entries.map(\.total) == [2])
    #expect(verdicts(own).crashes(of: command) == 2)
  }

  @Test func whatWasFatalOnceWaitsForThoseWhoAreAway() {
    let one = table([(command, south)])
    #expect(verdicts(one, isWaiting: true).isHeld(command))
    #expect(!verdicts(one).isHeld(command))
    // Waiting does not help an entry: it is committed.
    let entry = CrashKey.entry(7, term: 2, of: PartitionID(rawValue: 1))
    #expect(!verdicts(table([(entry, north)]), isWaiting: true).isHeld(entry))
  }

  @Test func anEntryIsRefusedOnlyWhereItWasFatal() {
    let entry = CrashKey.entry(7, term: 2, of: PartitionID(rawValue: 1))
    #expect(verdicts(table([(entry, south), (entry, south)])).isEmpty)
    #expect(verdicts(table([(entry, north), (entry, north)])).crashes(of: entry) == 2)
  }

  @Test func allNodesKeepTheNewest() {
    var all: [(CrashKey, NodeID)] = []
    for number in 0..<200 {
      all.append((CrashKey(kind: .command, first: 0, second: 0, third: UInt64(number)), north))
    }
    let full = table(all)
    #expect(full.entries.count == CrashTable.capacity)
    #expect(full.entries.last?.key.third == 199)
    var late = table([])
    late.merge(Array(full.entries.reversed()))
    #expect(late == full)
    let old = late.merge(table([(command, south)]).entries)
    #expect(!old && late == full)
  }

  @Test func whatAPeerSaysIsBounded() throws {
    var entry = try #require(table([(command, south)]).entries.first)
    entry.actor = String(repeating: "x", count: 10_000)
    entry.counts = (0..<1_000).map { CrashTable.Count(node: NodeID(rawValue: "n\($0)"), crashes: .max) }
    let taken = try #require(CrashTable([entry]).entries.first)
    #expect(taken.actor.count < 1_000 && taken.counts.count < 100 && taken.total < 100_000)
    var negative = entry
    negative.counts = [CrashTable.Count(node: south, crashes: .min)]
    #expect(CrashTable([negative]).entries.first?.total == 0)
  }

  @Test func theFormIsPinned() throws {
    let entry = try #require(table([(command, south)]).entries.first)
    let bytes = try CBOREncoder().encode(entry)
    #expect(
      try cborDiagnostic(bytes) == #"{0: {0: 1, 1: 1, 2: 2, 3: 3}, 1: "queue/sales", 2: "enqueue", "#
        + #"3: [{0: "south", 1: 1}], 4: 0}"#)
    #expect(try CBORDecoder().decode(CrashTable.Entry.self, from: bytes) == entry)
  }
}
