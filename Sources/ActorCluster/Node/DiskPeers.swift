// What other nodes say of their disks, and which of them should take a leadership: a pure value.
package import NodeStore
package import PeerTransport

package struct DiskPeers: Sendable {
  private struct Peer: Sendable {
    var level: DiskLevel
    var microseconds: UInt64?
    var at: Int64
  }

  /// Pings come twice a second: one that has been silent for so many milliseconds says nothing of now.
  package static let silence: Int64 = 5_000

  private var peers: [NodeID: Peer] = [:]

  package init() {}

  /// - Parameter level: of an older version nothing, of a newer one perhaps a word that is not known here: then it is not
  ///   said to be unfit.
  package mutating func received(
    level: String?, microseconds: UInt64?, from node: NodeID, at now: Int64
  ) {
    peers[node] = Peer(
      level: level.flatMap(DiskLevel.init(rawValue:)) ?? .well, microseconds: microseconds, at: now)
  }

  /// What the nodes say of themselves now.
  package func levels(at now: Int64) -> [NodeID: DiskLevel] { fresh(now).mapValues(\.level) }

  /// How long the commits of those take that say it.
  package func commitMicroseconds(at now: Int64) -> [UInt64] {
    fresh(now).values.compactMap(\.microseconds).sorted()
  }

  /// Whether leaderships should be given to a node. One that says nothing is not given any.
  package func mayLead(_ node: NodeID, at now: Int64) -> Bool { fresh(now)[node]?.level.mayLead ?? false }

  /// The node that should take a partition's leadership from one that must not keep it; nil when none can. Those that are
  /// not much slower than the quickest take turns by partition, so that no single one gets all.
  /// - Parameter isCaughtUp: whether the node's replica has the leader's log.
  package func refuge(
    for partition: PartitionID, at now: Int64, isCaughtUp: (NodeID) -> Bool
  ) -> NodeID? {
    let fit = fresh(now).filter { $0.value.level.mayLead && isCaughtUp($0.key) }
    guard let quickest = fit.values.map({ $0.microseconds ?? 0 }).min() else { return nil }
    let limit = max(Self.negligible, quickest.addingReportingOverflow(quickest).partialValue)
    let equals = fit.filter { ($0.value.microseconds ?? 0) <= limit }.keys.sorted()
    return equals.isEmpty ? nil : equals[Int(partition.rawValue) % equals.count]
  }

  /// Microseconds below which the difference between disks is of no concern.
  private static let negligible: UInt64 = 5_000

  private func fresh(_ now: Int64) -> [NodeID: Peer] { peers.filter { now - $0.value.at <= Self.silence } }
}
