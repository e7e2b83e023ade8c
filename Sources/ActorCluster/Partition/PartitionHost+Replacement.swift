// What the replacement of replicas and the cluster's members see of a partition host.
internal import CBOR
internal import NodeStore
internal import Raft

extension PartitionHost {
  /// For the leader that serves; nil elsewhere.
  package var replacementView: ReplicaReplacement.View? {
    guard isServing else { return nil }
    return ReplicaReplacement.View(
      own: raft.id, membership: raft.membership,
      isCommitted: raft.membership(at: raft.commitIndex) == raft.membership, lastIndex: raft.lastIndex,
      progress: raft.progress.map {
        ReplicaReplacement.Peer(
          id: $0.id, match: $0.match, isRecentlyActive: $0.isRecentlyActive, isLearner: $0.isLearner)
      })
  }

  /// Whether this replica is what it is to be (a voter, or a copy) by a committed membership, and as good as up to date.
  package var hasJoined: Bool {
    guard health == .running, let membership = raft.membership(at: raft.commitIndex) else { return false }
    // A witness applies nothing: its log is what it has.
    return (membership.voters.contains(raft.id) || isCopy && membership.learners.contains(raft.id))
      && (isWitness || appliedIndex + 1_024 >= raft.commitIndex)
  }

  // MARK: the state of the cluster

  /// What the system group's replica says of the cluster.
  package enum ClusterLook: Sendable {
    case known(ClusterState)
    /// It changes at this moment, or this replica cannot say yet.
    case notNow
    /// It has to come into memory first.
    case absent
  }

  /// As it is committed and applied here: what only this leader has decided does not count.
  package var clusterLook: ClusterLook {
    guard health == .running, !isWitness, !isStalled else { return .notNow }
    guard undecided.isEmpty else { return .notNow }
    if state.mustLoad(ClusterActor.key) { return .absent }
    guard let nothing = try? CBOREncoder().encode(Done()),
      let bytes = look(ClusterActor.key, ClusterActor.stateMethod, nothing),
      let found = try? CBORDecoder().decode(ClusterState.self, from: bytes)
    else { return .notNow }
    return .known(found)
  }

  /// Has the cluster's state brought into memory.
  package mutating func wantCluster() {
    if health == .running, !isWitness { loads.want(ClusterActor.key) }
  }

  /// Whether the node of that member begins anew under a later id: the files that it was are gone, and with them its vote.
  func isSuperseded(_ replica: ReplicaID) -> Bool {
    let original = ReplicaNaming.original(of: replica)
    return (raft.membership.members + [raft.id]).contains {
      $0 > replica && ReplicaNaming.original(of: $0) == original
    }
  }

  /// Its vote is lost, or is about to be.
  package var hasNoVote: Bool { raft.violation != nil || filesFault != nil }

  /// A replica whose own files cannot be used.
  mutating func quarantineFiles(_ detail: String) {
    filesFault = detail
    quarantine(detail)
  }
}
