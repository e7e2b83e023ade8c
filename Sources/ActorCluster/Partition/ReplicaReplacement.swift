// What the leader of a partition does for nodes whose replica was lost: a pure value.
internal import NodeStore
internal import PlantedBugs
package import Raft

/// Brings a node whose files are gone back into a partition under a new replica id: as a learner, and once that has caught up
/// as a voter in the place of all its earlier ids, in one joint change. And moves the partition to where it is to be
/// (`ReplicaMoves`).
///
/// It looks at the membership and at what nodes ask for, and gives one step at a time; asked again it gives the same step until
/// that is done. So a new leader finishes what the one before began. Only which id was assigned to which files is this leader's
/// own knowledge: one that does not know assigns another id, because an id that two sets of files have used would promise
/// what the first of them forgot.
package struct ReplicaReplacement: Sendable {
  /// Another member as the leader sees it.
  package struct Peer: Sendable {
    package var id: ReplicaID
    package var match: LogIndex
    package var isRecentlyActive: Bool
    package var isLearner: Bool

    package init(id: ReplicaID, match: LogIndex, isRecentlyActive: Bool, isLearner: Bool) {
      self.id = id
      self.match = match
      self.isRecentlyActive = isRecentlyActive
      self.isLearner = isLearner
    }
  }

  /// The partition as its leader sees it.
  package struct View: Sendable {
    package var own: ReplicaID
    package var membership: Membership
    /// Whether that membership is committed.
    package var isCommitted: Bool
    package var lastIndex: LogIndex
    package var progress: [Peer]
    /// Where the partition is to be; nil while the cluster has not said.
    package var target: ReplicaTarget?
    /// The revision of the cluster's state that says so.
    package var revision: UInt64 = 0

    /// No change is under way: another may begin.
    package var isSettled: Bool {
      !membership.isJoint && (isCommitted || isPlanted(.changeTwiceAtOnce))
    }

    package init(
      own: ReplicaID, membership: Membership, isCommitted: Bool, lastIndex: LogIndex, progress: [Peer]
    ) {
      self.own = own
      self.membership = membership
      self.isCommitted = isCommitted
      self.lastIndex = lastIndex
      self.progress = progress
    }
  }

  package enum Step: Equatable, Sendable {
    case change(MembershipChange, words: String)
    /// Tell the node with this original id: the files `store` may be `replica`.
    case tell(node: ReplicaID, replica: ReplicaID, store: UInt64)
    /// Tell the node that its replica is no member any more, and that it is to have none.
    case dismiss(node: ReplicaID, replica: ReplicaID, store: UInt64)
    /// This leader is not to have the partition: another leads first.
    case transfer(to: ReplicaID)
  }

  private struct Request: Sendable {
    var store: UInt64
    var need: ReplicaNeed
    var at: Int64
  }

  private struct Assignment: Sendable {
    var replica: ReplicaID
    var store: UInt64
  }

  private static let requestMilliseconds: Int64 = 5_000
  /// A learner that lacks no more than this has caught up.
  static let lag: LogIndex = 1_024

  /// By the original id of the node that asks.
  private var requests: [ReplicaID: Request] = [:]
  private var assignments: [ReplicaID: Assignment] = [:]

  package init() {}

  /// - Parameter node: its original id.
  package mutating func asked(by node: ReplicaID, store: UInt64, _ need: ReplicaNeed, now: Int64) {
    // No node begins anew that often: an id beyond would not be one of this node.
    guard ReplicaNaming.generation(of: need.above) < 1 << 32 else { return }
    requests[node] = Request(store: store, need: need, at: now)
  }

  /// Whether a node of the partition is being brought back.
  package static func isUnderWay(_ view: View) -> Bool {
    let members = view.membership.members
    return view.progress.contains { peer in
      peer.isLearner && peer.isRecentlyActive
        && (earlier(than: peer.id, members).contains(where: view.membership.isVoter)
          || view.target != nil && !peer.isCaughtUp(with: view))
    }
  }

  /// - Parameter mayBegin: whether another node may be begun with: snapshots of many partitions at once would be a burden.
  package mutating func next(_ view: View, now: Int64, mayBegin: Bool) -> [Step] {
    requests = requests.filter { now - $0.value.at < Self.requestMilliseconds }
    guard view.isSettled else { return [] }
    var steps = answers(view)
    // A node that asks has lost its replica, or has none yet.
    let change =
      promotion(view) ?? replacement(view, mayBegin: mayBegin)
      ?? ReplicaMoves.next(view, asking: Set(requests.keys)) ?? tidying(view)
    if let change { steps.append(change) }
    return steps
  }

  /// Those whose learner is a member by a committed change.
  private mutating func answers(_ view: View) -> [Step] {
    var steps: [Step] = []
    for (node, request) in requests.sorted(by: { $0.key < $1.key }) {
      if request.need.isJoining, view.membership.isMember(request.need.above) {
        requests[node] = nil
      } else if let assignment = assignment(for: node, request), view.membership.isMember(assignment.replica)
      {
        requests[node] = nil
        steps.append(.tell(node: node, replica: assignment.replica, store: assignment.store))
      } else if let target = view.target, !target.contains(node.rawValue),
        !view.membership.members.contains(where: { ReplicaNaming.original(of: $0) == node })
      {
        requests[node] = nil
        steps.append(.dismiss(node: node, replica: request.need.above, store: request.store))
      }
    }
    return steps
  }

  private func assignment(for node: ReplicaID, _ request: Request) -> Assignment? {
    guard let assignment = assignments[node], assignment.store == request.store,
      assignment.replica > request.need.above
    else { return nil }
    return assignment
  }

  private func promotion(_ view: View) -> Step? {
    let members = view.membership.members
    for peer in view.progress where peer.isLearner && peer.isRecentlyActive {
      let node = ReplicaNaming.original(of: peer.id)
      let ids = members.filter { ReplicaNaming.original(of: $0) == node }
      // Who asks has not got it, or not any more.
      guard requests[node] == nil, ids.max() == peer.id, peer.match > 0,
        peer.match + Self.lag >= view.lastIndex,
        node != ReplicaNaming.original(of: view.own), ids.contains(where: view.membership.isVoter),
        view.target?.voters.contains(node.rawValue) ?? true
      else { continue }
      let old = ids.filter { $0 != peer.id }
      let isWitness =
        view.target.map { $0.witnesses.contains(node.rawValue) }
        ?? old.contains(where: view.membership.isWitness)
      return .change(
        MembershipChange(
          steps: [isWitness ? .addWitness(peer.id) : .addVoter(peer.id)] + old.map { .remove($0) }),
        words:
          "\(peer.id) has caught up and takes the place of \(old.map(\.description).joined(separator: ", "))")
    }
    return nil
  }

  private mutating func replacement(_ view: View, mayBegin: Bool) -> Step? {
    let members = view.membership.members
    for (node, request) in requests.sorted(by: { $0.key < $1.key })
    where node != ReplicaNaming.original(of: view.own) {
      let ids = members.filter { ReplicaNaming.original(of: $0) == node }
      let learners = ids.filter(view.membership.learners.contains)
      guard view.target?.contains(node.rawValue) ?? !ids.isEmpty, mayBegin || !learners.isEmpty else {
        continue
      }
      var used = ids + [request.need.above]
      if ids.isEmpty { used.append(ReplicaNaming.floor(of: node, revision: view.revision)) }
      let new = ReplicaNaming.next(for: node, after: used)
      assignments[node] = Assignment(replica: new, store: request.store)
      return .change(
        MembershipChange(steps: [.addLearner(new)] + learners.map { .remove($0) }),
        words: "a node needs another replica, \(new), because \(request.need.reason)")
    }
    return nil
  }

  /// Ids that a later voter of their node has taken the place of.
  private func tidying(_ view: View) -> Step? {
    let members = view.membership.members
    for voter in view.membership.voters {
      let old = Self.earlier(than: voter, members)
      guard !old.isEmpty, !old.contains(view.own) else { continue }
      return .change(
        MembershipChange(steps: old.map { .remove($0) }),
        words: "\(voter) has taken the place of \(old.map(\.description).joined(separator: ", "))")
    }
    return nil
  }

  private static func earlier(than replica: ReplicaID, _ members: [ReplicaID]) -> [ReplicaID] {
    members.filter { $0 < replica && ReplicaNaming.original(of: $0) == ReplicaNaming.original(of: replica) }
  }
}
