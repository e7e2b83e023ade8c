// What `GET /v1/cluster` answers, as the tools read it. Fields that newer nodes add are ignored. Pure.
package import ActorCluster

package struct ClusterReport: Decodable, Equatable, Sendable {
  package struct Node: Decodable, Equatable, Sendable {
    package let name: String
    /// `self`, `connected` or `unreachable`.
    package let state: String
    package let api: String?
    /// What its disk is fit for; nil when that is not known.
    package let disk: String?
  }

  package let cluster: String
  /// The node that answered.
  package let node: String
  package let nodes: [Node]
  /// The replicas on the node that answered.
  package let partitions: [PartitionStatus]
  package let version: String

  /// What is not well, in words; empty when all is.
  package var troubles: [String] {
    var troubles = nodes.filter { $0.state == "unreachable" }.map {
      "node \($0.name) is unreachable from \(node)"
    }
    for node in nodes {
      switch node.disk {
      case nil, "well": break
      case "low": troubles.append("the disk of node \(node.name) is short of room: free some")
      case "slow":
        troubles.append("the disk of node \(node.name) is much slower than the others': it leads nothing")
      case "reserved": troubles.append("the disk of node \(node.name) has only its reserve left: free some")
      case "full": troubles.append("the disk of node \(node.name) is full: free some")
      case let other?: troubles.append("the disk of node \(node.name) is \(other)")
      }
    }
    for partition in partitions {
      if partition.leader == nil { troubles.append("\(partition.partition) has no known leader") }
      if partition.health != "running" {
        troubles.append("\(partition.partition) on \(node): \(partition.health)")
      }
    }
    if partitions.isEmpty { troubles.append("\(node) has no partitions") }
    return troubles
  }
}
