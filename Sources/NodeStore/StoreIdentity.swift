// Whose data directory this is: a value, written into both files and compared at every open.

/// The cluster and the node that a data directory belongs to.
public struct StoreIdentity: Codable, Equatable, Sendable, CustomStringConvertible {
  public var cluster: String
  public var node: String
  /// The partitions and nodes that the cluster was made with. Votes and placement depend on them: they must not change
  /// under a data directory.
  public var topology: String

  public init(cluster: String, node: String, topology: String = "") {
    self.cluster = cluster
    self.node = node
    self.topology = topology
  }

  public var description: String {
    "node \"\(node)\" of cluster \"\(cluster)\"" + (topology.isEmpty ? "" : " (\(topology))")
  }
}
