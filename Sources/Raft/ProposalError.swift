// Why a leader's service was refused. A pure value.

/// A refusal. Nothing was appended and nothing was promised.
public enum ProposalError: Error, Equatable, Sendable {
  /// Ask `leader`, if it is known.
  case notLeader(leader: ReplicaID?)
  /// Too much waits to be committed or confirmed.
  case overloaded
  /// Leadership is being handed to `to`.
  case transferring(to: ReplicaID)
  /// Leadership cannot go to a replica that does not vote here, or that is a witness.
  case notVoter(ReplicaID)
  /// The last change of the membership is not committed, or a joint one has to be left first.
  case membershipInFlight
  /// No entry of the leader's own term is committed yet.
  case notReady
  /// The membership would be invalid; says why.
  case invalidMembership(String)

  /// Whether the same call can succeed later without anybody changing the configuration.
  public var isRetryable: Bool {
    switch self {
    case .notLeader, .overloaded, .transferring, .membershipInFlight, .notReady: true
    case .notVoter, .invalidMembership: false
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
    case .membershipInFlight: "another change of the membership is under way: retry when it is complete"
    case .notReady: "the leader has committed nothing in its term yet: retry shortly"
    case .invalidMembership(let reason): "this change of the membership is not possible: \(reason)"
    }
  }
}
