// Replica ids, what a node asks for, and what leaders do for it: pure.
import ActorCluster
import NodeStore
import PeerTransport
import Raft
import Testing

struct ReplicaNamingTests {
  private let naming = ReplicaNaming(nodes: ["east", "north", "west"].map { NodeID(rawValue: $0) })

  @Test func generationZeroIsThePlaceInTheTopology() {
    #expect(naming.original(of: NodeID(rawValue: "north")) == id(2))
    #expect(naming.originals[id(3)] == NodeID(rawValue: "west"))
    #expect(naming.words(id(2)) == "north")
    #expect(naming.node(of: 5 << 16 | 3) == NodeID(rawValue: "west") && naming.node(of: 4) == nil)
  }

  @Test func laterGenerationsAreOfTheSameNode() {
    let next = ReplicaNaming.next(
      for: id(2), after: [id(2), id(2, 4), id(3, 9)].filter { ReplicaNaming.original(of: $0) == id(2) })
    #expect(next == id(2, 5))
    #expect(next.rawValue == 5 * 65_536 + 2)
    #expect(ReplicaNaming.original(of: next) == id(2) && ReplicaNaming.generation(of: next) == 5)
    #expect(naming.words(next) == "north+5")
    #expect(ReplicaNaming.next(for: id(2), after: []) == id(2, 1))
  }
}

func id(_ number: UInt64, _ generation: UInt64 = 0) -> ReplicaID {
  ReplicaID(rawValue: generation << 16 | number)
}

struct ReplicaReplacementTests {
  /// A group whose leader is replica 1, and that commits every change at once.
  private final class Group {
    var replacement = ReplicaReplacement()
    var membership = Membership(voters: [id(1), id(2), id(3)])
    var isCommitted = true
    var matches: [ReplicaID: LogIndex] = [:]
    var silent: Set<ReplicaID> = []
    var target: ReplicaTarget?
    var now: Int64 = 0

    func ask(_ node: ReplicaID, store: UInt64, above: ReplicaID = id(0), isJoining: Bool = false) {
      replacement.asked(
        by: node, store: store,
        ReplicaNeed(partition: PartitionID(rawValue: 0), above: above, isJoining: isJoining, reason: "test"),
        now: now)
    }

    var view: ReplicaReplacement.View {
      var view = ReplicaReplacement.View(
        own: id(1), membership: membership, isCommitted: isCommitted, lastIndex: 5_000,
        progress: membership.members.filter { $0 != id(1) }.map { member in
          ReplicaReplacement.Peer(
            id: member, match: matches[member] ?? 0, isRecentlyActive: !silent.contains(member),
            isLearner: !membership.isVoter(member))
        })
      view.target = target
      return view
    }

    /// Takes the steps; joint memberships are left at once.
    func step(mayBegin: Bool = true) throws -> [ReplicaReplacement.Step] {
      let steps = replacement.next(view, now: now, mayBegin: mayBegin)
      for case .change(let change, _) in steps {
        membership = try membership.changed(by: change)
        if membership.isJoint { membership = try membership.changed(by: .leave) }
      }
      return steps
    }
  }

