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

  /// Who removed the file of what this node died of, because another version copes, is not told by the others.
  @Test func whatIsFatalOnlyHereIsKnownOnlyHere() {
    let partition = PartitionID(rawValue: 1)
    let fatal = [
      CrashKey.entry(7, term: 2, of: partition), .actor(ActorKey(type: "q", id: "a"), of: partition),
    ]
    let told = table(
      fatal.flatMap { [($0, north), ($0, north), ($0, south)] } + [(command, north), (command, north)])
    var anew = table([])
    anew.merge(told.entries, exceptOf: north)
    for key in fatal { #expect(verdicts(anew).crashes(of: key) == nil) }
    #expect(anew.entries.first { $0.key == fatal[0] }?.crashes(on: south) == 1)
    #expect(verdicts(anew).crashes(of: command) == 2)
    let again = anew.merge(told.entries, exceptOf: north)
    #expect(!again)
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

  /// A ping that is longer than a control frame may be is not sent, and with it all else that nodes tell each other.
  @Test func whateverNodesDiedOfFitsIntoAPing() throws {
    var table = CrashTable()
    for number in 0..<200 as Range<UInt64> {
      var entry = try #require(self.table([(command, south)]).entries.first)
      entry = CrashTable.Entry(
        key: CrashKey(kind: .command, first: .max, second: .max, third: .max - number),
        actor: String(repeating: "\u{1F600}", count: 300), method: String(repeating: "\u{1F600}", count: 300),
        counts: (0..<40).map {
          CrashTable.Count(
            node: NodeID(rawValue: "n\($0)-" + String(repeating: "x", count: 58)), crashes: 999)
        }, at: Int64(number))
      table.merge([entry])
    }
    #expect(try CBOREncoder().encode(table.entries).count <= 32 << 10)
    #expect(table.entries.count >= 4)
    #expect(table.entries.last?.key.third == UInt64.max - 199, "the newest stay")
    // A name is cut between two characters.
    #expect(table.entries.last?.actor.allSatisfy { $0 == "\u{1F600}" } == true)
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
