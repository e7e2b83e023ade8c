// The status of a cluster as text for a person. Pure.
internal import ActorCluster
internal import NodeStore
internal import PeerTransport

package enum ClusterTable {
  /// A heading, the nodes, the partitions, and a last line that says whether all is well.
  package static func text(_ report: ClusterReport) -> String {
    var sections = ["cluster \(report.cluster), as \(report.node) sees it (version \(report.version))"]
    sections.append(
      TextTable.text(
        ["NODE", "STATE", "LEADS", "DISK", "CERT", "API"],
        report.nodes.map { node in
          let leads = report.partitions.count { $0.leader?.rawValue == node.name }
          return [
            node.name, node.state, "\(leads)", node.disk ?? "-",
            node.certificateDays.map { $0 < 0 ? "over" : "\($0) d" } ?? "-", node.api ?? "-",
          ]
        }, numeric: [2]))
    sections.append(
      TextTable.text(
        ["PARTITION", "LEADER", "ROLE", "TERM", "COMMIT", "APPLIED", "ACTORS", "HEALTH"],
        report.partitions.map { partition in
          [
            "\(partition.partition.rawValue)", partition.leader?.rawValue ?? "none", partition.role,
            "\(partition.term)", "\(partition.commitIndex)", "\(partition.appliedIndex)",
            "\(partition.actors)",
            partition.health,
          ]
        }, numeric: [0, 3, 4, 5, 6]))
    let troubles = report.troubles
    sections.append(
      troubles.isEmpty ? "all well" : (["not well:"] + troubles.map { "  \($0)" }).joined(separator: "\n"))
    return sections.joined(separator: "\n\n")
  }
}
