// The algebra of memberships: the rules of etcd's confchange, and that neighbors always overlap.

import Raft
import Testing

@Suite struct MembershipTests {
  typealias Step = MembershipChange.Step

  static func ids(_ numbers: [Int]) -> [ReplicaID] { numbers.map(TestCluster.replica) }
  static func id(_ number: Int) -> ReplicaID { TestCluster.replica(number) }

  @Test func listsAreSortedAndDisjoint() {
    let membership = Membership(
      voters: Self.ids([3, 1, 3, 2]), witnesses: Self.ids([9, 2]), learners: Self.ids([5, 1, 4]))
    #expect(membership.voters == Self.ids([1, 2, 3]))
    #expect(membership.witnesses == Self.ids([2]))
    #expect(membership.learners == Self.ids([4, 5]))
    #expect(membership.dataVoters == Self.ids([1, 3]))
    #expect(membership.members == Self.ids([1, 2, 3, 4, 5]))
    #expect(!membership.isJoint && membership.isMember(Self.id(4)) && !membership.isVoter(Self.id(4)))
  }

  @Test func oneVoterIsASimpleChangeAndTwoAreJoint() throws {
    let start = Membership(voters: Self.ids([1, 2, 3]))
    let simple = try start.changed(
      by: MembershipChange(steps: [.addVoter(Self.id(4)), .addLearner(Self.id(8)), .addLearner(Self.id(9))]))
    #expect(
      !simple.isJoint && simple.voters == Self.ids([1, 2, 3, 4]) && simple.learners == Self.ids([8, 9]))
    let joint = try start.changed(by: MembershipChange(steps: [.addVoter(Self.id(4)), .remove(Self.id(1))]))
    #expect(joint.voters == Self.ids([2, 3, 4]) && joint.outgoing == Self.ids([1, 2, 3]))
    #expect(joint.leavesAutomatically)
    let left = try joint.changed(by: .leave)
    #expect(left == Membership(voters: Self.ids([2, 3, 4])))
    for transition in [MembershipChange.Transition.jointImplicit, .jointExplicit] {
      let forced = try start.changed(
        by: MembershipChange(steps: [.addVoter(Self.id(4))], transition: transition))
      #expect(forced.isJoint && forced.leavesAutomatically == (transition == .jointImplicit))
    }
  }

  /// etcd: a voter demoted in a joint configuration stays a voter of the outgoing half until it is left.
  @Test func aDemotedVoterLearnsAfterTheJointMembership() throws {
    let start = Membership(voters: Self.ids([1, 2, 3]), learners: Self.ids([7]))
    let joint = try start.changed(
      by: MembershipChange(steps: [.addLearner(Self.id(3)), .addVoter(Self.id(7)), .remove(Self.id(2))]))
    #expect(joint.learnersNext == Self.ids([3]) && joint.learners.isEmpty)
    #expect(joint.isVoter(Self.id(3)))
    let left = try joint.changed(by: .leave)
    #expect(left == Membership(voters: Self.ids([1, 7]), learners: Self.ids([3])))
    let simple = try start.changed(by: MembershipChange(steps: [.addLearner(Self.id(3))]))
    #expect(
      simple == Membership(voters: Self.ids([1, 2]), learners: Self.ids([3, 7])), "at once when simple")
  }

  @Test func aWitnessStaysOneUntilTheJointMembershipIsLeft() throws {
    let start = Membership(voters: Self.ids([1, 2, 3]), witnesses: Self.ids([3]))
    let joint = try start.changed(
      by: MembershipChange(steps: [.remove(Self.id(3)), .addWitness(Self.id(4))]))
    #expect(joint.witnesses == Self.ids([3, 4]))
    #expect(try joint.changed(by: .leave).witnesses == Self.ids([4]))
    let simple = try start.changed(by: MembershipChange(steps: [.remove(Self.id(3))]))
    #expect(simple.witnesses.isEmpty)
  }

  @Test func invalidChangesSayWhy() {
    let start = Membership(voters: Self.ids([1, 2]), witnesses: Self.ids([2]))
    func refusal(_ steps: [Step], of membership: Membership = start) -> String? {
      do {
        _ = try membership.changed(by: MembershipChange(steps: steps))
        return nil
      } catch {
        guard case .invalidMembership(let reason) = error else { return "\(error)" }
        #expect(!error.isRetryable && error.description.contains(reason))
        return reason
      }
    }
    #expect(refusal([])?.contains("nothing to leave") == true)
    #expect(refusal([.remove(Self.id(1)), .remove(Self.id(2))])?.contains("no voter") == true)
    #expect(refusal([.remove(Self.id(1))])?.contains("only witnesses") == true)
    #expect(refusal([.addVoter(Self.id(3)), .remove(Self.id(3))])?.contains("twice") == true)
    #expect(refusal([.addVoter(Self.id(2))])?.contains("is a witness") == true)
    #expect(refusal([.addLearner(Self.id(2))])?.contains("is a witness") == true)
    #expect(refusal([.addWitness(Self.id(1))])?.contains("is a data voter") == true)
    #expect(refusal([.addVoter(Self.id(1))]) == nil, "nothing changes")
    #expect(refusal([.addVoter(Self.id(3)), .addVoter(Self.id(4))], of: Membership(voters: [])) != nil)
    var joint = Membership(voters: Self.ids([1, 2]))
    joint.outgoing = Self.ids([1])
    #expect(throws: ProposalError.membershipInFlight) {
      try joint.changed(by: MembershipChange(steps: [.addVoter(Self.id(3))]))
    }
  }

  /// Whatever valid changes follow each other: two sets that decide, one by either of two neighbors, share a replica.
  @Test(arguments: 0..<20 as Range<UInt64>) func neighborsOverlap(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var membership = Membership(voters: Self.ids([1, 2, 3]))
    var changes = 0
    for _ in 0..<60 {
      let steps = (0..<Int.random(in: 0...3, using: &random)).map { _ -> Step in
        let replica = Self.id(Int.random(in: 1...6, using: &random))
        switch Int.random(in: 0...3, using: &random) {
        case 0: return .addLearner(replica)
        case 1: return .remove(replica)
        case 2: return .addWitness(replica)
        default: return .addVoter(replica)
        }
      }
      let transition: MembershipChange.Transition =
        [.automatic, .automatic, .jointExplicit].randomElement(using: &random) ?? .automatic
      guard let next = try? membership.changed(by: MembershipChange(steps: steps, transition: transition))
      else {
        continue
      }
      changes += 1
      for bits in 0..<64 as Range<UInt64> {
        func holds(_ replica: ReplicaID) -> Bool { bits >> (replica.rawValue - 1) & 1 == 1 }
        let both = membership.quorum.isReached(by: holds) && next.quorum.isReached(by: { !holds($0) })
        #expect(!both, "seed \(seed): \(membership) and \(next) decide apart")
      }
      #expect(!next.dataVoters.isEmpty && next.witnesses.allSatisfy(next.isVoter), "seed \(seed)")
      #expect(Set(next.learners).isDisjoint(with: next.allVoters), "seed \(seed)")
      membership = next
    }
    #expect(changes > 5, "seed \(seed): \(changes) changes")
  }

  @Test func theLogKnowsTheMembershipOfEveryIndex() {
    let three = Membership(voters: Self.ids([1, 2, 3]))
    let four = Membership(voters: Self.ids([1, 2, 3, 4]))
    var log = RaftLog(entries: makeLog([1, 1]), base: LogBase(index: 0, term: 0, membership: three))
    log.append(LogEntry(index: 3, term: 1, payload: .membership(four)))
    log.append(LogEntry(index: 4, term: 1, payload: .empty))
    #expect(log.membership == four && log.membershipIndex == 3 && log.quorum == four.quorum)
    #expect(log.membership(at: 2) == three && log.membership(at: 3) == four && log.membership(at: 5) == nil)
    var truncated = log
    truncated.truncate(from: 3)
    #expect(truncated.membership == three && truncated.quorum == three.quorum)
    log.compact(to: 3)
    #expect(log.base.membership == four && log.membership(at: 2) == nil && log.membership == four)
    log.reset(to: LogBase(index: 9, term: 2, membership: three))
    #expect(log.lastIndex == 9 && log.membership == three && log.quorum == three.quorum)
  }
}
