// What must hold after every event, whatever the events were. For tests: the product never traps.

extension Raft {
  /// The first invariant that does not hold, or nil.
  package func checkInvariants() -> String? {
    if let violation { return "violation reported: \(violation)" }
    return checkIndices() ?? checkLog() ?? checkRole() ?? checkPeers() ?? checkOwed()
  }

  /// Sums that the leader keeps up to date, compared with what they sum. Linear in the log's tail.
  package func checkAccounting() -> String? {
    let expected = role == .leader ? log.byteCount(after: commit) : 0
    if !log.membershipsAreConsistent { return "the memberships kept are not those of the entries" }
    return uncommittedBytes == expected ? nil : "counted \(uncommittedBytes) bytes, there are \(expected)"
  }

  private func checkIndices() -> String? {
    if commit > lastIndex { return "commit \(commit) is beyond the log's end \(lastIndex)" }
    if applied > max(commit, appliedAtStart) { return "applied \(applied) is beyond commit \(commit)" }
    if ledger.stableIndex > lastIndex {
      return "stable \(ledger.stableIndex) is beyond the log's end \(lastIndex)"
    }
    if ledger.requestedIndex < ledger.stableIndex {
      return "stable \(ledger.stableIndex) is beyond requested \(ledger.requestedIndex)"
    }
    if applied > max(ledger.stableIndex, log.base.index, appliedAtStart) {
      return "applied \(applied) is not stable"
    }
    if lastTerm > term { return "the log's last term \(lastTerm) exceeds term \(term)" }
    if ledger.durable.term > term { return "the durable term is newer than the current one" }
    if ledger.durable.term == term, let durable = ledger.durable.vote, durable != vote {
      return "vote for \(durable) in term \(term) became \(vote?.description ?? "none")"
    }
    return nil
  }

  private func checkLog() -> String? {
    if log.base.index > max(applied, appliedAtStart) {
      return "the base \(log.base.index) is beyond applied \(applied)"
    }
    if log.base.index > commit { return "the base \(log.base.index) is beyond commit \(commit)" }
    if compactable > commit { return "compactable \(compactable) is beyond commit \(commit)" }
    if let defect = membership.defect { return "the membership has \(defect)" }
    if let staging, staging.stage == .installing, staging.id.index <= applied {
      return "installs \(staging.id.index) over applied \(applied)"
    }
    return nil
  }

  private func checkRole() -> String? {
    switch role {
    case .leader:
      if leader != id { return "a leader that follows \(leader?.description ?? "nobody")" }
      if vote != id { return "a leader that did not vote for itself" }
      if !ledger.isDurable(term: term, vote: id) { return "a leader whose vote is not durable" }
      if !isConfirmed { return "a leader whose past is in question" }
    case .candidate:
      if !isConfirmed { return "a candidate whose past is in question" }
      if vote != id { return "a candidate that did not vote for itself" }
      if leader != nil { return "a candidate that knows a leader" }
    case .preCandidate:
      if leader != nil { return "a pre-candidate that knows a leader" }
    case .follower:
      if leader == id { return "a follower that leads" }
    }
    return nil
  }

  private func checkPeers() -> String? {
    if role != .leader {
      if !peers.isEmpty { return "progress is kept by a \(role)" }
      if transfer != nil { return "a transfer is kept by a \(role)" }
      if reads.count > 0 { return "reads wait at a \(role)" }
      return nil
    }
    if peers.map(\.id) != membership.members.filter({ $0 != id }) { return "progress is not of the members" }
    for peer in peers {
      if (peer.mode == .snapshot) != (peer.snapshot != nil) {
        return "\(peer.id): mode and snapshot disagree"
      }
      if peer.match >= peer.next { return "\(peer.id): match \(peer.match), next \(peer.next)" }
      if peer.next > lastIndex + 1 { return "\(peer.id): next \(peer.next) is beyond the log" }
      if peer.round > reads.round { return "\(peer.id) echoed a round that was not started" }
    }
    return nil
  }

  private func checkOwed() -> String? {
    if role == .follower, let acknowledgment {
      if acknowledgment.match > lastIndex { return "owes an acknowledgment beyond the log" }
      if acknowledgment.sent > max(ledger.stableIndex, log.base.index) {
        return "acknowledged what is not stable"
      }
    }
    if heldVotes.contains(where: { $0.term != term }) { return "holds a vote of another term" }
    return nil
  }
}