  @Test func aLostReplicaComesBackAsLearnerThenVoter() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    #expect(try group.step().count == 1)
    #expect(group.membership.learners == [id(3, 1)] && group.membership.voters == [id(1), id(2), id(3)])
    #expect(try group.step() == [.tell(node: id(3), replica: id(3, 1), store: 7)])
    #expect(try group.step() == [])
    group.matches[id(3, 1)] = 3_000
    #expect(try group.step() == [], "it has not caught up")
    group.matches[id(3, 1)] = 4_500
    group.silent = [id(3, 1)]
    #expect(try group.step() == [], "nobody knows whether it lives")
    group.silent = []
    #expect(try group.step().count == 1)
    #expect(group.membership == Membership(voters: [id(1), id(2), id(3, 1)]))
    #expect(try group.step() == [])
  }

  @Test func nothingIsToldBeforeTheLearnerIsCommitted() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    _ = try group.step()
    group.isCommitted = false
    #expect(try group.step() == [])
  }

  @Test func aLearnerThatHasNothingIsNotPromoted() throws {
    let group = Group()
    group.membership = Membership(voters: [id(1), id(2), id(3)], learners: [id(3, 1)])
    #expect(try group.step() == [])
  }

  /// Two sets of files never get one id.
  @Test func otherFilesGetAnotherID() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    _ = try group.step()
    _ = try group.step()
    group.matches[id(3, 1)] = 5_000
    group.ask(id(3), store: 8)
    _ = try group.step()
    #expect(group.membership.learners == [id(3, 2)] && group.membership.voters.contains(id(3)))
    #expect(try group.step() == [.tell(node: id(3), replica: id(3, 2), store: 8)])
  }

  /// A leader that does not know whose an id is assigns another one.
  @Test func aNewLeaderAssignsAnew() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    _ = try group.step()
    group.replacement = ReplicaReplacement()
    group.ask(id(3), store: 7)
    _ = try group.step()
    #expect(group.membership.learners == [id(3, 2)])
  }

  @Test func aNewLeaderFinishesWhatWasBegun() throws {
    let group = Group()
    group.membership = Membership(voters: [id(1), id(2), id(3)], learners: [id(3, 4)])
    group.matches[id(3, 4)] = 5_000
    _ = try group.step()
    #expect(group.membership == Membership(voters: [id(1), id(2), id(3, 4)]))
    group.membership = Membership(voters: [id(1), id(2), id(2, 1), id(3)], learners: [])
    _ = try group.step()
    #expect(group.membership == Membership(voters: [id(1), id(2, 1), id(3)]))
  }

  /// A witness comes back as one; a data voter would hold no state.
  @Test func aWitnessIsReplacedByAWitness() throws {
    let group = Group()
    group.membership = Membership(voters: [id(1), id(2), id(3)], witnesses: [id(3)])
    group.ask(id(3), store: 7)
    _ = try group.step()
    _ = try group.step()
    group.matches[id(3, 1)] = 5_000
    _ = try group.step()
    #expect(group.membership == Membership(voters: [id(1), id(2), id(3, 1)], witnesses: [id(3, 1)]))
  }

  /// A person had this replica go on alone: the membership names nobody else any more, and the others come back.
  @Test func nodesThatTheMembershipDoesNotNameJoinAgain() throws {
    let group = Group()
    group.target = ReplicaTarget(voters: [1, 2, 3], witnesses: [3])
    group.membership = Membership(voters: [id(1)])
    group.ask(id(2), store: 7)
    group.ask(id(3), store: 8)
    for _ in 0..<4 { _ = try group.step() }
    #expect(group.membership.learners.map(ReplicaNaming.original) == [id(2), id(3)])
    for learner in group.membership.learners { group.matches[learner] = 5_000 }
    for _ in 0..<4 { _ = try group.step() }
    #expect(group.membership.voters.map(ReplicaNaming.original) == [id(1), id(2), id(3)])
    #expect(group.membership.learners.isEmpty)
    #expect(group.membership.witnesses.map(ReplicaNaming.original) == [id(3)])
  }

  @Test func aNodeThatHasNoPlaceIsGivenNone() throws {
    let group = Group()
    group.target = ReplicaTarget(voters: [1, 3])
    group.membership = Membership(voters: [id(1)])
    group.ask(id(2), store: 7)
    #expect(try group.step() == [.dismiss(node: id(2), replica: id(0), store: 7)])
    #expect(group.membership == Membership(voters: [id(1)]))
  }

  @Test func theNextIDIsAboveWhatTheNodeHas() throws {
    let group = Group()
    group.ask(id(2), store: 7, above: id(2, 5))
    _ = try group.step()
    #expect(group.membership.learners == [id(2, 6)])
  }

  @Test func aReplicaThatJoinsKeepsItsIDWhileItIsAMember() throws {
    let group = Group()
    group.membership = Membership(voters: [id(1), id(2), id(3)], learners: [id(3, 1)])
    group.ask(id(3), store: 7, above: id(3, 1), isJoining: true)
    #expect(try group.step() == [])
    group.membership = Membership(voters: [id(1), id(2), id(3)])
    group.ask(id(3), store: 7, above: id(3, 1), isJoining: true)
    _ = try group.step()
    #expect(group.membership.learners == [id(3, 2)])
  }

  @Test func othersWaitWhileThereIsNoRoom() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    #expect(try group.step(mayBegin: false) == [])
    #expect(try group.step().count == 1)
    #expect(ReplicaReplacement.isUnderWay(group.view))
    group.silent = [id(3, 1)]
    #expect(!ReplicaReplacement.isUnderWay(group.view), "a dead node must not keep others waiting")
  }

  @Test func oldRequestsAreForgottenAndMadUpOnesIgnored() throws {
    let group = Group()
    group.ask(id(3), store: 7)
    group.now = 10_000
    #expect(try group.step() == [])
    group.ask(id(3), store: 7, above: ReplicaID(rawValue: .max))
    #expect(try group.step() == [])
    group.ask(id(9), store: 7)
    #expect(try group.step() == [], "a node without any replica")
    group.ask(id(1), store: 7)
    #expect(try group.step() == [], "the leader itself")
  }
}

