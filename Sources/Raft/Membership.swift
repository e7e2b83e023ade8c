// Who belongs to a group and what each may do. A pure value; changes are in MembershipChange.swift.

/// The replicas of a group as one entry of its log names them. Arrays are ascending, without duplicates.
///
/// While `outgoing` is not empty the membership is *joint* (dissertation, 4.3): every decision needs a majority of
/// `voters` and one of `outgoing`.
public struct Membership: Equatable, Sendable {
  /// The voters; the incoming ones while joint.
  public var voters: [ReplicaID]
  /// The outgoing voters while joint, else empty.
  public var outgoing: [ReplicaID]
  /// They get the log and decide nothing.
  public var learners: [ReplicaID]
  /// Voters of `outgoing` that become learners when the joint membership is left: until then they must vote.
  public var learnersNext: [ReplicaID]
  /// The voters that keep term, vote and log, and apply nothing.
  public var witnesses: [ReplicaID]
  /// The leader leaves the joint membership by itself as soon as it is committed.
  public var leavesAutomatically: Bool

  /// A membership that is not joint. Sorts and drops duplicates; a witness that does not vote is no witness, and a
  /// voter is no learner.
  public init(voters: [ReplicaID], witnesses: [ReplicaID] = [], learners: [ReplicaID] = []) {
    let all = Set(voters)
    self.voters = all.sorted()
    outgoing = []
    self.learners = Set(learners).subtracting(all).sorted()
    learnersNext = []
    self.witnesses = Set(witnesses).intersection(all).sorted()
    leavesAutomatically = false
  }

  public var isJoint: Bool { !outgoing.isEmpty }

  /// Whether it decides, in either half while joint.
  public func isVoter(_ replica: ReplicaID) -> Bool {
    voters.contains(replica) || outgoing.contains(replica)
  }

  public func isMember(_ replica: ReplicaID) -> Bool {
    isVoter(replica) || learners.contains(replica)
  }

  public func isWitness(_ replica: ReplicaID) -> Bool {
    witnesses.contains(replica)
  }

  /// Everybody who decides, ascending.
  public var allVoters: [ReplicaID] {
    isJoint ? Set(voters).union(outgoing).sorted() : voters
  }

  /// Everybody who gets the log, ascending.
  public var members: [ReplicaID] {
    isJoint || !learners.isEmpty ? Set(voters).union(outgoing).union(learners).sorted() : voters
  }

  /// Voters that hold the state and not only the log, ascending.
  public var dataVoters: [ReplicaID] {
    allVoters.filter { !isWitness($0) }
  }

  package var quorum: Quorum { Quorum(incoming: voters, outgoing: outgoing) }

  /// An allowance for the limits in bytes.
  var byteCount: Int {
    8 * (voters.count + outgoing.count + learners.count + learnersNext.count + witnesses.count) + 8
  }

  /// What contradicts the rules above, or nil.
  var defect: String? {
    for list in [voters, outgoing, learners, learnersNext, witnesses]
    where zip(list, list.dropFirst()).contains(where: { $0 >= $1 }) {
      return "a list of replicas is not ascending"
    }
    if learners.contains(where: isVoter) { return "a learner that votes" }
    if !witnesses.allSatisfy(isVoter) { return "a witness that does not vote" }
    if !learnersNext.allSatisfy({ outgoing.contains($0) && !voters.contains($0) }) {
      return "a learner to be that does not leave"
    }
    if leavesAutomatically, !isJoint { return "nothing to leave" }
    return nil
  }
}

/// A map with small integer keys; empty lists are left out.
extension Membership: Codable {
  private enum CodingKeys: Int, CodingKey {
    case voters = 0
    case outgoing = 1
    case learners = 2
    case learnersNext = 3
    case witnesses = 4
    case leavesAutomatically = 5
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func list(_ key: CodingKeys) throws -> [ReplicaID] {
      try container.decodeIfPresent([ReplicaID].self, forKey: key) ?? []
    }
    voters = try list(.voters)
    outgoing = try list(.outgoing)
    learners = try list(.learners)
    learnersNext = try list(.learnersNext)
    witnesses = try list(.witnesses)
    leavesAutomatically = try container.decodeIfPresent(Bool.self, forKey: .leavesAutomatically) ?? false
    if let defect {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no valid membership: \(defect)"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(voters, forKey: .voters)
    if !outgoing.isEmpty { try container.encode(outgoing, forKey: .outgoing) }
    if !learners.isEmpty { try container.encode(learners, forKey: .learners) }
    if !learnersNext.isEmpty { try container.encode(learnersNext, forKey: .learnersNext) }
    if !witnesses.isEmpty { try container.encode(witnesses, forKey: .witnesses) }
    if leavesAutomatically { try container.encode(true, forKey: .leavesAutomatically) }
  }
}
