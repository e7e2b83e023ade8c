// Whose data directory this is: a value, written into both files and compared at every open.

/// The cluster and the node that a data directory belongs to.
public struct StoreIdentity: Codable, Equatable, Sendable, CustomStringConvertible {
  public var cluster: String
  public var node: String
  /// The partitions and nodes that the cluster was made with, as "16 partitions on north, south", or what else a test says. The
  /// number of partitions must not change under a data directory. Who belongs to the cluster now is in its own state, so a
  /// directory may name other nodes than the configuration: what it names stays (`NodeStore.topology`).
  public var topology: String

  public init(cluster: String, node: String, topology: String = "") {
    self.cluster = cluster
    self.node = node
    self.topology = topology
  }

  /// Whether a directory that says this belongs to what `other` describes.
  func fits(_ other: StoreIdentity) -> Bool {
    guard cluster == other.cluster, node == other.node else { return false }
    guard topology != other.topology else { return true }
    guard let count = partitionCount else { return false }
    return count == other.partitionCount
  }

  private var partitionCount: Int? {
    let words = topology.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[1] == "partitions" || words[1] == "partitions," else { return nil }
    return Int(words[0])
  }

  public var description: String {
    "node \"\(node)\" of cluster \"\(cluster)\"" + (topology.isEmpty ? "" : " (\(topology))")
  }
}
