// Changes of a membership: from one value to the next, by the rules of etcd's confchange. Pure.

/// What to change in a membership. Without steps: leave the joint membership.
public struct MembershipChange: Equatable, Sendable {
  public enum Step: Equatable, Sendable {
    /// A new voter that holds the state, or a learner that becomes one. Beside witnesses, and with fewer than three
    /// voters, only a learner can.
    case addVoter(ReplicaID)
    /// A new voter that keeps only the log, or a learner that becomes one; with fewer than three voters only a learner
    /// can. An id that has been a witness is never given to anything else, also after it was removed.
    case addWitness(ReplicaID)
    /// A new learner, or a voter that becomes one.
    case addLearner(ReplicaID)
    case remove(ReplicaID)

    public var replica: ReplicaID {
      switch self {
      case .addVoter(let replica), .addWitness(let replica), .addLearner(let replica), .remove(let replica):
        replica
      }
    }
  }

  public enum Transition: Equatable, Sendable {
    /// In one step if at most one voter comes or goes; otherwise joint, and left automatically.
    case automatic
    /// Joint, left automatically.
    case jointImplicit
    /// Joint, until a change without steps leaves it.
    case jointExplicit
  }

  public var steps: [Step]
  public var transition: Transition

  public init(steps: [Step], transition: Transition = .automatic) {
    self.steps = steps
    self.transition = transition
  }

  /// Leaves the joint membership.
  public static let leave = MembershipChange(steps: [])
}

extension Membership {
  /// The membership after `change`. Any majority of the one overlaps any majority of the other: at most one voter
  /// differs (dissertation, 4.1), or the next is joint with this one (4.3).
  ///
  /// - Throws: `membershipInFlight` if this one is joint and has to be left first; `invalidMembership`.
  public func changed(by change: MembershipChange) throws(ProposalError) -> Membership {
    if change.steps.isEmpty { return try left() }
    guard !isJoint else { throw .membershipInFlight }
    var named: Set<ReplicaID> = []
    for step in change.steps where !named.insert(step.replica).inserted {
      throw .invalidMembership("\(step.replica) is named twice: one step per replica")
    }
    let target = try stepped(change.steps, isJoint: false)
    let difference = Set(voters).symmetricDifference(target.voters).count
    if change.transition == .automatic, difference <= 1 { return target }
    guard !voters.isEmpty else {
      throw .invalidMembership("there are no voters yet that could agree to a joint membership")
    }
    var joint = try stepped(change.steps, isJoint: true)
    joint.leavesAutomatically = change.transition != .jointExplicit
    return joint
  }

  private func left() throws(ProposalError) -> Membership {
    guard isJoint else { throw .invalidMembership("it is not joint: there is nothing to leave") }
    var next = Membership(voters: voters, witnesses: witnesses, learners: learners + learnersNext)
    next.witnesses = witnesses.filter(voters.contains)
    return next
  }

  private func stepped(_ steps: [MembershipChange.Step], isJoint: Bool) throws(ProposalError) -> Membership {
    var incoming = Set(voters)
    var learning = Set(learners)
    var learningNext: Set<ReplicaID> = []
    var watching = Set(witnesses)
    for step in steps {
      let replica = step.replica
      let isVoting = incoming.contains(replica)
      switch step {
      case .addVoter:
        guard !isWitness(replica) else { throw Self.cannotConvert(replica, from: "a witness") }
        learning.remove(replica)
        incoming.insert(replica)
      case .addWitness:
        guard !isVoting || isWitness(replica) else { throw Self.cannotConvert(replica, from: "a data voter") }
        learning.remove(replica)
        incoming.insert(replica)
        watching.insert(replica)
      case .addLearner:
        guard !isWitness(replica) else { throw Self.cannotConvert(replica, from: "a witness") }
        incoming.remove(replica)
        if isJoint, isVoting {
          learningNext.insert(replica)
        } else {
          learning.insert(replica)
        }
      case .remove:
        incoming.remove(replica)
        learning.remove(replica)
        if !isJoint { watching.remove(replica) }
      }
    }
    guard !incoming.isEmpty else { throw .invalidMembership("no voter would be left") }
    guard !incoming.isSubset(of: watching) else {
      throw .invalidMembership("only witnesses would be left: nobody would hold the state")
    }
    var next = Membership(voters: Array(incoming))
    next.outgoing = isJoint ? voters : []
    next.learners = learning.sorted()
    next.learnersNext = learningNext.sorted()
    next.witnesses = watching.sorted()
    return next
  }

  private static func cannotConvert(_ replica: ReplicaID, from role: String) -> ProposalError {
    .invalidMembership("\(replica) is \(role): remove it and add a new replica id")
  }
}
