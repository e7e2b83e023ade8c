// The passing of time: election timeouts, heartbeats, CheckQuorum.

extension Raft {
  /// One tick has passed. Late or bunched ticks cost availability, never safety.
  public mutating func tick() {
    electionElapsed += 1
    tickConfirmation()
    if role == .leader {
      tickLeader()
    } else if electionElapsed >= electionTimeout + turnTicks {
      // Also where it may not campaign: others may be granted PreVote.
      forgetLeader()
      startPreVote()
    } else if electionElapsed >= configuration.electionTicks, let early = earlyPreVote {
      // Who asked a moment before this replica missed its leader as well gets the answer of now.
      earlyPreVote = nil
      receive(early)
    }
  }

  private mutating func tickLeader() {
    tickTransfer()
    if electionElapsed >= configuration.electionTicks {
      electionElapsed = 0
      guard checkQuorum() else { return }
    }
    for position in peers.indices {
      peers[position].tick()
    }
    heartbeatElapsed += 1
    if heartbeatElapsed >= configuration.heartbeatTicks {
      heartbeatElapsed = 0
      handover.intervalPassed()
      for position in peers.indices where !isSettled(peers[position]) {
        peers[position].owesHeartbeat = true
      }
    }
  }

  /// Steps down unless a majority, this replica included, has answered since the last check
  /// (dissertation, 6.2). False if it did.
  private mutating func checkQuorum() -> Bool {
    let isAlive = log.quorum.isReached { replica in
      replica == id || peers.contains { $0.id == replica && $0.isRecentlyActive }
    }
    guard isAlive else {
      becomeFollower(term: term, leader: nil)
      return false
    }
    for position in peers.indices {
      peers[position].isRecentlyActive = false
    }
    return true
  }
}
