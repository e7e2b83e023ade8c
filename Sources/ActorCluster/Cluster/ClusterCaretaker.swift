// What the leader of the system group does by itself: founds the cluster, lets in who has caught up, lets go who has nothing
// left. A pure value's work.
package import PeerTransport

package struct ClusterCaretaker {
  /// What it does next, one thing at a time. The cluster decides whether that is right.
  package enum Order: Equatable, Sendable {
    case found(ClusterFounding)
    case activate(UInt64)
    case finish(UInt64)
    case announce(LevelAnnouncement)
    case raise
  }

  /// The cluster as the leader of its system group sees it.
  package struct View: Sendable {
    /// As it is committed; empty before it is founded.
    package var state: ClusterState
    /// What to found it with; nil when this node does not know.
    package var founding: ClusterFounding?
    /// Numbers of nodes whose replica of the system group is alive and has all of it.
    package var caughtUp: Set<UInt64>
    package var reports: PlacementReports
    /// The levels that nodes say to know.
    package var levels: [NodeID: UInt32]
    /// Whether the feature level rises by itself.
    package var raises: Bool

    package init(
      state: ClusterState, founding: ClusterFounding?, caughtUp: Set<UInt64>, reports: PlacementReports,
      levels: [NodeID: UInt32], raises: Bool
    ) {
      self.state = state
      self.founding = founding
      self.caughtUp = caughtUp
      self.reports = reports
      self.levels = levels
      self.raises = raises
    }
  }

  package static func next(_ view: View, now: Int64) -> Order? {
    let state = view.state
    guard !state.isEmpty else { return view.founding.map { .found($0) } }
    for member in state.present {
      // Whoever joins tells its level first, so that nobody who knows too little is let in.
      if let level = view.levels[member.name], level != member.level {
        return .announce(LevelAnnouncement(number: member.number, level: level))
      }
      switch member.status {
      case .joining where view.caughtUp.contains(member.number) && member.level >= state.level:
        return .activate(member.number)
      case .leaving where view.reports.isFree(member.number, state, at: now):
        return .finish(member.number)
      case .joining, .leaving, .active, .gone: break
      }
    }
    let known = state.present.map(\.level).min() ?? 0
    return view.raises && known > state.level ? .raise : nil
  }
}
