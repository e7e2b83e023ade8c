// Where the voters of partitions are put: properties over many clusters, drawn from seeds.
import ActorCluster
import ClusterTestKit
import Testing

struct ReplicaPlacementTests {
  private typealias Node = ReplicaPlacement.Node

  private func nodes(_ numbers: [UInt64]) -> [Node] { numbers.map { Node(number: $0) } }

  private func loads(_ placement: [[UInt64]], leaders: Bool = false) -> [UInt64: Int] {
    var loads: [UInt64: Int] = [:]
    for voters in placement {
      for node in leaders ? Array(voters.prefix(1)) : voters { loads[node, default: 0] += 1 }
    }
    return loads
  }

  private func spread(_ loads: [UInt64: Int], _ nodes: [Node]) -> Int {
    let counts = nodes.map { loads[$0.number] ?? 0 }
    return (counts.max() ?? 0) - (counts.min() ?? 0)
  }

  private func moved(_ before: [[UInt64]], _ after: [[UInt64]]) -> Int {
    zip(before, after).reduce(0) { $0 + Set($1.1).subtracting($1.0).count }
  }

  @Test func threeNodesLeadInTurnAsTheyAlwaysDid() {
    let placement = ReplicaPlacement.place(partitions: 5, voters: 3, nodes: nodes([1, 2, 3]))
    #expect(placement == [[1, 2, 3], [2, 1, 3], [3, 1, 2], [1, 2, 3], [2, 1, 3]])
  }

  @Test func whoIsAloneHasAll() {
    #expect(ReplicaPlacement.place(partitions: 2, voters: 3, nodes: nodes([7])) == [[7], [7]])
    #expect(ReplicaPlacement.place(partitions: 2, voters: 3, nodes: []) == [[], []])
  }

  @Test func threeToFiveToThreeMovesWhatItMust() {
    let three = ReplicaPlacement.place(partitions: 16, voters: 3, nodes: nodes([1, 2, 3]))
    let four = ReplicaPlacement.place(partitions: 16, voters: 3, nodes: nodes([1, 2, 3, 4]), before: three)
    // 48 voters on four nodes.
    #expect(moved(three, four) == 12)
    let five = ReplicaPlacement.place(partitions: 16, voters: 3, nodes: nodes([1, 2, 3, 4, 5]), before: four)
    #expect(moved(four, five) == 9)
    let back = ReplicaPlacement.place(partitions: 16, voters: 3, nodes: nodes([1, 2, 3]), before: five)
    #expect(moved(five, back) == loads(five)[4, default: 0] + loads(five)[5, default: 0])
    #expect(back.map { Set($0) }.allSatisfy { $0 == [1, 2, 3] })
  }

  /// Nodes come and go at random; every step keeps all rules.
  @Test(arguments: 0..<40)
  func everyStepIsBalancedAndMovesLittle(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) + 1)
    let partitions = [1, 16, 37, 64][Int(random.next() % 4)]
    let voters = [1, 3, 3, 5][Int(random.next() % 4)]
    var present: [UInt64] = Array(1...(1 + random.next() % 5))
    var next = UInt64(present.count) + 1
    var before: [[UInt64]] = []
    for step in 0..<12 {
      if step > 0 {
        if present.count < 2 || present.count < 9 && random.next() % 2 == 0 {
          present.append(next)
          next += 1
        } else {
          present.remove(at: Int(random.next() % UInt64(present.count)))
        }
      }
      let nodes = nodes(present)
      let after = ReplicaPlacement.place(partitions: partitions, voters: voters, nodes: nodes, before: before)
      let count = min(voters, present.count)
      #expect(after.count == partitions)
      #expect(after.allSatisfy { Set($0).count == count && $0.count == count && present.contains(all: $0) })
      #expect(spread(loads(after), nodes) <= 1)
      #expect(spread(loads(after, leaders: true), nodes) <= 1)
      #expect(
        ReplicaPlacement.place(partitions: partitions, voters: voters, nodes: nodes, before: after) == after,
        "nothing moves without a reason")
      #expect(
        ReplicaPlacement.place(
          partitions: partitions, voters: voters, nodes: nodes.reversed(), before: before)
          == after, "the order of the nodes says nothing")
      if step > 0 {
        // What a node that came must get, or what one that left had; and a little for the balance of the others.
        let share = partitions * count / present.count + partitions
        #expect(moved(before, after) <= share)
      }
      before = after
    }
  }

  /// Two rooms and more: no two voters share one where there are enough.
  @Test(arguments: 0..<30)
  func votersAreOnDifferentSites(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) + 100)
    let sites = ["x", "y", "z"].prefix(Int(2 + random.next() % 2))
    let nodes = (1...(3 + random.next() % 5)).map {
      Node(number: $0, site: sites[Int(random.next() % UInt64(sites.count))])
    }
    let siteOf = Dictionary(uniqueKeysWithValues: nodes.map { ($0.number, $0.site ?? "") })
    let before = ReplicaPlacement.place(
      partitions: 32, voters: 3, nodes: nodes.map { Node(number: $0.number) })
    let after = ReplicaPlacement.place(partitions: 32, voters: 3, nodes: nodes, before: before)
    let possible = min(3, Set(siteOf.values).count)
    for voters in after {
      #expect(Set(voters.compactMap { siteOf[$0] }).count == possible)
    }
    for site in sites {
      let inside = nodes.filter { $0.site == site }
      if !inside.isEmpty { #expect(spread(loads(after), inside) <= 1) }
    }
  }
}

extension Array where Element: Equatable {
  fileprivate func contains(all others: [Element]) -> Bool { others.allSatisfy(contains) }
}
