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
        ["NODE", "STATE", "SERVICE", "LEADS", "DISK", "CLOCK", "CERT", "VERSION", "API"],
        report.nodes.map { node in
          let leads = report.partitions.count { $0.leader?.rawValue == node.name }
          return [
            node.isWitness == true ? "\(node.name) (witness)" : node.name, node.state, node.service ?? "-",
            "\(leads)", node.disk ?? "-",
            node.clockOffsetMilliseconds.map { "\($0 > 0 ? "+" : "")\($0) ms" } ?? "-",
            node.certificateDays.map { $0 < 0 ? "over" : "\($0) d" } ?? "-", node.version ?? "-",
            node.api ?? "-",
          ]
        }, numeric: [3, 5]))
    sections.append(
      TextTable.text(
        ["PARTITION", "LEADER", "ROLE", "TERM", "COMMIT", "APPLIED", "LAG", "SESSIONS", "ACTORS", "HEALTH"],
        report.partitions.map { partition in
          [
            "\(partition.partition.rawValue)", partition.leader?.rawValue ?? "none", partition.role,
            "\(partition.term)", "\(partition.commitIndex)", "\(partition.appliedIndex)",
            lag(partition), partition.sessions.map(String.init) ?? "-", "\(partition.actors)",
            partition.health,
          ]
        }, numeric: [0, 3, 4, 5, 7, 8]))
    if let alarms = report.alarms.flatMap(AlarmTable.line) {
      sections.append("alarms on \(report.node): \(alarms)")
    }
    let troubles = report.troubles
    sections.append(
      troubles.isEmpty ? "all well" : (["not well:"] + troubles.map { "  \($0)" }).joined(separator: "\n"))
    return sections.joined(separator: "\n\n")
  }

  /// The entries that each follower lacks, as the leader knows it: `0` when none lacks any, `?` behind one that is not heard.
  private static func lag(_ partition: PartitionStatus) -> String {
    guard let followers = partition.followers else { return "-" }
    let behind = followers.filter { $0.lag > 0 }.sorted { $0.node < $1.node }
    return behind.isEmpty
      ? "0" : behind.map { "\($0.node) \($0.lag)\($0.isActive ? "" : "?")" }.joined(separator: ", ")
  }
}