struct ReplicaNeedsTests {
  private let partition = PartitionID(rawValue: 4)

  /// A node's needs, with answers that an expectation can take.
  private final class Node {
    var needs = ReplicaNeeds()

    func want(_ partition: PartitionID, above: ReplicaID, isUnhosted: Bool = true, now: Int64) -> Bool {
      needs.want(partition, above: above, reason: "damaged", isUnhosted: isUnhosted, now: now)
    }
    func due(_ now: Int64) -> [ReplicaNeed] { needs.due(now) }
    func accept(_ replica: ReplicaID, _ partition: PartitionID) -> Bool {
      needs.accept(replica, for: partition)
    }
    func joined(_ partition: PartitionID) -> Bool { needs.joined(partition) }
  }

  @Test func whatIsWantedIsAskedForUntilItIsAssignedAndVotes() {
    let node = Node()
    #expect(node.want(partition, above: id(2), now: 0))
    #expect(!node.want(partition, above: id(2), now: 1))
    #expect(node.needs.unhosted == [partition])
    #expect(node.due(1).map(\.above) == [id(2)])
    #expect(node.due(1).map(\.above) == [id(2)])
    #expect(!node.accept(id(2), partition), "not above what it has")
    #expect(node.accept(id(2, 1), partition))
    #expect(!node.accept(id(2, 2), partition), "one at a time")
    node.needs.assigned(partition, now: 10)
    #expect(node.needs.unhosted == [] && node.needs.done == [])
    #expect(node.joined(partition))
    #expect(!node.joined(partition))
    #expect(node.needs.done == [partition] && node.needs.begun == [partition])
    #expect(!node.accept(id(2, 3), partition), "nobody asked")
  }

  @Test func aReplicaThatDoesNotBecomeAVoterIsAskedForNowAndThen() {
    let node = Node()
    node.needs.isJoining(partition, as: id(2, 1))
    #expect(node.due(0).map(\.isJoining) == [true])
    #expect(node.due(9_000).isEmpty)
    #expect(node.due(10_000).map(\.above) == [id(2, 1)])
    #expect(node.accept(id(2, 2), partition), "nobody knew the other")
  }

  @Test func whatBreaksAgainWaits() {
    let node = Node()
    #expect(node.want(partition, above: id(2), isUnhosted: false, now: 0))
    #expect(node.accept(id(2, 1), partition))
    node.needs.assigned(partition, now: 100)
    let (first, last) = (
      ReplicaNeeds.pauseMilliseconds.lowerBound, ReplicaNeeds.pauseMilliseconds.upperBound
    )
    var now: Int64 = 100
    var pause = first
    for generation in 1...8 as ClosedRange<UInt64> {
      #expect(node.want(partition, above: id(2, generation), isUnhosted: false, now: now + 100))
      #expect(node.due(now + 99 + pause).isEmpty)
      #expect(node.due(now + 100 + pause).map(\.above) == [id(2, generation)])
      now += 100 + pause
      #expect(node.accept(id(2, generation + 1), partition))
      node.needs.assigned(partition, now: now)
      pause = min(2 * pause, last)
    }
    #expect(pause == last)
    // One that lasted is replaced at once.
    #expect(node.want(partition, above: id(2, 9), isUnhosted: false, now: now + last))
    #expect(node.due(now + last).map(\.above) == [id(2, 9)])
  }
}
