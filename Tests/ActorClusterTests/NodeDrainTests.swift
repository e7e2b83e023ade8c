// The drain of a node: its phases, what is against it, and what other nodes make of it.
import ActorCluster
import NodeStore
import PeerTransport
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
    DrainCheck(
      voters: [two[0]: [north, south, west], two[1]: [north, south, west]], heard: heard, draining: draining)
  }

  @Test func theOthersMustHaveAMajority() {
    #expect(check(heard: [south, west]).problem(without: north) == nil)
    let down = check(heard: [south]).problem(without: north)
    #expect(down?.contains("2 of 2 partitions") == true)
    #expect(down?.contains("west is not heard") == true)
    let both = check(heard: [south, west], draining: [west]).problem(without: north)
    #expect(both?.contains("west is being drained, too") == true)
    #expect(DrainCheck(voters: [two[0]: [north]], heard: [], draining: []).problem(without: north) != nil)
  }

  /// A node that has no vote in a partition is not missed there.
  @Test func onlyVotersCount() {
    let check = DrainCheck(voters: [two[0]: [south, west, north]], heard: [south, west], draining: [])
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

  @Test func clocksAreComparedWithTheirMedian() {
    var median = ClockMedian(nodeCount: 3)
    median.observe(north, wall: 1_000_000, monotonic: 100)
    #expect(median.offsets(monotonic: 100).isEmpty, "no majority is known")
    median.observe(south, wall: 1_000_020, monotonic: 100)
    median.observe(west, wall: 4_600_005, monotonic: 105)
    #expect(median.offsets(monotonic: 200) == [north: -20, south: 0, west: 3_599_980])
  }
}
