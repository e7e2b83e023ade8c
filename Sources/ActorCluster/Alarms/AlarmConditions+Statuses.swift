// The conditions that one snapshot alone shows: pure.
internal import Alarms
internal import NodeStore
internal import PeerTransport

extension AlarmConditions {
  // MARK: partitions

  /// - Parameter present: the nodes whose votes count, as far as this one sees.
  func quorum(_ snapshot: AlarmSnapshot, present: Set<NodeID>) -> [AlarmCondition] {
    var lost: [PartitionID] = []
    var atRisk: [PartitionID] = []
    var leaderless: [PartitionID] = []
    var rebuilt: Set<NodeID> = []
    for partition in snapshot.partitions where !partition.voters.isEmpty {
      let (margin, isWhole) = partition.votes(present.contains)
      for (list, nodes) in partition.voters.enumerated() {
        rebuilt.formUnion(nodes.filter { present.contains($0) && partition.isGone($0, in: list) })
      }
      switch margin {
      case ..<0: lost.append(partition.partition)
      case 0 where !isWhole: atRisk.append(partition.partition)
      default: break
      }
      if margin >= 0, !partition.hasLeader, partition.health == .running {
        leaderless.append(partition.partition)
      }
    }
    let unreached = snapshot.nodes.filter { !present.contains($0) }.map(\.rawValue)
    let missing =
      ([unreached.isEmpty ? nil : "not reached: " + unreached.joined(separator: ", ")]
      + [rebuilt.isEmpty ? nil : "rebuilt: " + rebuilt.sorted().map(\.rawValue).joined(separator: ", ")])
      .compactMap(\.self).joined(separator: "; ")
    func condition(
      _ kind: AlarmKind, _ severity: AlarmSeverity, _ partitions: [PartitionID], _ words: String
    ) -> [AlarmCondition] {
      guard !partitions.isEmpty else { return [] }
      return [
        AlarmCondition(
          kind, "cluster", severity,
          "\(Self.words(partitions)) of \(snapshot.partitions.count) on this node: \(words)")
      ]
    }
    return condition(
      .quorumLost, .critical, lost, "no majority of their voters is reached; \(missing)")
      + condition(
        .quorumAtRisk, .warning, atRisk, "one more lost voter stops them; \(missing)")
      + condition(.noLeader, .critical, leaderless, "no leader is known")
  }

  func replicas(_ snapshot: AlarmSnapshot, reached: Set<NodeID>) -> [AlarmCondition] {
    var conditions: [AlarmCondition] = []
    var rebuilding: [PartitionID] = []
    var state = ""
    var behind: [NodeID: (partitions: [PartitionID], worst: UInt64)] = [:]
    func lags(_ node: NodeID, _ partition: PartitionID, _ entries: UInt64) {
      guard entries >= Self.lagWarning else { return }
      let before = behind[node] ?? ([], 0)
      behind[node] = (before.partitions + [partition], max(before.worst, entries))
    }
    for partition in snapshot.partitions {
      switch partition.health {
      case .running:
        lags(snapshot.node, partition.partition, partition.unapplied)
        // What is not reached is behind, and is an alarm already.
        for (node, entries) in partition.behind where reached.contains(node) {
          lags(node, partition.partition, entries)
        }
      case .rebuilding(let words):
        if rebuilding.isEmpty { state = words }
        rebuilding.append(partition.partition)
      case .quarantined(let cause):
        conditions.append(
          AlarmCondition(
            .replicaQuarantined, "partition \(partition.partition.label) on \(snapshot.node)", .critical,
            cause))
      }
    }
    if !rebuilding.isEmpty {
      conditions.append(
        AlarmCondition(
          .replicaRebuilding, snapshot.node.rawValue, .warning, "\(Self.words(rebuilding)): \(state)"))
    }
    for (node, lag) in behind {
      conditions.append(
        AlarmCondition(
          .replicaLag, node.rawValue, lag.worst >= Self.lagCritical ? .critical : .warning,
          "up to \(lag.worst) entries behind in \(Self.words(lag.partitions))"))
    }
    return conditions
  }

