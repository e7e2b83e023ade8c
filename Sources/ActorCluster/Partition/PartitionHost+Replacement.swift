// What the replacement of replicas sees of a partition host.
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

  /// Whether this replica votes by a committed membership, and is as good as up to date.
  package var hasJoined: Bool {
    health == .running && raft.membership(at: raft.commitIndex)?.voters.contains(raft.id) == true
      && appliedIndex + 1_024 >= raft.commitIndex
  }

  /// A replica whose own files cannot be used.
  mutating func quarantineFiles(_ detail: String) {
    filesFault = detail
    quarantine(detail)
  }
}
