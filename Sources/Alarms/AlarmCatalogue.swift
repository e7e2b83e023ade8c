// What each kind of alarm means, how grave it is, and what to do: the table behind `docs/alarms.md`. Pure.

/// What people are told about a kind, and how long its condition must hold before anybody is told.
public struct AlarmEntry: Equatable, Sendable {
  /// What is wrong, and what it means for the service. One sentence or two, for a person who did not build this.
  public let meaning: String
  /// What to do.
  public let advice: String
  /// What the subject of such an alarm is.
  public let subject: String
  /// When it has which severity.
  public let severityRule: String
  /// The severities that it can have.
  public let severities: [AlarmSeverity]
  /// Milliseconds that the condition must last before the alarm is raised.
  public let raiseAfter: Int64
  /// Milliseconds that the condition must be gone before the alarm is cleared; longer for one that keeps coming back.
  public let clearAfter: Int64
}

extension AlarmKind {
  public var entry: AlarmEntry {
    switch self {
    case .nodeUnreachable, .linkHalfOpen, .linkFlapping, .clockSkew: networkEntry
    case .quorumAtRisk, .quorumLost, .noLeader: quorumEntry
    case .replicaQuarantined, .replicaRebuilding, .replicaLag, .database, .disk: storageEntry
    case .certificate, .overload, .forwarding, .configuration, .chaosAllowed, .faultsInjected: operationsEntry
    }
  }

  private var networkEntry: AlarmEntry {
    switch self {
    case .nodeUnreachable:
      AlarmEntry(
        meaning:
          "The node that raises this has no connection to another node in either direction: that node is down, or the "
          + "network between them is. The others go on without it.",
        advice:
          "See whether the node's process and machine run, and read the end of its log; start it again. If it runs, look at "
          + "the network between the two and at its peer port. The detail says why the last attempt failed.",
        subject: "the node that is not reached",
        severityRule: "warning; quorum_at_risk and quorum_lost say what hangs on it",
        severities: [.warning], raiseAfter: 2_000, clearAfter: 5_000)
    case .linkHalfOpen:
      AlarmEntry(
        meaning:
          "Of the two connections between two nodes only one works: messages pass in one direction only, and neither counts "
          + "fully for the other.",
        advice:
          "Compare the peer address of both nodes with the configuration, and look for a firewall or a name that resolves "
          + "differently on one side. switchboard ctl links shows both directions and why one fails.",
        subject: "the node at the other end", severityRule: "warning", severities: [.warning],
        raiseAfter: 5_000,
        clearAfter: 10_000)
    case .linkFlapping:
      AlarmEntry(
        meaning:
          "The connections to a node broke and came back five times or more within five minutes. Each time leaderships may move.",
        advice:
          "Look at the network between the two nodes (loss, a duplex mismatch, a firewall that forgets connections), and in "
          + "the log of both for why links were lost.",
        subject: "the node at the other end", severityRule: "warning", severities: [.warning], raiseAfter: 0,
        clearAfter: 60_000)
    default:
      AlarmEntry(
        meaning:
          "A node's clock is away from the median of the cluster's clocks. Durable timers follow the median, so calls are not "
          + "harmed; certificates, logs and reports of that node are.",
        advice:
          "Look at the time service of that node (timedatectl, chronyc tracking) and at its time servers; step the clock once "
          + "they answer.",
        subject: "the node whose clock is off",
        severityRule: "warning from 1 s on, critical from 60 s on; needs the clocks of a majority of nodes",
        severities: [.warning, .critical], raiseAfter: 10_000, clearAfter: 10_000)
    }
  }

  private var quorumEntry: AlarmEntry {
    switch self {
    case .quorumAtRisk:
      AlarmEntry(
        meaning:
          "Partitions have lost voters, and have just enough left: if one more is lost, they stop until it is back. Nothing is "
          + "lost, and calls go on.",
        advice:
          "Bring back the nodes that node_unreachable names. Until then restart, upgrade and drain nothing.",
        subject: "cluster",
        severityRule:
          "warning; a cluster of one or two nodes has no vote to spare, and no alarm while all are there",
        severities: [.warning], raiseAfter: 2_000, clearAfter: 5_000)
    case .quorumLost:
      AlarmEntry(
        meaning:
          "The node that raises this reaches too few voters of some partitions for a majority. Through it they take no commands "
          + "until more are back. If the other nodes do not say the same, this node is the one that is cut off.",
        advice:
          "Bring back the nodes that node_unreachable names, or the network to them, the most recent first. Do not wipe a data "
          + "directory: it may hold what is missing.",
        subject: "cluster", severityRule: "critical", severities: [.critical], raiseAfter: 2_000,
        clearAfter: 5_000)
    default:
      AlarmEntry(
        meaning:
          "Enough voters are reached, and still this node knows no leader of some partitions: their commands wait or fail.",
        advice:
          "A failover takes less than a second, so look for what keeps repeating it: switchboard ctl status at every node "
          + "(terms that rise), clocks, slow disks, and a network that passes messages in one direction only.",
        subject: "cluster", severityRule: "critical", severities: [.critical], raiseAfter: 5_000,
        clearAfter: 5_000)
    }
  }