  /// A few by their numbers, and how many more there are.
  static func words(_ partitions: [PartitionID]) -> String {
    let named = partitions.prefix(4).map(\.label).joined(separator: ", ")
    let more = partitions.count > 4 ? " and \(partitions.count - 4) more" : ""
    return (partitions.count == 1 ? "partition " : "partitions ") + named + more
  }

  // MARK: the node

  static func disk(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    guard let level = snapshot.disk, level != .well else { return [] }
    let free =
      snapshot.diskSpace.map {
        ": \(DiskHealth.size($0.free)) of \(DiskHealth.size($0.total)) are free"
      } ?? ""
    let (severity, words): (AlarmSeverity, String) =
      switch level {
      case .well, .low: (.warning, "it is short of room\(free)")
      case .slow: (.warning, "it is much slower than the others': the node leads nothing")
      case .reserved:
        (.critical, "only the reserve is left\(free); the node leads nothing and takes no new commands")
      case .full: (.critical, "a write found no room\(free); what cannot be written waits")
      }
    return [AlarmCondition(.disk, snapshot.node.rawValue, severity, words)]
  }

  func clocks(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    snapshot.clockOffsets.compactMap { node, offset in
      let distance = offset.magnitude
      guard distance >= UInt64(Self.skewWarning) else { return nil }
      let (whole, rest) = distance.quotientAndRemainder(dividingBy: 1_000)
      return AlarmCondition(
        .clockSkew, node.rawValue, distance >= UInt64(Self.skewCritical) ? .critical : .warning,
        "its clock is \(whole).\(rest / 100) s \(offset < 0 ? "behind" : "ahead of") the median of the nodes' clocks"
      )
    }
  }

  func certificates(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    let status = snapshot.certificates
    var conditions: [AlarmCondition] = []
    for date in status.dates {
      let level = CertificateLevel(expires: date.expires, now: snapshot.wallSeconds)
      let severity: AlarmSeverity
      switch level {
      case .well: continue
      case .info: severity = .info
      case .warning: severity = .warning
      case .critical, .expired: severity = .critical
      }
      let left = date.expires.subtractingReportingOverflow(snapshot.wallSeconds).partialValue
      let ends =
        level == .expired
        ? "ended \(CertificateExpiry.words(Int64(clamping: left.magnitude))) ago"
        : "ends in \(CertificateExpiry.words(left))"
      conditions.append(
        AlarmCondition(
          .certificate, "\(snapshot.node) \(date.file.rawValue)", severity, "\(date.path) \(ends)"))
    }
    if status.isRevoked {
      conditions.append(
        AlarmCondition(
          .certificate, "\(snapshot.node) own", .critical,
          "the certificate with serial \(status.serial) was revoked"))
    }
    if let failure = status.failure {
      conditions.append(
        AlarmCondition(
          .certificate, "\(snapshot.node) files", .warning,
          "the files on the disk cannot be used, those read before stay in use: \(failure)"))
    }
    return conditions
  }

  /// What the process around the system says.
  func process(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    let (facts, node) = (snapshot.facts, snapshot.node.rawValue)
    var conditions: [AlarmCondition] = []
    if facts.allowsChaos {
      conditions.append(
        AlarmCondition(.chaosAllowed, node, .info, "the configuration says chaos: allowed"))
    }
    if !facts.faults.isEmpty {
      conditions.append(
        AlarmCondition(
          .faultsInjected, node, .warning, facts.faults.joined(separator: ", ")))
    }
    if !facts.notes.isEmpty {
      conditions.append(
        AlarmCondition(.configuration, node, .info, facts.notes.joined(separator: "; ")))
    }
    for receiver in facts.forwarding {
      guard let problem = receiver.problem else { continue }
      let dropped = receiver.dropped > 0 ? "; \(receiver.dropped) were dropped since the start" : ""
      conditions.append(
        AlarmCondition(
          .forwarding, "\(node) \(receiver.receiver)", .warning,
          "\(problem); \(receiver.waiting) wait\(dropped)"))
    }
    return conditions
  }
}
