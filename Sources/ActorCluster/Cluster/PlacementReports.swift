// What leaders say of how far their partitions are on their way: values.
internal import NodeStore
package import PeerTransport
internal import PlantedBugs
internal import Raft

/// What a node says of the partitions that it leads. Those whose membership is changing are left out.
package struct PlacementReport: Codable, Equatable, Sendable {
  /// The cluster state that it was compared with.
  package var revision: UInt64
  package var led: [UInt32]
  /// Of these, those whose voters are not where they are to be.
  package var pending: [UInt32]
  /// Numbers of nodes that have a replica in one of them, and are to have none.
  package var holding: [UInt64]

  package init(revision: UInt64, led: [UInt32] = [], pending: [UInt32] = [], holding: [UInt64] = []) {
    self.revision = revision
    self.led = led
    self.pending = pending
    self.holding = holding
  }

  enum CodingKeys: Int, CodingKey {
    case revision = 0
    case led = 1
    case pending = 2
    case holding = 3
  }

  package mutating func add(_ other: PlacementReport) {
    guard other.revision == revision else { return }
    led = Set(led).union(other.led).sorted()
    pending = Set(pending).union(other.pending).sorted()
    holding = Set(holding).union(other.holding).sorted()
  }

  /// Adds a partition as its leader sees it.
  package mutating func add(_ partition: UInt32, _ view: ReplicaReplacement.View) {
    guard view.isCommitted, !view.membership.isJoint, let target = view.target else { return }
    let members = view.membership.members.map { ReplicaNaming.original(of: $0).rawValue }
    let voters = Set(view.membership.voters.map { ReplicaNaming.original(of: $0).rawValue })
    let strangers = Set(members.filter { !target.contains($0) })
    led.append(partition)
    if voters != Set(target.voters) || !strangers.isEmpty { pending.append(partition) }
    holding = strangers.union(holding).sorted()
  }
}

/// The latest report of each node.
package struct PlacementReports: Sendable {
  /// Pings come twice a second.
  private static let freshMilliseconds: Int64 = 3_000

  private var reports: [NodeID: (report: PlacementReport, at: Int64)] = [:]

  package init() {}

  package mutating func received(_ report: PlacementReport?, from node: NodeID, at now: Int64) {
    reports[node] = report.map { ($0, now) }
  }

  private func fresh(_ revision: UInt64, _ now: Int64) -> [PlacementReport] {
    reports.values.filter { $0.report.revision == revision && now - $0.at <= Self.freshMilliseconds }
      .map(\.report)
  }

  /// Partitions that nobody says to be where they are to be, by this revision.
  package func unsettled(_ state: ClusterState, at now: Int64) -> [UInt32] {
    let reports = fresh(state.revision, now)
    let settled = Set(reports.flatMap(\.led)).subtracting(reports.flatMap(\.pending))
    return (0..<state.partitionCount).filter { !settled.contains($0) }
  }

  /// Whether the leaders of all partitions say that this node has no replica of them.
  package func isFree(_ number: UInt64, _ state: ClusterState, at now: Int64) -> Bool {
    let reports = fresh(state.revision, now)
    let led = Set(reports.flatMap(\.led))
    return (0..<state.partitionCount).allSatisfy(led.contains)
      && (isPlanted(.letGoTooSoon) || !reports.contains { $0.holding.contains(number) })
  }
}
