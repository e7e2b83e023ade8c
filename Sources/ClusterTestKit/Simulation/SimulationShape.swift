// What a seed decides about a cluster before it starts: a value.
package import PeerTransport
package import Raft

/// How many nodes, who of them is a witness, how many partitions.
package struct SimulationShape: Equatable, Sendable {
  /// Nodes that are members from the start.
  package var members: Int
  /// The index of the member whose replicas are witnesses.
  package var witness: Int?
  package var partitions: UInt32
  /// Partitions are spread over the nodes, which come and go by the cluster's own decisions (`PlacedCluster`).
  package var isPlaced = false
  /// Milliseconds between two ticks of consensus.
  package var tickMilliseconds: Int64 = 25

  /// One more than the members: it joins and leaves.
  package var nodes: Int { members + 1 }
  package var spare: Int { members }
  /// Of a partition that is placed.
  static let placedVoters = 3

  package init(members: Int, witness: Int?, partitions: UInt32) {
    self.members = members
    self.witness = witness
    self.partitions = partitions
  }

  /// Three nodes, and every seventh time five; every other time one of them is a witness. Every fifth time partitions are
  /// placed on three or five.
  package init(seed: UInt64) {
    guard seed % 5 != 3 else {
      self.init(members: seed % 2 == 0 ? 3 : 5, witness: nil, partitions: 3)
      isPlaced = true
      return
    }
    let members = seed % 7 == 0 ? 5 : 3
    self.init(members: members, witness: seed % 2 == 1 ? members - 1 : nil, partitions: members == 3 ? 3 : 2)
  }

  package func nodeID(_ index: Int) -> NodeID { NodeID(rawValue: "n\(index + 1)") }

  /// The replica that a node has of every partition. A node whose disk was lost gets another one.
  package func replica(_ node: Int, generation: Int) -> ReplicaID {
    ReplicaID(rawValue: UInt64(generation) * 100 + UInt64(node) + 1)
  }

  package func node(of replica: ReplicaID) -> Int { Int(replica.rawValue % 100) - 1 }

  package var description: String {
    "\(members) nodes, \(witness == nil ? "no witness" : "one of them a witness"), \(partitions) partitions"
      + (isPlaced ? ", placed" : "")
  }
}
