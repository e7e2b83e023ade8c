// Why a leader's service was refused. A pure value.

/// A refusal. Nothing was appended and nothing was promised.
public enum ProposalError: Error, Equatable, Sendable {
  /// Ask `leader`, if it is known.
  case notLeader(leader: ReplicaID?)
  /// Too much waits to be committed or confirmed.
  case overloaded
  /// Leadership is being handed to `to`.
  case transferring(to: ReplicaID)
  /// The leader is a witness: it serves nobody and hands its log on.
  case witnessLeads
  /// Leadership cannot go to a replica that does not vote here, or that is a witness.
  case notVoter(ReplicaID)
  /// Leadership cannot go to a replica that may have lost something and has not found out what.
  case inDoubt(ReplicaID)
  /// The last change of the membership is not committed, or a joint one has to be left first.
  case membershipInFlight
  /// No entry of the leader's own term is committed yet.
  case notReady
  /// No data voter would be left that has the state.
  case noStateHolder
  /// Beside witnesses, a data voter without the state would let a group go on whose state has only one holder.
  case withoutState(ReplicaID)
  /// With one or two voters, a new one could decide with a single other, whose disk may forget it: it has to be a
  /// learner first.
  case notLearner(ReplicaID)
  /// The membership would be invalid; says why.
  case invalidMembership(String)

  /// Whether the same call can succeed later without anybody changing the configuration.
  public var isRetryable: Bool {
    switch self {
    case .notLeader, .overloaded, .transferring, .witnessLeads, .inDoubt, .membershipInFlight, .notReady,
      .noStateHolder, .withoutState:
      true
    case .notVoter, .notLearner, .invalidMembership: false
    }
  }
}

extension ProposalError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notLeader(.some(let leader)): "this replica is not the leader: ask \(leader)"
    case .notLeader(.none): "this replica is not the leader and knows none: retry shortly"
    case .overloaded: "too much waits for a majority: retry when some of it has been answered"
    case .transferring(let target): "leadership is moving to \(target): retry shortly"
    case .notVoter(let replica): "\(replica) cannot lead this group: name a voter that is no witness"
    case .witnessLeads: "a witness leads and is handing over to a replica that has the state: retry shortly"
    case .inDoubt(let replica):
      "\(replica) may have lost what it had acknowledged: retry when it has caught up, or name another voter"
    case .membershipInFlight: "another change of the membership is under way: retry when it is complete"
    case .notReady: "the leader has committed nothing in its term yet: retry shortly"
    case .noStateHolder:
      "no data voter that would be left has the state yet: retry when one has caught up"
    case .withoutState(let replica):
      "\(replica) does not have the state yet: let it catch up as a learner, then retry"
    case .notLearner(let replica):
      "\(replica) has to be a learner first, because there are fewer than three voters: add it as one, then retry"
    case .invalidMembership(let reason): "this change of the membership is not possible: \(reason)"
    }
  }
}
