// Handing leadership to a chosen voter (dissertation, 3.10).

/// A transfer under way at the leader.
struct Transfer: Sendable {
  let target: ReplicaID
  var elapsed = 0
}

extension Raft {
  /// Hands leadership to `target`: proposals are refused, the target is brought up to date and told
  /// to campaign at once. Given up after an election timeout; then proposals are taken again.
  ///
  /// Nothing happens if `target` is this leader, or if it is the target already.
  ///
  /// - Throws: `notLeader`, `notVoter`, `inDoubt`, or `transferring` if it is on its way to another.
  public mutating func transferLeadership(to target: ReplicaID) throws(ProposalError) {
    guard role == .leader else { throw .notLeader(leader: leader) }
    guard membership.voters.contains(target), !membership.isWitness(target) else { throw .notVoter(target) }
    if let transfer, transfer.target != target { throw .transferring(to: transfer.target) }
    guard target != id, transfer == nil else { return }
    // It could not campaign, and nothing would be taken until the transfer is given up.
    guard progress(of: target)?.isDoubtful != true else { throw .inDoubt(target) }
    transfer = Transfer(target: target)
    continueTransfer(at: target)
  }

  /// Tells the target to campaign once it holds the whole log.
  mutating func continueTransfer(at replica: ReplicaID) {
    guard let transfer, transfer.target == replica else { return }
    if progress(of: replica)?.match == lastIndex {
      send(.timeoutNow, to: replica)
    }
  }

  mutating func tickTransfer() {
    transfer?.elapsed += 1
    if let elapsed = transfer?.elapsed, elapsed >= configuration.electionTicks {
      transfer = nil
    }
  }

  mutating func handleTimeoutNow(from replica: ReplicaID) {
    guard role == .follower, replica == leader else { return }
    startElection(isTransfer: true)
  }
}
