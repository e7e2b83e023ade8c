// What a cluster node is told at its start: values.
package import NodeStore
public import PeerTransport

/// The members and shape of a cluster, the same on every node.
public struct ClusterTopology: Equatable, Sendable {
  public let name: String
  /// Every node holds a replica of every partition; the order decides which node leads which by preference.
  public let nodes: [NodeID]
  public let placement: Placement

  /// - Parameter partitionCount: chosen when the cluster is created; never changes.
  public init(name: String, nodes: [NodeID], partitionCount: UInt32) {
    self.name = name
    self.nodes = nodes.sorted()
    placement = Placement(partitionCount: partitionCount)
  }

  /// What must be the same on every node and for the life of every data directory.
  public var fingerprint: String {
    "\(placement.partitionCount) partitions on \(nodes.map(\.rawValue).joined(separator: ", "))"
  }

  /// The node that leads a partition when all are well: leaders are spread evenly.
  package func preferredLeader(of partition: PartitionID) -> NodeID? {
    nodes.isEmpty ? nil : nodes[Int(partition.rawValue) % nodes.count]
  }
}

/// Timing of a node. LAN and WAN presets differ in nothing else.
public struct ClusterTiming: Equatable, Sendable {
  public var tickMilliseconds: Int64 = 20
  /// A leader that hangs or is cut off is missed after once to twice so many ticks.
  public var electionTicks = 20
  public var heartbeatTicks = 5
  /// How long a call waits at one node before it asks another.
  public var attemptMilliseconds: Int64 = 1_500
  /// How long a node must be up before leaderships that it should have are handed to it.
  public var settleMilliseconds: Int64 = 3_000

  public init() {}
}
