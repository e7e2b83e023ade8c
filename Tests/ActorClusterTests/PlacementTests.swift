// Where actors live, and ids derived from others: pinned, because stored data depends on them.
import ActorCluster
import ClusterTestKit
import NodeStore
import Testing

@Suite struct PlacementTests {
  @Test(arguments: [
    ("sales", "queue/sales"), ("{acme}", "acme"), ("sales{acme}", "acme"), ("{acme}sales", "acme"),
    ("a{b}c{d}", "b"), ("{}sales", "queue/{}sales"), ("{}{acme}", "queue/{}{acme}"), ("{acme", "queue/{acme"),
    ("acme}", "queue/acme}"), ("}{acme}", "acme"), ("{{acme}}", "{acme"), ("", "queue/"),
    ("{größe}", "größe"),
  ])
  func tagsFollowTheRulesOfRedisCluster(id: String, hashed: String) {
    #expect(ActorKey(type: "queue", id: id).placementKey == hashed)
  }

  @Test func actorsOfOneTagShareAPartitionWhateverTheirType() {
    for count: UInt32 in [1, 3, 16, 1_000] {
      let placement = Placement(partitionCount: count)
      let partitions = Set(
        ["queue", "agent", "interaction"].map {
          placement.partition(of: ActorKey(type: $0, id: "\($0)-7{tenant 4}"))
        })
      #expect(partitions.count == 1)
    }
  }

  /// Moving one of these loses every stored actor of that partition.
  @Test(
    arguments: [
      ("queue", "sales", 9), ("queue", "support", 15), ("agent", "anna", 12), ("agent", "bert", 3),
      ("interaction", "0123456789abcdef", 5), ("queue", "sales{acme}", 12), ("agent", "", 5),
    ] as [(String, String, UInt32)])
  func partitionsOfSixteen(type: String, id: String, partition: UInt32) {
    #expect(
      Placement(partitionCount: 16).partition(of: ActorKey(type: type, id: id)).rawValue == partition)
  }

  @Test func actorsSpreadEvenly() {
    var counts = [Int](repeating: 0, count: 16)
    let placement = Placement(partitionCount: 16)
    for number in 0..<16_000 {
      counts[Int(placement.partition(of: ActorKey(type: "interaction", id: "\(number)")).rawValue)] += 1
    }
    #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
  }

  @Test func noPartitionsIsTakenAsOne() {
    #expect(Placement(partitionCount: 0).partitions == [PartitionID(rawValue: 0)])
    #expect(Placement(partitionCount: 3).partitions.map(\.rawValue) == [0, 1, 2])
  }

  // MARK: derived ids

  @Test func derivedIDsArePinned() {
    let session = SessionID(derivedFrom: "order-1", scope: "desk|POST/v1/interactions")
    #expect(session.description == "b3af5100e355a0648cd2275916493994")
    let command = CommandID(session: SessionID(high: 1, low: 2), sequence: 3)
    #expect(command.description == "00000000000000010000000000000002#3")
    #expect(command.derivedID() == "28f419dda7c494184fe75f961452052f")
    #expect(command.derivedID(1) == "2ba9c614e88b12f1d33d45ecb576d64f")
  }

  @Test func scopeAndKeyOfASessionDoNotRunTogether() {
    #expect(SessionID(derivedFrom: "bc", scope: "a") != SessionID(derivedFrom: "c", scope: "ab"))
    #expect(SessionID(derivedFrom: "1:a:b", scope: "") != SessionID(derivedFrom: "b", scope: "1:a"))
  }

  @Test func derivedIDsOfManyCommandsDiffer() {
    var random = SplitMix64(seed: 7)
    var seen: Set<String> = []
    for sequence in 0..<500 {
      let session = SessionID(high: random.next(), low: random.next())
      for ordinal in 0..<3 {
        seen.insert(CommandID(session: session, sequence: UInt64(sequence)).derivedID(UInt64(ordinal)))
      }
    }
    #expect(seen.count == 1_500)
    #expect(seen.allSatisfy { $0.utf8.count == 32 })
  }

  @Test func sessionTextRoundTrips() {
    for session in [SessionID(high: 0, low: 0), SessionID(high: .max, low: 15)] {
      #expect(SessionID(session.description) == session)
    }
    for text in ["", "0", String(repeating: "g", count: 32), String(repeating: "0", count: 33)] {
      #expect(SessionID(text) == nil)
    }
  }
}
