// What the host knows about who lives, for groups whose leader sends no timed heartbeats, and forgetting a leader.

extension Raft {
  /// The process of `replica` is alive and says that it leads in `term`: as good as a heartbeat for the election timer.
  public mutating func leaderAlive(_ replica: ReplicaID, term aliveTerm: Term) {
    guard role == .follower, leader == replica, aliveTerm == term else { return }
    electionElapsed = 0
    earlyPreVote = nil
  }

  /// The process of `replica` is alive and reachable: counts for CheckQuorum.
  public mutating func peerAlive(_ replica: ReplicaID) {
    guard let position = position(of: replica) else { return }
    peers[position].isRecentlyActive = true
  }

  /// Forgets the leader without campaigning, so that another may be granted PreVote at once.
  public mutating func forgetLeader() {
    guard role == .follower, leader != nil else { return }
    knownLeader = nil
    acknowledgment = nil
  }

  /// Whether a quiet leader has nothing to say to a follower: it has all entries, and has said that it knows of their
  /// commit.
  func isSettled(_ peer: Progress) -> Bool {
    configuration.quiet && peer.match == lastIndex && peer.knownCommit >= commit
      && peer.toldCompactable >= (log.membership.isWitness(peer.id) ? compactable : 0)
  }

  /// The answer to a heartbeat.
  func heartbeatReply(round: UInt64) -> Body {
    .heartbeatReply(
      round: isInDoubt ? 0 : round, checkpoint: checkpoint, commit: configuration.quiet ? commit : 0)
  }
}
