// What must hold after every event, whatever the events were. For tests: the product never traps.

extension Raft {
  /// The first invariant that does not hold, or nil.
  package func checkInvariants() -> String? {
    if let violation { return "violation reported: \(violation)" }
    return checkIndices() ?? checkRole() ?? checkPeers() ?? checkOwed()
  }

  /// Sums that the leader keeps up to date, compared with what they sum. Linear in the log's tail.
  package func checkAccounting() -> String? {
    let expected = role == .leader ? log.byteCount(after: commit) : 0
    return uncommittedBytes == expected ? nil : "counted \(uncommittedBytes) bytes, there are \(expected)"
  }

  private func checkIndices() -> String? {
    if commit > lastIndex { return "commit \(commit) is beyond the log's end \(lastIndex)" }
    if applied > commit { return "applied \(applied) is beyond commit \(commit)" }
    if ledger.stableIndex > lastIndex {
      return "stable \(ledger.stableIndex) is beyond the log's end \(lastIndex)"
    }
    if ledger.requestedIndex < ledger.stableIndex {
      return "stable \(ledger.stableIndex) is beyond requested \(ledger.requestedIndex)"
    }
    if applied > ledger.stableIndex { return "applied \(applied) is not stable" }
    if lastTerm > term { return "the log's last term \(lastTerm) exceeds term \(term)" }
    if ledger.durable.term > term { return "the durable term is newer than the current one" }
    if ledger.durable.term == term, let durable = ledger.durable.vote, durable != vote {
      return "vote for \(durable) in term \(term) became \(vote?.description ?? "none")"
    }
    return nil
  }

  private func checkRole() -> String? {
    switch role {
    case .leader:
      if leader != id { return "a leader that follows \(leader?.description ?? "nobody")" }
      if vote != id { return "a leader that did not vote for itself" }
      if !ledger.isDurable(term: term, vote: id) { return "a leader whose vote is not durable" }
    case .candidate:
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
    for peer in peers {
      if peer.match >= peer.next { return "\(peer.id): match \(peer.match), next \(peer.next)" }
      if peer.next > lastIndex + 1 { return "\(peer.id): next \(peer.next) is beyond the log" }
      if peer.round > reads.round { return "\(peer.id) echoed a round that was not started" }
    }
    return nil
  }

  private func checkOwed() -> String? {
    if role == .follower, let acknowledgment {
      if acknowledgment.match > lastIndex { return "owes an acknowledgment beyond the log" }
      if acknowledgment.sent > ledger.stableIndex { return "acknowledged what is not stable" }
    }
    if heldVotes.contains(where: { $0.term != term }) { return "holds a vote of another term" }
    return nil
  }
}
