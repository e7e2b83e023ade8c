// What `GET /v1/cluster` answers, as the tools read it. Fields that newer nodes add are ignored. Pure.
package import ActorCluster
package import Alarms
internal import PeerTransport

package struct ClusterReport: Decodable, Equatable, Sendable {
  package struct Node: Decodable, Equatable, Sendable {
    package let name: String
    /// `self`, `connected` or `unreachable`.
    package let state: String
    package let api: String?
    /// What its disk is fit for; nil when that is not known.
    package let disk: String?
    /// How close to its end its certificate is, and the days left; nil but for the node that answered.
    package let certificate: String?
    package let certificateDays: Int?
    /// `active`, `draining` or `drained`; nil of a node that is not heard.
    package let service: String?
    package let version: String?
    package let clockOffsetMilliseconds: Int?
    /// Whether it keeps only the log; nil from a node of an older version.
    package let isWitness: Bool?
  }

  /// The TLS files of the node that answered.
  package struct Certificates: Decodable, Equatable, Sendable {
    package struct File: Decodable, Equatable, Sendable {
      /// `own`, `authority` or `revocation_list`.
      package let file: String
      package let level: String
      package let days: Int
    }

    package let files: [File]
    package let isRevoked: Bool
    /// Why what is on the disk is not in use.
    package let problem: String?
  }

  package let cluster: String
  /// The node that answered.
  package let node: String
  package let nodes: [Node]
  /// The replicas on the node that answered.
  package private(set) var partitions: [PartitionStatus]
  package let version: String
  /// Nil from a node of an older version.
  package let certificates: Certificates?
  /// Of the node that answered; nil from a node of an older version.
  package let alarms: AlarmCounts?

  /// The addresses of other nodes that lead something: only they know how far their followers are.
  package var leadersElsewhere: [String] {
    nodes.filter { node in
      node.state == "connected" && partitions.contains { $0.leader?.rawValue == node.name }
    }.compactMap(\.api)
  }

  /// Adds what another node knows of the partitions that it leads.
  package mutating func add(_ other: ClusterReport) {
    for theirs in other.partitions {
      guard let followers = theirs.followers,
        let position = partitions.firstIndex(where: { $0.partition == theirs.partition })
      else { continue }
      partitions[position].followers = followers
    }
  }

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
    troubles += certificateTroubles
    if nodes.count == 2, !nodes.contains(where: { $0.isWitness == true }),
      partitions.contains(where: { $0.leader == nil })
    {
      troubles.append(
        "the pair is not whole: nothing is acknowledged until the other node returns, or a person runs switchboard ctl "
          + "run-alone")
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

  /// Less than a week is left, or something is wrong. More than that is in the table only.
  private var certificateTroubles: [String] {
    func isUrgent(_ level: String?) -> Bool { !["well", "info", nil].contains(level) }
    func ends(_ days: Int?) -> String {
      guard let days, days >= 0 else { return "has expired" }
      return days == 0 ? "expires within a day" : "expires within \(days + 1) days"
    }
    var troubles = nodes.filter { isUrgent($0.certificate) }.map { node in
      "the certificate of node \(node.name) \(ends(node.certificateDays)): switchboard pki renew --name \(node.name)"
    }
    for file in certificates?.files ?? [] where isUrgent(file.level) {
      switch file.file {
      case "authority":
        troubles.append(
          "the certificate of the authority \(ends(file.days)): make a new one, see the README")
      case "revocation_list":
        troubles.append("the revocation list on \(node) is due: switchboard pki revoke --refresh")
      default: break
      }
    }
    if certificates?.isRevoked == true {
      troubles.append(
        "the certificate of node \(node) was revoked: switchboard pki renew --name \(node)")
    }
    if let problem = certificates?.problem {
      troubles.append("\(node) cannot use the TLS files on its disk: \(problem)")
    }
    return troubles
  }
}
