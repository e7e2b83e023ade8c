// The closed-socket hint: a follower need not wait for the timeout when its leader is gone.

extension Raft {
  /// The process behind `replica` is gone: a redial was refused, or found a new incarnation.
  ///
  /// If that is the current leader it is forgotten, and PreVote starts: at once at the lowest
  /// remaining voter, later at the others by rank, so that two do not campaign together. Whoever got
  /// the hint earlier and asked already gets the answer that it would get now. A wrong
  /// hint is harmless: PreVote fails where the leader is heard, and its next message restores it.
  public mutating func leaderUnreachable(_ replica: ReplicaID) {
    guard role == .follower, replica == leader, replica != id else { return }
    knownLeader = nil
    acknowledgment = nil
    isHinted = true
    let rank = rank(without: replica)
    let early = earlyPreVote
    earlyPreVote = nil
    if isReluctant {
      resetElectionTimer()
      if let early, early.from != replica { receive(early) }
    } else if rank == 0 {
      startPreVote()
    } else {
      electionElapsed = 0
      electionTimeout = min(electionTimeout, rank * configuration.hintStaggerTicks)
      if let early, early.from != replica { receive(early) }
    }
  }

  /// Between two attempts after a hint: everybody else has had a turn by then, and a follower that
  /// got the hint late has forgotten the leader.
  var hintRetryTicks: Int {
    let count = log.quorum.incoming.count + log.quorum.outgoing.count
    return (count + rank(without: nil)) * configuration.hintStaggerTicks
  }

  /// How much longer than the others this replica waits for a leader that it misses: voters take turns, so that two do not
  /// campaign together and split the votes. Whose turn is first goes around with the term, which spreads the leaderships of
  /// groups that lose the same leader.
  var turnTicks: Int {
    guard !isHinted, campaigns == 0 else { return 0 }
    let voters = membership.dataVoters.filter { $0 != knownLeader }
    guard let place = voters.firstIndex(of: id) else { return 0 }
    let turn = (UInt64(place) &+ term) % UInt64(voters.count)
    return Int(turn) * ElectionJitter.turn(electionTicks: configuration.electionTicks)
  }

  /// Its place among the voters: those that hold the state come first.
  private func rank(without replica: ReplicaID?) -> Int {
    let membership = membership
    let order = membership.dataVoters + membership.witnesses
    return order.filter { $0 != replica }.firstIndex(of: id) ?? order.count
  }
}
