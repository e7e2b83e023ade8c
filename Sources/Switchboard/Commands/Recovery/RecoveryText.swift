// What a person reads before one node goes on without the others: pure.
package import ActorCluster
internal import NodeStore
internal import PeerTransport

/// Which decision it is. The mechanism is the same.
package enum RecoveryKind: Sendable {
  /// The node of a pair that led goes on without its standby.
  case runAlone
  /// The standby of a pair takes over.
  case promote
  /// One of three nodes and more goes on, because most are gone for good.
  case quorumLost

  /// Why this is not the decision to make in that cluster; nil when it is.
  package func refusal(of plan: RecoveryPlan) -> String? {
    switch self {
    case .runAlone, .promote:
      plan.isPair
        ? nil
        : "this is for a pair without a witness, and the cluster has \(plan.others.count + 1) nodes: when a majority of them is "
          + "gone for good, it is switchboard ctl recover --quorum-lost"
    case .quorumLost:
      plan.isPair
        ? "the cluster is a pair: it is switchboard ctl promote at the standby, or switchboard ctl run-alone at the node that led"
        : nil
    }
  }
}

package enum RecoveryText {
  /// - Parameters:
  ///   - written: when the node's log was last written, in milliseconds since 1970.
  ///   - now: the same clock.
  package static func text(
    _ plan: RecoveryPlan, _ kind: RecoveryKind, cluster: String, written: Int64?, now: Int64
  ) -> String {
    let others = plan.others.map(\.rawValue).joined(separator: ", ")
    var sections = [
      "node \(plan.node) of cluster \(cluster), in epoch \(plan.epoch), is to go on without \(others)"
    ]
    sections.append(
      TextTable.text(
        ["PARTITION", "LAST", "TERM", "UNCERTAIN", "LED HERE", "COMPLETE", "LAST RECORD"],
        plan.partitions.map { partition in
          [
            partition.partition.label, "\(partition.lastIndex)", "\(partition.lastTerm)",
            "\(partition.lastIndex - min(partition.lastIndex, partition.commit))",
            partition.ledHere ? "yes" : "no", partition.isComplete ? "yes" : "not known",
            partition.lastTime.map(Divergence.time) ?? "-",
          ]
        }, numeric: [0, 1, 2, 3]))
    sections += problems(plan)
    guard plan.isPossible else { return sections.joined(separator: "\n\n") }
    sections.append(behind(plan, others, written: written, now: now))
    let partitions = plan.partitions.filter { $0.partition != .system }
    let count = partitions.count { !$0.ledHere }
    if kind == .runAlone, count > 0 {
      sections.append(
        "The other side may have led last in \(count) of \(partitions.count) partitions: it has at least what is here. If its "
          + "disk can be had, let it go on instead.")
    }
    sections.append(promises(others))
    return sections.joined(separator: "\n\n")
  }

  private static func problems(_ plan: RecoveryPlan) -> [String] {
    let lines =
      plan.problems
      + plan.partitions.compactMap { partition in
        partition.problem.map { "\(partition.partition): \($0)" }
      }
    guard !lines.isEmpty else { return [] }
    return [(["It cannot go on with what it has:"] + lines).joined(separator: "\n  ")]
  }

  private static func behind(_ plan: RecoveryPlan, _ others: String, written: Int64?, now: Int64) -> String {
    let uncertain =
      "UNCERTAIN counts records that are here and not known to be committed: they count from now on, also those whose callers "
      + "were never told."
    guard !plan.isComplete else {
      return
        "Nothing acknowledged can be missing here, as far as these files know: there was no majority without this node. That "
        + "does not hold if \(others) was made to go on alone meanwhile. \(uncertain)"
    }
    let last = plan.partitions.compactMap(\.lastTime).max()
    let words =
      last.map { "The last record here is of \(Divergence.time($0)), \(ago(now - $0))" }
      ?? "There is no record here whose time is known"
    let file = written.map { "; the log was last written \(ago(now - $0))" } ?? ""
    return
      "\(words)\(file). Whatever \(others) acknowledged without this node, in the partitions that are not COMPLETE, is missing and "
      + "will stay so; what comes back with their disks is written out there, and not merged. \(uncertain)"
  }

  private static func promises(_ others: String) -> String {
    """
    These promises do not hold across this decision, unless \(others) is off for good or has been set aside:
      P1 durable: what was acknowledged elsewhere and is not here is lost; until others have joined again, it is on one disk
      P2 one owner: if the old side still serves anybody, two histories begin here
      P3 once: a command whose reply is not here is executed again when its caller retries it
    """
  }

  /// `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`.
  package static func ago(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds / 1_000)
    switch seconds {
    case ..<120: return "\(seconds) s ago"
    case ..<7_200: return "\(seconds / 60) min ago"
    case ..<172_800: return "\(seconds / 3_600) h ago"
    default: return "\(seconds / 86_400) d ago"
    }
  }
}
