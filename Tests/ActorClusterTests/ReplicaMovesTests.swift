// How partitions get to where they are to be: by the reconciliation at the leader, on memberships that commit at once.
import ActorCluster
import ClusterTestKit
import NodeStore
import Raft
import Testing

struct ReplicaMovesTests {
  /// A partition with nodes that ask for what they lack, as `NodeHost` does.
  private struct Group {
    var replacement = ReplicaReplacement()
    var membership: Membership
    var target: ReplicaTarget
    var leader: ReplicaID
    var revision: UInt64 = 3
    var isCommitted = true
    /// Numbers of nodes that nobody hears.
    var down: Set<UInt64> = []
    var matches: [ReplicaID: LogIndex] = [:]
    var now: Int64 = 0
    private(set) var assigned: [ReplicaID] = []
    private(set) var dismissed: [ReplicaID] = []
    private(set) var transfers = 0

    init(_ voters: [ReplicaID], to target: ReplicaTarget) {
      membership = Membership(voters: voters)
      self.target = target
      leader = voters[0]
      for voter in voters { matches[voter] = 5_000 }
    }

    var view: ReplicaReplacement.View {
      var view = ReplicaReplacement.View(
        own: leader, membership: membership, isCommitted: isCommitted, lastIndex: 5_000,
        progress: membership.members.filter { $0 != leader }.map { member in
          ReplicaReplacement.Peer(
            id: member, match: matches[member] ?? 0, isRecentlyActive: !down.contains(member.number),
            isLearner: !membership.isVoter(member))
        })
      view.target = target
      view.revision = revision
      return view
    }

    mutating func ask(_ node: UInt64, above: ReplicaID = id(0), isJoining: Bool = false) {
      replacement.asked(
        by: id(node), store: node,
        ReplicaNeed(partition: PartitionID(rawValue: 0), above: above, isJoining: isJoining, reason: "test"),
        now: now)
    }

    /// Whoever is to have a replica and has none asks for one; who is told catches up.
    mutating func step(mayBegin: Bool = true) throws -> [ReplicaReplacement.Step] {
      now += 250
      for node in target.voters + target.learners
      where !down.contains(node)
        && !membership.members.contains(where: { $0.number == node && matches[$0] != nil })
      {
        ask(node)
      }
      let steps = replacement.next(view, now: now, mayBegin: mayBegin)
      for step in steps {
        switch step {
        case .change(let change, _):
          let joint = try membership.changed(by: change)
          membership = joint.isJoint ? try joint.changed(by: .leave) : joint
        case .tell(_, let replica, _):
          #expect(!assigned.contains(replica), "an id is given once")
          assigned.append(replica)
          matches[replica] = 5_000
        case .dismiss(_, let replica, _): dismissed.append(replica)
        case .transfer(let heir):
          #expect(membership.voters.contains(heir) && target.voters.contains(heir.number))
          leader = heir
          // What was assigned to whom only the leader before knew.
          replacement = ReplicaReplacement()
          transfers += 1
        }
      }
      return steps
    }

    var voters: [UInt64] { membership.voters.map(\.number).sorted() }
    var learners: [UInt64] { membership.learners.map(\.number).sorted() }

    /// Until nothing is left to do. There are never fewer voters than there were and are wanted.
    mutating func settle() throws {
      for _ in 0..<60 {
        let least = min(membership.voters.count, target.voters.count)
        let before = membership
        let steps = try step()
        #expect(membership.voters.count >= least, "from \(before) to \(membership)")
        #expect(membership.voters.contains(leader), "a leader goes before it is removed")
        if steps.isEmpty { return }
      }
      Issue.record("it does not come to rest: \(membership) for \(target)")
    }
  }

