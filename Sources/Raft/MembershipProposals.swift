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

internal import PlantedBugs

extension Raft {
  /// Appends the membership that follows from `change`. It is in force at once, and complete when it is committed; a
  /// joint one is left by another change, which the leader appends by itself unless it is `jointExplicit`.
  ///
  /// - Throws: `notLeader`, `witnessLeads`, `transferring`, `notReady`, `membershipInFlight`, `invalidMembership`,
  ///   `notLearner`, `noStateHolder` or `withoutState`.
  public mutating func proposeMembership(
    _ change: MembershipChange
  ) throws(ProposalError) -> (index: LogIndex, term: Term) {
    try checkServing()
    guard hasCommittedInTerm else { throw .notReady }
    guard log.membershipIndex <= commit || isPlanted(.changeTwiceAtOnce) else { throw .membershipInFlight }
    // Its removal is committed: it makes way with the next drain, and counts nothing after that (Confirmation.swift).
    guard membership.isVoter(id) else { throw .notLeader(leader: nil) }
    let next = try membership.changed(by: change)
    try checkJoining(next)
    try checkState(next)
    return (appendMembership(next), term)
  }

  /// A voter that joins together with the entry that names it must not be able to decide with one other: if the disk of
  /// that one forgets the entry, nobody whom it asks knows of the new voter (Confirmation.swift). The entry of a learner
  /// is committed, and so on the disks of a majority, before the voter's is appended.
  private func checkJoining(_ next: Membership) throws(ProposalError) {
    let fresh = next.voters.filter { !membership.isMember($0) }
    guard let first = fresh.first else { return }
    for old in membership.allVoters where next.quorum.isReached(by: { $0 == old || fresh.contains($0) }) {
      throw .notLearner(first)
    }
  }

  /// A witness cannot give the state to anybody: somebody who has it must stay. And a data voter that counts beside
  /// witnesses must have it, or the death of one disk would leave a majority without.
  private func checkState(_ next: Membership) throws(ProposalError) {
    let data = next.voters.filter { !next.isWitness($0) }
    guard data.contains(where: holdsState) else { throw .noStateHolder }
    guard !next.witnesses.isEmpty else { return }
    let known = membership.witnesses.isEmpty ? [] : membership.dataVoters
    for replica in data where !known.contains(replica) && !isComplete(replica) {
      throw .withoutState(replica)
    }
  }

  private func holdsState(_ replica: ReplicaID) -> Bool {
    guard replica != id else { return true }
    let match = progress(of: replica)?.match ?? 0
    return match > 0 && match >= log.base.index
  }

  /// It needs nothing that a witness may have forgotten, even if nobody else is left: it has the state, and its own log
  /// from there reaches what witnesses were told to forget in this term, and this term, beyond what they were told before.
  /// (A checkpoint that far is not needed: a data replica forgets no more of its log than its own state holds.)
  private func isComplete(_ replica: ReplicaID) -> Bool {
    guard replica != id else { return true }
    guard let peer = progress(of: replica), holdsState(replica), !peer.isDoubtful else { return false }
    return peer.match >= compactable && log.term(at: peer.match) == term
  }

  /// Refuses what only a leader that stays can do.
  func checkServing() throws(ProposalError) {
    try checkLeading()
    if let transfer { throw .transferring(to: transfer.target) }
  }

  /// Refuses what needs a leader that serves.
  func checkLeading() throws(ProposalError) {
    guard role == .leader else { throw .notLeader(leader: leader) }
    guard !isWitness else { throw .witnessLeads }
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

  /// It goes on until its removal is committed; then the voter that can best take over campaigns at once. Nobody asks
  /// twice: if it does not, an election timeout passes. So it is one that can win: it holds what is committed, and is not
  /// known to be in doubt.
  private mutating func makeWay(for membership: Membership) {
    func rank(_ peer: Progress) -> (Int, Int, LogIndex) {
      (peer.match >= commit ? 1 : 0, membership.isWitness(peer.id) ? 0 : 1, peer.match)
    }
    let able = peers.filter { membership.voters.contains($0.id) && !$0.isDoubtful }
    if let best = able.max(by: { rank($0) < rank($1) }) {
      send(.timeoutNow, to: best.id)
    }
    becomeFollower(term: term, leader: nil)
  }
}
