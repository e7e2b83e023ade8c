// Changes of the membership: proposed, in force, and what follows for who leads.
//
// A membership is in force at a replica from the moment that its entry is appended there (dissertation, 4.1), until the
// entry is truncated. etcd activates it when the entry is applied. That takes further rules: no campaign while a change
// known to be committed waits to be applied, no change before the last one is applied (etcd-io/etcd #7280 shows what
// happens without, #7625 argues that it is enough) and costs liveness (#12359). The example: C0 = {1,2,3}; 1 leads, adds 4
// with {1,2,4}, and adds 5 with {1,4,5} of the five. 2 has the first change, not known to be committed. If it counted by
// what it has applied, 2 and 3 would be a majority of C0 and overwrite the second change. Here it counts by {1,2,3,4}.
//
// At most one is uncommitted at a time. A new leader proposes none before an entry of its own term is committed: else two
// leaders in turn could each have one that the other does not know of (Ongaro, raft-dev, July 2015).

extension Raft {
  /// Appends the membership that follows from `change`. It is in force at once, and complete when it is committed; a
  /// joint one is left by another change, which the leader appends by itself unless it is `jointExplicit`.
  ///
  /// - Throws: `notLeader`, `transferring`, `notReady` (also while no remaining data voter has the state yet),
  ///   `membershipInFlight` or `invalidMembership`.
  public mutating func proposeMembership(
    _ change: MembershipChange
  ) throws(ProposalError) -> (index: LogIndex, term: Term) {
    try checkServing()
    guard hasCommittedInTerm else { throw .notReady }
    guard log.membershipIndex <= commit else { throw .membershipInFlight }
    let next = try membership.changed(by: change)
    // A witness cannot give a new voter the state: somebody who has it must stay.
    guard next.voters.contains(where: { !next.isWitness($0) && holdsState($0) }) else { throw .notReady }
    return (appendMembership(next), term)
  }

  private func holdsState(_ replica: ReplicaID) -> Bool {
    guard replica != id else { return true }
    let match = progress(of: replica)?.match ?? 0
    return match > 0 && match >= log.base.index
  }

  /// Refuses what only a leader that stays can do.
  func checkServing() throws(ProposalError) {
    guard role == .leader else { throw .notLeader(leader: leader) }
    guard !isWitness else { throw .notLeader(leader: nil) }
    if let transfer { throw .transferring(to: transfer.target) }
  }

  private mutating func appendMembership(_ next: Membership) -> LogIndex {
    let index = append(.membership(next))
    // New members have something to answer to: the entry itself.
    rebuildPeers(next: index)
    return index
  }

  /// Progress of every member but this one; what is known of those that stay is kept.
  mutating func rebuildPeers(next: LogIndex) {
    let shortest = configuration.heartbeatTicks
    let patience = shortest...max(shortest, configuration.electionTicks)
    let kept = peers
    peers = membership.members.filter { $0 != id }.map { member in
      kept.first { $0.id == member } ?? Progress(id: member, next: next, patience: patience)
    }
    if let target = transfer?.target, !membership.voters.contains(target) { transfer = nil }
  }

  /// What a leader does when the latest membership is committed: leaves a joint one, or makes way if it is no voter.
  mutating func concludeMembership() {
    guard role == .leader, hasCommittedInTerm, log.membershipIndex <= commit else { return }
    let membership = membership
    if membership.isJoint {
      guard membership.leavesAutomatically, let next = try? membership.changed(by: .leave) else { return }
      _ = appendMembership(next)
      advanceCommit()
    } else if !membership.isVoter(id) {
      makeWay(for: membership)
    }
  }

  /// It goes on until its removal is committed; then the most caught-up voter campaigns at once.
  private mutating func makeWay(for membership: Membership) {
    func rank(_ replica: ReplicaID) -> (Int, LogIndex) {
      (membership.isWitness(replica) ? 0 : 1, progress(of: replica)?.match ?? 0)
    }
    if let best = membership.voters.max(by: { rank($0) < rank($1) }) {
      send(.timeoutNow, to: best)
    }
    becomeFollower(term: term, leader: nil)
  }
}