  @Test func aVoterMovesInOneJointChangeOnceTheNewOneHasCaughtUp() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    _ = try group.step()
    #expect(group.voters == [1, 2, 3] && group.learners == [4])
    // Nothing is known of its progress yet.
    group.matches[group.membership.learners[0]] = 100
    #expect(try group.step().count == 1, "it is told its id")
    group.matches[group.membership.learners[0]] = 100
    #expect(try group.step() == [])
    group.matches[group.membership.learners[0]] = 4_900
    _ = try group.step()
    #expect(group.voters == [1, 2, 4] && group.learners == [])
  }

  @Test func nothingHappensBeforeTheLastChangeIsCommitted() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    group.isCommitted = false
    #expect(try group.step() == [])
  }

  @Test func aWitnessComesAndGoesAsAWitness() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4], witnesses: [4]))
    try group.settle()
    #expect(group.voters == [1, 2, 4] && group.membership.witnesses.map(\.number) == [4])
    // A node with the state comes in its place, and nothing of the witness stays.
    group.target = ReplicaTarget(voters: [1, 2, 3], learners: [4])
    for _ in 0..<3 { _ = try group.step() }
    #expect(group.voters == [1, 2, 3] && group.membership.witnesses == [] && group.membership.learners == [])
  }

  /// Its files are new: what it was it becomes again.
  @Test func aWitnessWithNewFilesIsAWitnessAgain() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 3], witnesses: [3]))
    group.membership = Membership(voters: [id(1), id(2), id(3)], witnesses: [id(3)])
    group.ask(3, above: id(3))
    for _ in 0..<4 { _ = try group.step() }
    #expect(group.voters == [1, 2, 3] && group.membership.witnesses.count == 1)
    #expect(!group.membership.voters.contains(id(3)) && group.membership.witnesses.map(\.number) == [3])
  }

  @Test func nobodyHandsItsLeadershipToAWitness() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [3, 2, 4], witnesses: [3]))
    group.membership = Membership(voters: [id(1), id(2), id(3)], witnesses: [id(3)])
    try group.settle()
    #expect(group.leader == id(2) && group.voters == [2, 3, 4])
  }

  @Test func aLeaderThatIsToGoTransfersFirst() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [4, 2, 3]))
    try group.settle()
    #expect(group.voters == [2, 3, 4] && group.transfers == 1)
  }

  @Test func aDeadVoterIsReplacedWithoutItsHelp() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    group.down = [3]
    try group.settle()
    #expect(group.voters == [1, 2, 4])
  }

  @Test func nobodyIsRemovedForOneThatIsNotThere() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    group.down = [4]
    try group.settle()
    #expect(group.voters == [1, 2, 3])
  }

  @Test func oneNodeGrowsToThree() throws {
    var group = Group([id(1)], to: ReplicaTarget(voters: [1, 2, 3]))
    try group.settle()
    #expect(group.voters == [1, 2, 3])
  }

  @Test func aClusterOfOneMovesToAnotherNode() throws {
    var group = Group([id(1)], to: ReplicaTarget(voters: [2]))
    try group.settle()
    #expect(group.voters == [2] && group.learners == [])
  }

  @Test func voterBecomesCopyAndCopyBecomesVoter() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4], learners: [3, 5]))
    try group.settle()
    #expect(group.voters == [1, 2, 4] && group.learners == [3, 5])
    #expect(group.membership.learners.contains(id(3)), "it keeps what it has")
    group.target = ReplicaTarget(voters: [5, 3, 1], learners: [2, 4])
    try group.settle()
    #expect(group.voters == [1, 3, 5] && group.learners == [2, 4])
  }

  @Test func whoIsOutHearsSoByACommittedChangeOnly() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    group.ask(3, above: id(3), isJoining: true)
    _ = try group.step()
    #expect(group.dismissed == [])
    try group.settle()
    group.ask(3, above: id(3), isJoining: true)
    group.isCommitted = false
    #expect(try group.step() == [])
    group.isCommitted = true
    group.ask(3, above: id(3), isJoining: true)
    _ = try group.step()
    #expect(group.dismissed == [id(3)])
  }

  /// Somebody that forgot what it had asks with nothing; the ids it had in an earlier stay are not given again.
  @Test func anIDIsNotGivenAgainAfterAReturn() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    try group.settle()
    let first = try #require(group.assigned.last)
    group.revision += 1
    group.target = ReplicaTarget(voters: [1, 2, 3])
    try group.settle()
    group.revision += 1
    group.target = ReplicaTarget(voters: [1, 2, 4])
    try group.settle()
    let second = try #require(group.assigned.last)
    #expect(first.number == 4 && second.number == 4 && second > first)
  }

  @Test func onlySoManyBegin() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4]))
    #expect(try group.step(mayBegin: false) == [])
    #expect(try group.step().count == 1)
    #expect(ReplicaReplacement.isUnderWay(group.view), "it gets a snapshot, perhaps")
    try group.settle()
    #expect(!ReplicaReplacement.isUnderWay(group.view))
  }

  /// Targets change at random, also in the middle of a move; nodes die and come back.
  @Test(arguments: 0..<60)
  func itAlwaysComesToRestWhereItIsToBe(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) + 7)
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 3]))
    for _ in 0..<6 {
      var nodes: [UInt64] = Array(1...7)
      nodes.shuffle(using: &random)
      let copies = Int(random.next() % 4)
      group.target = ReplicaTarget(
        voters: Array(nodes.prefix(3)), learners: Array(nodes.dropFirst(3).prefix(copies)))
      group.revision += 1
      // A minority may be away for a while, and is back before the end.
      if random.next() % 2 == 0 {
        let away = group.membership.voters.filter { $0 != group.leader }.map(\.number)
        group.down = Set(away.prefix(1))
        for _ in 0..<Int(random.next() % 8) { _ = try group.step() }
        group.down = []
      }
      try group.settle()
      #expect(group.voters == group.target.voters.sorted())
      #expect(group.learners == group.target.learners.sorted())
    }
  }

  /// It holds no state, so it must never be counted as one that does; and it leads nothing.
  @Test func aWitnessIsGivenItsPlaceAsAWitness() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [1, 2, 4], witnesses: [4]))
    try group.settle()
    #expect(group.voters == [1, 2, 4] && group.membership.witnesses.map(\.number) == [4])
    // And another in its place.
    group.target = ReplicaTarget(voters: [1, 2, 5], witnesses: [5])
    try group.settle()
    #expect(group.voters == [1, 2, 5] && group.membership.witnesses.map(\.number) == [5])
  }

  @Test func aLeaderThatGoesHandsOnToOneThatHoldsTheState() throws {
    var group = Group([id(1), id(2), id(3)], to: ReplicaTarget(voters: [3, 4, 2], witnesses: [3]))
    group.membership = Membership(voters: [id(1), id(2), id(3)], witnesses: [id(3)])
    try group.settle()
    #expect(group.voters == [2, 3, 4] && group.membership.witnesses.map(\.number) == [3])
    #expect(group.transfers > 0 && group.leader.number != 3)
  }
}

