// What a node hears from the others about the cluster: feature levels, and how far partitions are. A shell around values.
internal import NIOConcurrencyHelpers
internal import PeerTransport

/// Safe from any thread.
final class ClusterHearsay: Sendable {
  private struct Heard {
    var reports = PlacementReports()
    var levels: [NodeID: UInt32] = [:]
    /// Nodes that do not know who belongs to the cluster.
    var lacking: Set<NodeID> = []
  }

  /// What to found the cluster with; nil on a node that does not know.
  let founding: ClusterFounding?
  let raisesLevel: Bool
  private let heard = NIOLockedValueBox(Heard())

  init(founding: ClusterFounding?, raisesLevel: Bool) {
    self.founding = founding
    self.raisesLevel = raisesLevel
  }

  func received(_ ping: PingFrame, from node: NodeID, at now: Int64) {
    heard.withLockedValue { heard in
      heard.levels[node] = ping.level
      heard.reports.received(ping.placement, from: node, at: now)
      if ping.lacksMembers == true { heard.lacking.insert(node) } else { heard.lacking.remove(node) }
    }
  }

  /// What the node itself knows.
  func own(_ report: PlacementReport?, of node: NodeID, at now: Int64) {
    heard.withLockedValue { heard in
      heard.levels[node] = FeatureLevel.known
      heard.reports.received(report, from: node, at: now)
    }
  }

  func lacksMembers(_ node: NodeID) -> Bool { heard.withLockedValue { $0.lacking.contains(node) } }

  var levels: [NodeID: UInt32] { heard.withLockedValue { $0.levels } }
  var reports: PlacementReports { heard.withLockedValue { $0.reports } }
}