  private var storageEntry: AlarmEntry {
    switch self {
    case .replicaQuarantined:
      AlarmEntry(
        meaning:
          "A replica of a partition met an entry or a row that it cannot use, and serves nothing on this node. The partition's "
          + "other replicas go on.",
        advice:
          "Read the cause in the detail. After damage the replica is rebuilt by itself once others can: check the disk. After "
          + "an entry that this version cannot apply, bring the node to the version of the others.",
        subject: "the partition", severityRule: "critical", severities: [.critical], raiseAfter: 0,
        clearAfter: 5_000)
    case .replicaRebuilding:
      AlarmEntry(
        meaning:
          "Replicas on this node are being loaded or rebuilt, and do not vote yet: the partitions have fewer copies than they should.",
        advice:
          "Wait; ctl status shows the progress. If it does not end, see whether all other nodes run, and whether the network "
          + "between them carries a snapshot.",
        subject: "the node whose replicas they are", severityRule: "warning", severities: [.warning],
        raiseAfter: 15_000,
        clearAfter: 5_000)
    case .replicaLag:
      AlarmEntry(
        meaning:
          "A replica is thousands of entries behind its leader although its node is reached: it cannot take over soon, and is no "
          + "good copy if another is lost.",
        advice:
          "Look at the load, the disk (the alarm disk) and the link of that node (switchboard ctl links: bytes queued).",
        subject: "the node that is behind",
        severityRule:
          "warning from 10,000 entries on, critical from 50,000 on: then only a snapshot may help",
        severities: [.warning, .critical], raiseAfter: 10_000, clearAfter: 10_000)
    case .database:
      AlarmEntry(
        meaning:
          "The node's files are not kept as they should be: checkpoints fail, or a damaged batch keeps the log from being "
          + "trimmed. Nothing acknowledged is lost, but the log grows, and the next start takes longer.",
        advice:
          "Read the detail and the log of the node. For a damaged log restart the node: it finds the damage and is rebuilt from "
          + "the others. For failing checkpoints look at the disk and its permissions.",
        subject: "the node and the file", severityRule: "warning", severities: [.warning], raiseAfter: 0,
        clearAfter: 60_000)
    default:
      AlarmEntry(
        meaning:
          "The disk of a node's data directory is short of room, or much slower than the others'. From slow on, and when only "
          + "the reserve is left, the node gives its leaderships to others.",
        advice:
          "Free room or enlarge the disk (switchboard ctl store stats says what uses it); for a slow one look for a failing "
          + "disk, a rebuild or another load. The node comes back by itself.",
        subject: "the node",
        severityRule: "warning when low or slow, critical when only the reserve is left or it is full",
        severities: [.warning, .critical], raiseAfter: 0, clearAfter: 5_000)
    }
  }

  private var operationsEntry: AlarmEntry {
    switch self {
    case .certificate:
      AlarmEntry(
        meaning:
          "A certificate or revocation list ends soon or is over, the node's own certificate is revoked, or the TLS files on the "
          + "disk cannot be used. A node without a valid certificate is let in by no other.",
        advice:
          "switchboard pki renew for a node's certificate, pki revoke --refresh for the list, and copy the files to the node: it "
          + "takes them up by itself. The README's section on certificates says how the authority is replaced.",
        subject: "the node and the file",
        severityRule:
          "info from 30 days before the end, warning from 7 days and for unusable files, critical from the last day and when revoked",
        severities: [.info, .warning, .critical], raiseAfter: 0, clearAfter: 0)
    case .overload:
      AlarmEntry(
        meaning:
          "The node refused requests or commands by a limit. Their callers were told so and when to retry; what was accepted is kept.",
        advice:
          "Find out who calls so much (the metrics of requests by status), and why answers take long (disk, CPU, replicas). "
          + "Spread callers over all nodes; if the load is real, add machines.",
        subject: "the node", severityRule: "warning from one refusal within ten seconds, critical from 1,000",
        severities: [.warning, .critical], raiseAfter: 0, clearAfter: 30_000)
    case .forwarding:
      AlarmEntry(
        meaning:
          "Alarms cannot be delivered to the webhook or to syslog, or were dropped: people who rely on it do not hear of them.",
        advice:
          "Look at the receiver and at the address and token in the configuration; the detail has the last error. Until then "
          + "watch switchboard ctl alarms --watch.",
        subject: "the node and the receiver", severityRule: "warning", severities: [.warning],
        raiseAfter: 30_000,
        clearAfter: 5_000)
    case .configuration:
      AlarmEntry(
        meaning: "The node's configuration is allowed, but looks like a mistake.",
        advice: "Read the detail, change the configuration, and start the node again.",
        subject: "the node", severityRule: "info", severities: [.info], raiseAfter: 0, clearAfter: 0)
    case .chaosAllowed:
      AlarmEntry(
        meaning:
          "Whoever holds an administrator's token may inject faults into this node. Right for a drill, wrong for a node at work.",
        advice: "Set chaos: forbidden, and start the node again, once the drill is over.",
        subject: "the node", severityRule: "info", severities: [.info], raiseAfter: 0, clearAfter: 0)
    default:
      AlarmEntry(
        meaning: "Faults are injected into this node on purpose: other alarms of it may be their effect.",
        advice: "curl -X DELETE on /v1/node/faults ends them.",
        subject: "the node", severityRule: "warning", severities: [.warning], raiseAfter: 0, clearAfter: 0)
    }
  }
}
