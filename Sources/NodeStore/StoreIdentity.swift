// Whose data directory this is: a value, written into both files and compared at every open.

/// The cluster and the node that a data directory belongs to.
public struct StoreIdentity: Codable, Equatable, Sendable, CustomStringConvertible {
  public var cluster: String
  public var node: String

  public init(cluster: String, node: String) {
    self.cluster = cluster
    self.node = node
  }

  public var description: String { "node \"\(node)\" of cluster \"\(cluster)\"" }
}
