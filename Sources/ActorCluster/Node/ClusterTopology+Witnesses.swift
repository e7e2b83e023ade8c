// What a cluster begins with as to who holds the state: pure.
public import PeerTransport
package import Raft

extension ClusterTopology {
  /// The nodes that run actors and hold the state, sorted.
  public var dataNodes: [NodeID] { nodes.filter { !witnesses.contains($0) } }

  /// Whether the node keeps only the log.
  public func isWitness(_ node: NodeID) -> Bool { witnesses.contains(node) }

  /// Two nodes that hold the state and nobody else: when one is away, nothing is acknowledged, until it returns or a person
  /// decides that the other goes on alone.
  public var isPair: Bool { nodes.count == 2 && witnesses.isEmpty }

  /// What it means that a partition has no leader, and what to do, in words.
  public var withoutLeader: String { Self.withoutLeader(isPair: isPair) }

  package static func withoutLeader(isPair: Bool) -> String {
    isPair
      ? "the other node of the pair is away: nothing is acknowledged until it returns, or a person runs switchboard ctl "
        + "run-alone here"
      : "is a majority of nodes up?"
  }

  /// Why the nodes cannot be a cluster, in words; nil when they can.
  ///
  /// Witnesses are fewer than half of the nodes: then every majority has somebody who holds the state, and it is on two
  /// nodes at least.
  package static func problem(nodes: Int, witnesses: Int) -> String? {
    guard witnesses > 0, 2 * witnesses >= nodes else { return nil }
    if witnesses == nodes { return "all nodes are witnesses: nobody would hold the state" }
    if nodes == 2 {
      return
        "one of two nodes is a witness: the state would be on one disk, and the loss of either stops everything"
    }
    return "\(witnesses) of \(nodes) nodes are witnesses: a majority of the nodes must hold the state"
  }

  /// The original replica ids of the founders.
  package var naming: ReplicaNaming { ReplicaNaming(nodes: nodes) }

  /// The original replica ids of the witnesses, ascending.
  package var witnessReplicas: [ReplicaID] { witnesses.compactMap { naming.original(of: $0) } }
}
