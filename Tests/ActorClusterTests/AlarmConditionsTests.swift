// From what a node knows to the conditions of its alarms: event in, conditions out.
import ActorCluster
import Alarms
import NodeStore
import PeerTransport
import Testing

@Suite struct AlarmConditionsTests {
  private static let (north, south, west) = (
    NodeID(rawValue: "north"), NodeID(rawValue: "south"), NodeID(rawValue: "west")
  )
  private static let start = ContinuousClock.now

  /// All is well: three nodes, each linked in both directions, three partitions.
  private static func sound(at now: Int64 = 0) -> AlarmSnapshot {
    var snapshot = AlarmSnapshot(
      node: north, nodes: [north, south, west],
      certificates: CertificateStatus(
        holder: north, serial: "1f",
        dates: [.init(file: .own, path: "/pki/north.pem", expires: 100 * 86_400)]))
    snapshot.now = now
    snapshot.links = [south, west].flatMap { [link($0, .dialed), link($0, .accepted)] }
    snapshot.partitions = (0..<3).map {
      AlarmPartition(PartitionID(rawValue: $0), voters: [[north, south, west]])
    }
    snapshot.disk = .well
    snapshot.store = StoreStatistics()
    return snapshot
  }

  private static func link(
    _ peer: NodeID, _ direction: LinkStatus.Direction, _ state: LinkStatus.State = .ready,
    since: ContinuousClock.Instant = start
  ) -> LinkStatus {
    LinkStatus(peer: peer, role: .node, direction: direction, state: state, since: since)
  }

  /// What one look says after a while in which all was well.
  private func judged(_ change: (inout AlarmSnapshot) -> Void) -> [AlarmCondition] {
    var conditions = AlarmConditions()
    _ = conditions.judge(Self.sound())
    var snapshot = Self.sound(at: 100_000)
    change(&snapshot)
    return conditions.judge(snapshot).sorted { ($0.kind, $0.subject) < ($1.kind, $1.subject) }
  }

  @Test func aSoundNodeHasNone() {
    #expect(judged { _ in } == [])
  }

  // MARK: nodes and quorum

