// Witnesses as members of a cluster: who they are, where they vote, and that they never hold a copy.
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct WitnessMembershipTests {
  private typealias Node = ReplicaPlacement.Node

  private func founded(_ names: [String], witness: String) throws -> ClusterBench {
    var founding = ClusterBench.founding(names)
    founding.members = founding.members.map {
      ClusterMember(
        number: $0.number, name: $0.name, peer: $0.peer, status: .active,
        isWitness: $0.name.rawValue == witness)
    }
    founding.copies = .everywhere
    var bench = ClusterBench()
    try bench.run("found", founding)
    return bench
  }

  @Test func itVotesInEveryPartitionOfAPairAndIsToLeadNone() throws {
    // First by name and number.
    let bench = try founded(["a", "b", "c"], witness: "a")
    #expect(bench.state.placement.allSatisfy { Set($0) == [1, 2, 3] && $0.first != 1 })
    #expect(Set(bench.state.placement.compactMap(\.first)) == [2, 3])
    let target = bench.state.target(of: PartitionID(rawValue: 0))
    #expect(target.witnesses == [1] && target.learners.isEmpty)
    // In the system group all are equal.
    #expect(bench.state.target(of: .system) == ReplicaTarget(voters: [1, 2, 3]))
  }

  @Test func oneThatComesIsNoCopy() throws {
    var bench = try founded(["a", "b", "c"], witness: "")
    try bench.run("add", NodeAddition(name: "w", peer: "w:7100", isWitness: true))
    try bench.run("activate", UInt64(4))
    #expect(bench.state.member(NodeID(rawValue: "w"))?.isWitness == true)
    for partition in 0..<8 {
      #expect(!bench.state.target(of: PartitionID(rawValue: UInt32(partition))).contains(4))
    }
    // When one of those that hold the state goes, it takes the vote.
    try bench.run("remove", NodeRemoval(name: "c"))
    let target = bench.state.target(of: PartitionID(rawValue: 0))
    #expect(Set(target.voters) == [1, 2, 4] && target.witnesses == [4])
  }

  @Test func theNodeInItsPlaceIsOneToo() throws {
    var bench = try founded(["a", "b", "c"], witness: "c")
    try bench.run("add", NodeAddition(name: "d", peer: "d:7100", replaces: "c"))
    #expect(bench.state.member(NodeID(rawValue: "d"))?.isWitness == true)
    // It is what the rows say after a restart.
    let rows = bench.rows.sorted { $0.key < $1.key }.map { StateRow(key: $0.key, value: $0.value) }
    #expect(try ClusterState(id: "state", rows: rows).members.map(\.isWitness) == [false, false, true, true])
  }

  @Test func theLastThatHoldsTheStateStays() throws {
    var bench = try founded(["a", "b"], witness: "b")
    #expect(throws: ClusterRefusal.lastNode(NodeID(rawValue: "a"))) {
      try bench.run("remove", NodeRemoval(name: "a", leavesFewer: true))
    }
  }

  @Test func everyMajorityHasSomebodyWhoHoldsTheState() {
    for data in 1...5 {
      for witnesses in 1...3 {
        for voters in 1...5 {
          let nodes = (1...(data + witnesses)).map { Node(number: UInt64($0), isWitness: $0 > data) }
          let placed = ReplicaPlacement.place(partitions: 8, voters: voters, nodes: nodes)
          for set in placed {
            let watching = set.count { $0 > UInt64(data) }
            #expect(2 * watching < set.count && set.count <= voters && Set(set).count == set.count)
            #expect(set.first.map { $0 <= UInt64(data) } == true)
            // A vote is not left to a witness where somebody has room for the state.
            #expect(watching == 0 || set.count - watching == data)
          }
        }
      }
    }
  }

  /// Two sites, and a witness on a third: without it the loss of one site would stop partitions.
  @Test func oneOnASiteOfItsOwnVotes() {
    let nodes =
      ["east", "east", "west", "west"].enumerated().map {
        Node(number: UInt64($0.offset) + 1, site: $0.element)
      } + [Node(number: 9, site: "far", isWitness: true)]
    for set in ReplicaPlacement.place(partitions: 16, voters: 3, nodes: nodes) {
      #expect(set.last == 9 && set.count == 3)
      #expect(Set(set.prefix(2).map { $0 <= 2 }).count == 2, "one voter on each site: \(set)")
    }
  }

  @Test func theFilesSayWhoIsOne() {
    let names = ["a", "b", "c"].map { NodeID(rawValue: $0) }
    let text = ClusterTopology(name: "t", nodes: names, partitionCount: 8, witnesses: [names[1]]).fingerprint
    #expect(text == "8 partitions on a, b (witness), c")
    #expect(ClusterTopology.founders(in: text) == names)
    #expect(ClusterTopology.witnesses(in: text) == [names[1]])
  }

  @Test func theClusterKnowsBetterThanTheFiles() throws {
    let names = ["a", "b", "c"].map { NodeID(rawValue: $0) }
    var view = ClusterView(
      own: names[0], founders: names, configured: names, foundation: nil, witnesses: [names[1]])
    #expect(view.isWitness(names[1]) && !view.isWitness(names[2]) && !view.isPair)
    view.adopt(try founded(["a", "b", "c"], witness: "c").state)
    #expect(!view.isWitness(names[1]) && view.isWitness(names[2]))
  }

  /// A person decides about the cluster as it is, not as the configuration lists it.
  @Test func aStoppedNodeKnowsTheMembers() throws {
    var bench = try founded(["a", "b", "c"], witness: "")
    try bench.run("remove", NodeRemoval(name: "c", leavesFewer: true))
    try bench.run("finish", UInt64(3))
    let topology = ClusterTopology(
      name: "t", nodes: ["a", "b", "c"].map { NodeID(rawValue: $0) }, partitionCount: 8)
    var files = RecoveryPlan.Files(topology: topology.fingerprint, cluster: bench.state)
    let plan = RecoveryPlan(topology: topology, node: NodeID(rawValue: "a"), files: files)
    #expect(plan.others == [NodeID(rawValue: "b")] && plan.isPair)
    files.cluster = nil
    #expect(RecoveryPlan(topology: topology, node: NodeID(rawValue: "a"), files: files).others.count == 2)
  }
}