struct ReplicaStayTests {
  /// It was to lose its replica, and did so before it heard that it is to keep it: its own log does not say so.
  @Test func whoIsToStayAfterAllAsksWhetherItIsStillIn() throws {
    let partition = PartitionID(rawValue: 3)
    let running = [partition: id(2)]
    var needs = ReplicaNeeds()
    var due = needs.due(0, running: running)
    #expect(due.map(\.above) == [id(2)] && due.allSatisfy(\.isJoining), "at the start, too")
    #expect(needs.due(1_000, running: running) == [])
    let isNews = (needs.leave(partition, as: id(2)), needs.leave(partition, as: id(2)))
    #expect(isNews == (true, false))
    due = needs.due(2_000, running: running)
    #expect(due.map(\.reason) == ["it is to be elsewhere"])
    needs.stay(partition)
    let early = needs.dismissed(partition, id(2))
    #expect(!early, "what was said before does not count")
    due = needs.due(3_000, running: running)
    #expect(due.map(\.above) == [id(2)] && due.allSatisfy(\.isJoining))
    let (old, new) = (needs.accept(id(2), for: partition), needs.accept(id(2, 5), for: partition))
    #expect(!old && new)
    needs.assigned(partition, now: 3_100)
    let joined = needs.joined(partition)
    #expect(joined)
    due = needs.due(60_000, running: [partition: id(2, 5)])
    #expect(due.map(\.above) == [id(2, 5)], "now and then")
  }
}

extension ReplicaID {
  fileprivate var number: UInt64 { ReplicaNaming.original(of: self).rawValue }
}