  @Test func aNodeThatIsGonePutsTheQuorumAtRisk() {
    let found = judged { snapshot in
      snapshot.links = [Self.link(Self.south, .dialed), Self.link(Self.south, .accepted)]
      snapshot.links.append(Self.link(Self.west, .dialed, .waiting("connection refused")))
    }
    #expect(
      found == [
        AlarmCondition(
          .nodeUnreachable, "west", .warning, "no connection in either direction: connection refused"),
        AlarmCondition(
          .quorumAtRisk, "cluster", .warning,
          "partitions 0, 1, 2 of 3 on this node: one more lost voter stops them; not reached: west"),
      ])
  }

  @Test func withoutBothTheQuorumIsLostAndNoLeaderIsNoNewsThen() {
    let found = judged { snapshot in
      snapshot.links = []
      for index in snapshot.partitions.indices { snapshot.partitions[index].hasLeader = false }
    }
    #expect(found.map(\.kind) == [.nodeUnreachable, .nodeUnreachable, .quorumLost])
    #expect(found.last?.severity == .critical)
    #expect(
      found.last?.detail.hasSuffix("no majority of their voters is reached; not reached: south, west") == true
    )
  }

  @Test func fiveVotersSpareOne() {
    let five = ["a", "b", "c", "d"].map { NodeID(rawValue: $0) }
    func found(gone: Int) -> [AlarmKind] {
      var conditions = AlarmConditions()
      var snapshot = Self.sound()
      snapshot.nodes = five + [Self.north]
      snapshot.partitions = [AlarmPartition(PartitionID(rawValue: 0), voters: [five + [Self.north]])]
      snapshot.links = five.flatMap { [Self.link($0, .dialed), Self.link($0, .accepted)] }
      _ = conditions.judge(snapshot)
      snapshot.links = five.dropFirst(gone).flatMap { [Self.link($0, .dialed), Self.link($0, .accepted)] }
      return conditions.judge(snapshot).map(\.kind).filter { $0 != .nodeUnreachable }
    }
    #expect(found(gone: 0) == [])
    #expect(found(gone: 1) == [])
    #expect(found(gone: 2) == [.quorumAtRisk])
    #expect(found(gone: 3) == [.quorumLost])
  }

  /// The node is reached, and has no vote: its files were lost.
  @Test func aReplicaThatIsRebuiltPutsTheQuorumAtRisk() {
    let found = judged { $0.partitions[1].gone = [[Self.west]] }
    #expect(
      found == [
        AlarmCondition(
          .quorumAtRisk, "cluster", .warning,
          "partition 1 of 3 on this node: one more lost voter stops them; rebuilt: west")
      ])
    let both = judged { snapshot in
      snapshot.partitions[1].gone = [[Self.west]]
      snapshot.links.removeAll { $0.peer == Self.south }
    }
    #expect(both.first { $0.kind == .quorumLost }?.detail.hasPrefix("partition 1 of 3") == true)
  }

  /// While the membership changes each half needs its majority.
  @Test func bothHalvesOfAChangeCount() {
    let found = judged { snapshot in
      snapshot.partitions[1].voters = [[Self.north, Self.south, Self.west], [Self.north, Self.west]]
      snapshot.links.removeAll { $0.peer == Self.west }
    }
    #expect(found.first { $0.kind == .quorumLost }?.detail.hasPrefix("partition 1 of 3") == true)
    #expect(found.first { $0.kind == .quorumAtRisk }?.detail.hasPrefix("partitions 0, 2 of 3") == true)
  }

  /// One or two nodes have no vote to spare by choice.
  @Test func whereNothingIsMissingNothingIsAtRisk() {
    let found = judged { snapshot in
      snapshot.partitions = [
        AlarmPartition(PartitionID(rawValue: 0), voters: [[Self.north]]),
        AlarmPartition(PartitionID(rawValue: 1), voters: [[Self.north, Self.south]]),
      ]
    }
    #expect(found == [])
  }

  @Test func noLeaderWithAMajorityIsAnAlarmOfItsOwn() {
    let found = judged { $0.partitions[2].hasLeader = false }
    #expect(
      found == [
        AlarmCondition(.noLeader, "cluster", .critical, "partition 2 of 3 on this node: no leader is known")
      ])
  }

  /// A cluster starts one node after the other.
  @Test func whoWasNeverThereIsMissedOnlyAfterTheGraceTime() {
    var conditions = AlarmConditions()
    var snapshot = Self.sound()
    snapshot.links = [Self.link(Self.south, .dialed), Self.link(Self.south, .accepted)]
    #expect(conditions.judge(snapshot) == [])
    // One that was there is missed at once.
    snapshot.links = []
    snapshot.now = 1_000
    #expect(conditions.judge(snapshot).map(\.subject) == ["south", "cluster"])
    snapshot.now = AlarmConditions.startGrace
    #expect(conditions.judge(snapshot).map(\.subject) == ["south", "west", "cluster"])
  }

  // MARK: links

  @Test func oneDirectionIsHalfOpen() {
    let found = judged { snapshot in
      snapshot.links.removeAll { $0.peer == Self.south && $0.direction == .dialed }
      snapshot.links.append(Self.link(Self.south, .dialed, .waiting("timed out")))
    }
    #expect(
      found.first
        == AlarmCondition(.linkHalfOpen, "south", .warning, "only the connection from it works: timed out"))
    // It does not count as a vote.
    #expect(found.map(\.kind) == [.linkHalfOpen, .quorumAtRisk])
  }

  @Test func connectionsThatAreMadeAgainAndAgainAreFlapping() {
    var conditions = AlarmConditions()
    var found: [[AlarmCondition]] = []
    for second in 0..<6 {
      var snapshot = Self.sound(at: Int64(second) * 10_000)
      snapshot.links =
        snapshot.links.filter { $0.peer != Self.west } + [
          Self.link(Self.west, .dialed, since: Self.start + .seconds(second)),
          Self.link(Self.west, .accepted),
        ]
      found.append(conditions.judge(snapshot))
    }
    let early = found.dropLast().flatMap { $0 }
    #expect(early == [])
    #expect(
      found.last == [AlarmCondition(.linkFlapping, "west", .warning, "5 new connections within 5 minutes")])
    var later = Self.sound(at: 320_000)
    later.links[2] = Self.link(Self.west, .dialed, since: Self.start + .seconds(5))
    #expect(conditions.judge(later) == [])
  }

  // MARK: the node's own

  @Test func replicasAreJudgedByTheirHealthAndLag() {
    let found = judged { snapshot in
      snapshot.partitions[0].health = .quarantined("row 7 has a wrong checksum")
      snapshot.partitions[1].health = .rebuilding("no voter yet")
      snapshot.partitions[2].behind = [Self.south: 9_999, Self.west: 60_000]
      snapshot.partitions[2].unapplied = 10_000
    }
    #expect(
      found == [
        AlarmCondition(.replicaLag, "north", .warning, "up to 10000 entries behind in partition 2"),
        AlarmCondition(.replicaLag, "west", .critical, "up to 60000 entries behind in partition 2"),
        AlarmCondition(
          .replicaQuarantined, "partition 0 on north", .critical, "row 7 has a wrong checksum"),
        AlarmCondition(.replicaRebuilding, "north", .warning, "partition 1: no voter yet"),
      ])
    // Who is not reached lags, and that is an alarm already.
    let unreached = judged { snapshot in
      snapshot.links.removeAll { $0.peer == Self.west }
      snapshot.partitions[2].behind = [Self.west: 60_000]
    }
    #expect(!unreached.contains { $0.kind == .replicaLag })
  }

  @Test(arguments: [
    (DiskLevel.low, AlarmSeverity.warning), (.slow, .warning), (.reserved, .critical), (.full, .critical),
  ])
  func disksHaveTheirLevels(level: DiskLevel, severity: AlarmSeverity) {
    let found = judged { $0.disk = level }
    #expect(found.map(\.kind) == [.disk] && found.map(\.severity) == [severity])
  }

  @Test func checkpointsThatFailAreAConditionForAMinute() {
    var conditions = AlarmConditions()
    var snapshot = Self.sound()
    snapshot.store?.failedCheckpoints = 2
    #expect(conditions.judge(snapshot).map(\.subject) == ["north state.db"])
    snapshot.now = 59_000
    #expect(conditions.judge(snapshot).count == 1)
    snapshot.now = 60_000
    #expect(conditions.judge(snapshot) == [])
    snapshot.store?.logUpkeepStopped = true
    #expect(conditions.judge(snapshot).map(\.subject) == ["north log.db"])
    // For want of room: the disk is the alarm.
    snapshot.store = StoreStatistics()
    snapshot.store?.failedCheckpoints = 3
    snapshot.store?.isStateFull = true
    #expect(conditions.judge(snapshot) == [])
  }

  @Test(
    arguments: [
      (999, nil, ""), (1_000, AlarmSeverity.warning, "1.0 s ahead of"), (-2_450, .warning, "2.4 s behind"),
      (3_600_000, .critical, "3600.0 s ahead of"), (Int64.min, .critical, "9223372036854775.8 s behind"),
    ] as [(Int64, AlarmSeverity?, String)])
  func clocksAreJudgedByTheirDistance(offset: Int64, severity: AlarmSeverity?, words: String) {
    let found = judged { $0.clockOffsets = [Self.north: 3, Self.west: offset] }
    #expect(found.map(\.severity) == (severity.map { [$0] } ?? []))
    if severity != nil {
      #expect(found.first?.subject == "west" && found.first?.detail.contains(words) == true)
    }
  }

  @Test(
    arguments: [
      (31, nil), (29, .info), (6, .warning), (0, .critical), (-3, .critical),
    ] as [(Int64, AlarmSeverity?)])
  func certificatesAreJudgedByWhatIsLeft(days: Int64, severity: AlarmSeverity?) {
    let found = judged { $0.wallSeconds = (100 - days) * 86_400 - 60 }
    #expect(found.map(\.severity) == (severity.map { [$0] } ?? []))
    #expect(found.allSatisfy { $0.kind == .certificate && $0.subject == "north own" })
    if days < 0 { #expect(found.first?.detail == "/pki/north.pem ended 2 days ago") }
  }

  @Test func revokedAndUnusableCertificatesAreSaid() {
    let found = judged { snapshot in
      snapshot.certificates.isRevoked = true
      snapshot.certificates.failure = .invalidConfiguration("no such file")
    }
    #expect(found.map(\.subject) == ["north files", "north own"])
    #expect(found.map(\.severity) == [.warning, .critical])
  }

  @Test func refusalsCountForTenSeconds() {
    var conditions = AlarmConditions()
    func look(_ second: Int64, requests: UInt64, commands: UInt64) -> [AlarmCondition] {
      var snapshot = Self.sound(at: second * 1_000)
      snapshot.facts.refusedRequests = requests
      snapshot.refusedCommands = commands
      return conditions.judge(snapshot)
    }
    // What was before the first look is no news.
    #expect(look(0, requests: 50, commands: 5_000) == [])
    #expect(
      look(1, requests: 53, commands: 5_000) == [
        AlarmCondition(
          .overload, "north", .warning,
          "3 API requests and 0 commands of actors were refused by limits within 10 seconds")
      ])
    #expect(look(2, requests: 53, commands: 6_000).map(\.severity) == [.critical])
    for second in 3..<11 { _ = look(Int64(second), requests: 53, commands: 6_000) }
    #expect(look(11, requests: 53, commands: 6_000).count == 1)
    #expect(look(12, requests: 53, commands: 6_000) == [])
  }

  @Test func whatTheProcessKnowsIsShown() {
    var webhook = ForwardingStatus(receiver: "webhook")
    webhook.problem = "refused"
    webhook.waiting = 3
    webhook.dropped = 7
    let found = judged { snapshot in
      snapshot.facts.allowsChaos = true
      snapshot.facts.notes = ["use an odd number of nodes"]
      snapshot.facts.faults = ["disk.slow"]
      snapshot.facts.forwarding = [webhook, ForwardingStatus(receiver: "syslog")]
    }
    #expect(
      found == [
        AlarmCondition(.chaosAllowed, "north", .info, "the configuration says chaos: allowed"),
        AlarmCondition(.configuration, "north", .info, "use an odd number of nodes"),
        AlarmCondition(.faultsInjected, "north", .warning, "disk.slow"),
        AlarmCondition(
          .forwarding, "north webhook", .warning, "refused; 3 wait; 7 were dropped since the start"),
      ])
  }

  /// Each severity that comes is one that the catalogue names.
  @Test func severitiesAreThoseOfTheCatalogue() {
    for level in DiskLevel.allCases {
      for condition in judged({ $0.disk = level }) {
        #expect(condition.kind.entry.severities.contains(condition.severity))
      }
    }
    for days in [29, 6, 0, -1] {
      for condition in judged({ $0.wallSeconds = (100 - Int64(days)) * 86_400 - 60 }) {
        #expect(condition.kind.entry.severities.contains(condition.severity))
      }
    }
  }
}
