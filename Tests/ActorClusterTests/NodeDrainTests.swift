// The drain of a node: its phases, what is against it, and what other nodes make of it.
import ActorCluster
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct NodeDrainTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")
  private let west = NodeID(rawValue: "west")
  private let two = [PartitionID(rawValue: 0), PartitionID(rawValue: 3)]

  // MARK: phases

  @Test func itIsDrainedOnceItHasLedNothingForAMoment() {
    var drain = NodeDrain()
    drain.observe(leads: two, hasRefuge: true, at: 0)
    #expect(drain.phase == .active)
    let (first, second) = (drain.begin(at: 100), drain.begin(at: 120))
    #expect(first && !second)
    drain.observe(leads: two, hasRefuge: true, at: 150)
    let status = drain.status(at: 150)
    #expect(status.phase == .draining && status.leads == two && status.milliseconds == 50)
    #expect(status.obstacle == nil)
    drain.observe(leads: [], hasRefuge: true, at: 200)
    drain.observe(leads: [], hasRefuge: true, at: 200 + NodeDrain.calm - 1)
    #expect(drain.phase == .draining)
    drain.observe(leads: [], hasRefuge: true, at: 200 + NodeDrain.calm)
    #expect(drain.phase == .drained)
    // The others died: it leads again, and may not be stopped.
    drain.observe(leads: [two[0]], hasRefuge: false, at: 500)
    #expect(drain.phase == .draining)
    let (ended, again) = (drain.end(), drain.end())
    #expect(ended && !again && drain.phase == .active)
  }

  @Test func withoutARefugeItSaysSo() {
    var drain = NodeDrain()
    _ = drain.begin(at: 0)
    drain.observe(leads: two, hasRefuge: false, at: 10)
    #expect(drain.status(at: 10 + NodeDrain.patience - 1).obstacle == nil)
    #expect(drain.status(at: 10 + NodeDrain.patience).obstacle?.contains("2 partitions") == true)
    drain.observe(leads: two, hasRefuge: true, at: 2_000)
    #expect(drain.status(at: 4_000).obstacle == nil)
  }

  // MARK: what is against it

  private func check(heard: Set<NodeID>, draining: Set<NodeID> = []) -> DrainCheck {
    let partitions = two.map { AlarmPartition($0, voters: [[north, south, west]], gone: [[]]) }
    return DrainCheck(partitions: partitions, heard: heard, draining: draining)
  }

  @Test func theOthersMustHaveAMajority() {
    #expect(check(heard: [south, west]).problem(without: north) == nil)
    let down = check(heard: [south]).problem(without: north)
    #expect(down?.contains("2 of 2 partitions") == true)
    #expect(down?.contains("west is not heard") == true)
    let both = check(heard: [south, west], draining: [west]).problem(without: north)
    #expect(both?.contains("west is being drained, too") == true)
    let alone = DrainCheck(partitions: [AlarmPartition(two[0], voters: [[north]])], heard: [], draining: [])
    #expect(alone.problem(without: north) != nil)
  }

  /// Its node is heard, but the vote that is counted went with the files that were lost.
  @Test func aReplicaThatIsRebuiltUnderAnotherIDIsNoVote() {
    var check = check(heard: [south, west])
    check.partitions[1].gone = [[west]]
    let problem = check.problem(without: north)
    #expect(problem?.contains("1 of 2 partitions") == true)
    #expect(problem?.contains("west has lost its replica") == true)
    // While it takes the place of its earlier self each half of the change needs its majority.
    check.partitions[1].voters = [[north, south, west], [north, south, west]]
    check.partitions[1].gone = [[], [west]]
    #expect(check.problem(without: north) != nil)
    check.partitions[1].gone = [[], []]
    #expect(check.problem(without: north) == nil)
  }

  /// Also before the leader has learned of it.
  @Test func aLeaderKnowsTheVotesThatAreGone() throws {
    let group = try HostGroup(limits: PartitionLimits())
    try group.elect(0)
    #expect(group.hosts[0].alarmPartition.gone == [[]])
    let next = ReplicaID(rawValue: 1 << 16 | 3)
    group.drops = { $0.to == next }
    try group.hosts[0].changeMembership(MembershipChange(steps: [.addLearner(next)]))
    try group.settle()
    for node in 0..<2 {
      let partition = group.hosts[node].alarmPartition
      #expect(partition.gone == [[HostGroup.node(2)]])
      #expect(partition.votes { _ in true }.margin == 0)
    }
  }

  @Test func aNodeSaysWhereItHasLostItsVote() {
    var needs = ReplicaNeeds()
    _ = needs.want(two[0], above: ReplicaID(rawValue: 1), reason: "lost", isUnhosted: true, now: 0)
    #expect(needs.notVoting == [two[0]])
    let isAccepted = needs.accept(ReplicaID(rawValue: 1 << 16 | 1), for: two[0])
    #expect(isAccepted && needs.notVoting == [two[0]])
    needs.assigned(two[0], now: 1)
    #expect(needs.notVoting == [two[0]])
    let hasJoined = needs.joined(two[0])
    #expect(hasJoined && needs.notVoting.isEmpty)
  }

  /// A node that has no vote in a partition is not missed there.
  @Test func onlyVotersCount() {
    let check = check(heard: [south, west])
    #expect(check.problem(without: NodeID(rawValue: "east")) == nil)
  }

  // MARK: other nodes

  @Test func nobodyHandsALeadershipToANodeThatDoesNotWantIt() {
    var peers = PeerNews()
    #expect(peers.mayLead(south, two[0], at: 0), "nothing is known against it")
    peers.received(NodeNews(cannotLead: [two[0]]), from: south, at: 0)
    #expect(!peers.mayLead(south, two[0], at: 0))
    #expect(peers.mayLead(south, two[1], at: 0))
    for phase in [DrainPhase.draining, .drained] {
      peers.received(NodeNews(phase: phase), from: south, at: 1)
      #expect(!peers.mayLead(south, two[1], at: 1), "\(phase)")
    }
    peers.received(NodeNews(), from: south, at: 2)
    #expect(peers.mayLead(south, two[0], at: 2))
  }

  @Test func aLeaderThatAPersonChoseIsLeftAloneWhileAnybodySaysSo() {
    var peers = PeerNews()
    peers.received(NodeNews(placed: [two[0]]), from: south, at: 0)
    #expect(peers.isPlaced(two[0], at: 100))
    #expect(!peers.isPlaced(two[1], at: 100))
    #expect(!peers.isPlaced(two[0], at: DiskPeers.silence + 1))
    #expect(peers.fresh(at: DiskPeers.silence + 1).isEmpty)
  }

  /// What it said is not news any more, and holds against it until it says otherwise.
  @Test func aNodeThatIsCutOffIsNotCountedOn() {
    var peers = PeerNews()
    peers.received(NodeNews(phase: .draining), from: south, at: 0)
    peers.received(NodeNews(), from: west, at: 0)
    peers.disconnected(south)
    peers.disconnected(west)
    #expect(peers.fresh(at: 1).isEmpty)
    #expect(!peers.mayLead(south, two[0], at: 1))
    peers.received(NodeNews(), from: west, at: 2)
    #expect(Set(peers.fresh(at: 2).keys) == [west])
    #expect(peers.fresh(at: 2 + DrainCheck.silence + 1, within: DrainCheck.silence).isEmpty)
  }

  /// It would hand it on at once, to one that takes its own clock for right.
  @Test func aNodeThatTakesItsClockForWrongIsGivenNothing() {
    var peers = PeerNews()
    var news = NodeNews()
    news.isClockOff = true
    peers.received(news, from: south, at: 0)
    #expect(!peers.mayLead(south, two[0], at: 0))
    peers.received(NodeNews(), from: south, at: 1)
    #expect(peers.mayLead(south, two[0], at: 1))
  }

  @Test func oneReplicaAtATimeGivesItsVoteUp() {
    var peers = PeerNews()
    func may(_ own: NodeID, _ others: Set<NodeID>) -> Bool {
      peers.mayGiveUp(two[0], others: others, own: own, at: 10)
    }
    peers.received(NodeNews(), from: north, at: 0)
    #expect(!may(south, [north, west]), "west is not heard")
    peers.received(NodeNews(cannotLead: [two[0]]), from: west, at: 0)
    peers.received(NodeNews(cannotLead: [two[0]]), from: south, at: 0)
    #expect(may(south, [north, west]))
    #expect(!may(west, [north, south]), "south goes first")
    var rebuilt = NodeNews()
    rebuilt.notVoting = [two[0]]
    peers.received(rebuilt, from: south, at: 1)
    #expect(!may(west, [north, south]))
    peers.received(NodeNews(), from: south, at: 2)
    #expect(may(west, [north, south]))
    #expect(!may(west, [south, NodeID(rawValue: "zoo")]))
    peers.received(NodeNews(cannotLead: [two[0]]), from: west, at: 3)
    #expect(!may(north, [west]), "nobody has what it needs")
  }

  @Test func whatDidNotComeAboutLeavesTheChoiceBefore() {
    var chosen = ChosenLeaders()
    let none = chosen.place(two[0], at: 0)
    #expect(none == nil && chosen.isPlaced(two[0], at: 10))
    chosen.unplace(two[0], to: none)
    #expect(!chosen.isPlaced(two[0], at: 10) && chosen.current(at: 10).isEmpty)
    _ = chosen.place(two[0], at: 20)
    let first = chosen.place(two[0], at: 1_000)
    chosen.unplace(two[0], to: first)
    #expect(chosen.isPlaced(two[0], at: 19 + ChosenLeaders.time))
    #expect(!chosen.isPlaced(two[0], at: 20 + ChosenLeaders.time))
  }

  @Test func clocksAreComparedWithTheirMedian() {
    var median = ClockMedian(nodeCount: 3)
    median.observe(north, wall: 1_000_000, monotonic: 100)
    #expect(median.offsets(monotonic: 100).isEmpty, "no majority is known")
    median.observe(south, wall: 1_000_020, monotonic: 100)
    median.observe(west, wall: 4_600_005, monotonic: 105)
    #expect(median.offsets(monotonic: 200) == [north: -20, south: 0, west: 3_599_980])
  }
}
