// What the cluster decides about its members, and what it keeps of that.
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Testing

/// The actor of the system group as its partition has it.
struct ClusterBench {
  private let type: DurableType
  private var slot: any ActorSlot
  private(set) var rows: [String: [UInt8]] = [:]
  private(set) var state = ClusterState()

  init() {
    type = DurableType.erasing(ClusterActor.self)
    slot = type.make("state")
  }

  static func founded(_ names: [String] = ["a", "b", "c"], voters: Int = 3, partitions: UInt32 = 8) throws
    -> ClusterBench
  {
    var bench = ClusterBench()
    try bench.run("found", founding(names, voters: voters, partitions: partitions))
    return bench
  }

  static func founding(_ names: [String], voters: Int = 3, partitions: UInt32 = 8) -> ClusterFounding {
    ClusterFounding(
      foundation: "\(partitions) partitions on \(names.joined(separator: ", "))", partitionCount: partitions,
      voters: voters, copies: .voters, level: 1,
      members: names.enumerated().map {
        ClusterMember(
          number: UInt64($0) + 1, name: NodeID(rawValue: $1), peer: "\($1):7100", status: .active)
      })
  }

  /// Throws what it is refused with.
  mutating func run(_ method: String, _ argument: some Encodable) throws {
    let context = DecisionContext(
      now: PartitionTime(milliseconds: 0), actor: ActorKey(type: ClusterActor.actorType, id: "state"),
      command: nil)
    switch slot.call(method, try CBOREncoder().encode(argument), context) {
    case .decided(let decision):
      guard !decision.events.isEmpty else { return }
      for row in try slot.apply(decision.events, at: context.now).rows {
        switch row {
        case .put(let key, let value): rows[key] = value
        case .delete(let key): rows[key] = nil
        }
      }
      guard case .read(let bytes) = slot.call("state", try CBOREncoder().encode(Done()), context) else {
        return
      }
      state = try CBORDecoder().decode(ClusterState.self, from: bytes)
    case .refused(let bytes): throw try CBORDecoder().decode(ClusterRefusal.self, from: bytes)
    case .failed(let error): throw error
    case .read: break
    }
  }

  mutating func add(_ name: String, replacing old: String? = nil) throws {
    try run("add", NodeAddition(name: name, peer: "\(name):7100", replaces: old))
  }

  mutating func join(_ name: String) throws {
    try add(name)
    try run("activate", number(name))
  }

  func number(_ name: String) -> UInt64 { state.member(NodeID(rawValue: name))?.number ?? 0 }

  /// As it comes back from its rows.
  func restored() throws -> ClusterState {
    try ClusterState(
      id: "state", rows: rows.sorted { $0.key < $1.key }.map { StateRow(key: $0.key, value: $0.value) })
  }
}

struct ClusterStateTests {
  @Test func aWitnessVotesWhereVotersLackAndHasNoCopies() throws {
    var bench = ClusterBench()
    var founding = ClusterBench.founding(["a", "b", "w"])
    founding.copies = .everywhere
    founding.members[2].isWitness = true
    try bench.run("found", founding)
    for partition in 0..<UInt32(8) {
      let target = bench.state.target(of: PartitionID(rawValue: partition))
      #expect(Set(target.voters) == [1, 2, 3] && target.voters.last == 3 && target.learners == [])
      #expect(target.witnesses == [3])
    }
    #expect(
      bench.state.target(of: .system) == ReplicaTarget(voters: [1, 2, 3]), "it knows the cluster itself")
    // Three have the state: the witness is not needed, and gets no copy either.
    try bench.join("c")
    for partition in 0..<UInt32(8) {
      let target = bench.state.target(of: PartitionID(rawValue: partition))
      #expect(Set(target.voters) == [1, 2, 4] && target.witnesses == [] && target.learners == [])
    }
    #expect(try bench.restored() == bench.state)
    for name in ["a", "b"] { try bench.run("remove", NodeRemoval(name: name, leavesFewer: true)) }
    #expect(throws: ClusterRefusal.lastNode(NodeID(rawValue: "c"))) {
      try bench.run("remove", NodeRemoval(name: "c", leavesFewer: true))
    }
  }

  private let names = { (state: ClusterState) in state.present.map(\.name.rawValue) }

  @Test func foundersGetTheirPlacesAsNumbers() throws {
    let bench = try ClusterBench.founded()
    #expect(bench.state.members.map(\.number) == [1, 2, 3])
    #expect(bench.state.target(of: PartitionID(rawValue: 1)) == ReplicaTarget(voters: [2, 1, 3]))
    #expect(bench.state.target(of: .system) == ReplicaTarget(voters: [1, 2, 3]))
    var again = bench
    #expect(throws: ClusterRefusal.alreadyFounded) { try again.run("found", ClusterBench.founding(["x"])) }
  }

  @Test func whoJoinsVotesNowhereBeforeItHasCaughtUp() throws {
    var bench = try ClusterBench.founded()
    try bench.add("d")
    #expect(bench.number("d") == 4 && bench.state.members[3].status == .joining)
    #expect(bench.state.target(of: .system) == ReplicaTarget(voters: [1, 2, 3], learners: [4]))
    #expect((0..<8).allSatisfy { !bench.state.target(of: PartitionID(rawValue: $0)).contains(4) })
    try bench.run("activate", UInt64(4))
    #expect((0..<8).contains { bench.state.target(of: PartitionID(rawValue: $0)).voters.contains(4) })
    // Of four three vote in the system group, and all have it.
    #expect(bench.state.target(of: .system) == ReplicaTarget(voters: [1, 2, 3], learners: [4]))
  }

  @Test func numbersAreNeverGivenAgain() throws {
    var bench = try ClusterBench.founded()
    try bench.join("d")
    try bench.run("remove", NodeRemoval(name: "d"))
    #expect(bench.state.members[3].status == .leaving)
    #expect((0..<8).allSatisfy { !bench.state.target(of: PartitionID(rawValue: $0)).contains(4) })
    try bench.run("finish", UInt64(4))
    #expect(names(bench.state) == ["a", "b", "c"])
    #expect(!bench.state.target(of: .system).contains(4))
    #expect(bench.state.target(of: .system, staying: [4]).learners == [4])
    try bench.add("d")
    #expect(bench.number("d") == 5)
  }

  @Test func replacingTakesTheOldOneOutWhenTheNewOneIsIn() throws {
    var bench = try ClusterBench.founded()
    try bench.add("d", replacing: "b")
    #expect(bench.state.member(NodeID(rawValue: "b"))?.status == .active)
    try bench.run("activate", UInt64(4))
    #expect(bench.state.member(NodeID(rawValue: "b"))?.status == .leaving)
    for partition in 0..<8 {
      #expect(Set(bench.state.target(of: PartitionID(rawValue: UInt32(partition))).voters) == [1, 3, 4])
    }
  }

  @Test func mistakesAreRefusedInWords() throws {
    var bench = try ClusterBench.founded(["a", "b", "c", "d"])
    #expect(throws: ClusterRefusal.alreadyMember(NodeID(rawValue: "b"), number: 2)) { try bench.add("b") }
    #expect(throws: ClusterRefusal.addressTaken("b:7100", by: NodeID(rawValue: "b"))) {
      try bench.run("add", NodeAddition(name: "e", peer: "b:7100"))
    }
    #expect(throws: ClusterRefusal.self) { try bench.run("add", NodeAddition(name: "e", peer: "nowhere")) }
    #expect(throws: ClusterRefusal.self) { try bench.run("add", NodeAddition(name: "E!", peer: "e:1")) }
    #expect(throws: ClusterRefusal.unknownNode("x", known: bench.state.present.map(\.name))) {
      try bench.run("remove", NodeRemoval(name: "x"))
    }
    try bench.run("remove", NodeRemoval(name: "d"))
    #expect(throws: ClusterRefusal.alreadyLeaving(NodeID(rawValue: "d"))) {
      try bench.run("remove", NodeRemoval(name: "d"))
    }
    #expect(throws: ClusterRefusal.wouldLeaveFew(2)) { try bench.run("remove", NodeRemoval(name: "c")) }
    try bench.run("remove", NodeRemoval(name: "c", leavesFewer: true))
    try bench.run("remove", NodeRemoval(name: "b", leavesFewer: true))
    #expect(throws: ClusterRefusal.lastNode(NodeID(rawValue: "a"))) {
      try bench.run("remove", NodeRemoval(name: "a", leavesFewer: true))
    }
    var empty = ClusterBench()
    #expect(throws: ClusterRefusal.notFounded) { try empty.add("a") }
  }

  @Test func theQuorumIsNotGivenAway() throws {
    let (b, c) = (NodeID(rawValue: "b"), NodeID(rawValue: "c"))
    var bench = try ClusterBench.founded()
    #expect(throws: ClusterRefusal.wouldLoseQuorum(partitions: 8, down: [b])) {
      try bench.run("remove", NodeRemoval(name: "c", leavesFewer: true, unreachable: [b]))
    }
    // The one that is down may go.
    try bench.run("remove", NodeRemoval(name: "b", leavesFewer: true, unreachable: [b]))
    var four = try ClusterBench.founded(["a", "b", "c", "d"])
    try four.run("remove", NodeRemoval(name: "d", unreachable: [c]))
    #expect(four.state.active.count == 3, "with two of three up there is a majority")
  }

  @Test func theRowsHoldAll() throws {
    var bench = try ClusterBench.founded()
    #expect(try bench.restored() == bench.state)
    for turn in 0..<40 {
      try bench.join("n\(turn)")
      try bench.run("remove", NodeRemoval(name: "n\(turn)"))
      try bench.run("finish", bench.number("n\(turn)"))
    }
    #expect(try bench.restored() == bench.state)
    #expect(bench.state.members.count == 3 + 32, "those that left long ago are forgotten")
    try bench.add("late")
    #expect(bench.number("late") == 44)
  }

  @Test func levelsRiseOnlyWhenAllKnowThem() throws {
    var bench = try ClusterBench.founded()
    #expect(throws: ClusterRefusal.nothingToRaise(1)) { try bench.run("raise", Done()) }
    try bench.run("announce", LevelAnnouncement(number: 1, level: 2))
    let others = ["b", "c"].map { NodeID(rawValue: $0) }
    #expect(throws: ClusterRefusal.notAllUpgraded(others, level: 2)) { try bench.run("raise", Done()) }
    try bench.run("announce", LevelAnnouncement(number: 2, level: 2))
    try bench.run("announce", LevelAnnouncement(number: 3, level: 2))
    try bench.run("raise", Done())
    #expect(bench.state.level == 2)
  }
}

struct ClusterCaretakerTests {
  private func view(
    _ bench: ClusterBench, caughtUp: Set<UInt64> = [], reports: [PlacementReport] = [],
    levels: [String: UInt32] = [:], raises: Bool = false
  ) -> ClusterCaretaker.View {
    var all = PlacementReports()
    for (number, report) in reports.enumerated() {
      all.received(report, from: NodeID(rawValue: "r\(number)"), at: 0)
    }
    return ClusterCaretaker.View(
      state: bench.state, founding: ClusterBench.founding(["a"]), caughtUp: caughtUp, reports: all,
      levels: Dictionary(uniqueKeysWithValues: levels.map { (NodeID(rawValue: $0), $1) }), raises: raises)
  }

  @Test func itFoundsAnEmptyClusterOnly() throws {
    #expect(ClusterCaretaker.next(view(ClusterBench()), now: 0) == .found(ClusterBench.founding(["a"])))
    #expect(ClusterCaretaker.next(view(try .founded()), now: 0) == nil)
  }

  @Test func whoHasCaughtUpAndKnowsEnoughIsLetIn() throws {
    var bench = try ClusterBench.founded()
    try bench.add("d")
    #expect(ClusterCaretaker.next(view(bench), now: 0) == nil)
    #expect(ClusterCaretaker.next(view(bench, caughtUp: [4]), now: 0) == nil, "its level is not known")
    #expect(
      ClusterCaretaker.next(view(bench, caughtUp: [4], levels: ["d": 1]), now: 0)
        == .announce(LevelAnnouncement(number: 4, level: 1)))
    try bench.run("announce", LevelAnnouncement(number: 4, level: 1))
    #expect(ClusterCaretaker.next(view(bench, caughtUp: [4], levels: ["d": 1]), now: 0) == .activate(4))
    for number in 1...4 { try bench.run("announce", LevelAnnouncement(number: UInt64(number), level: 2)) }
    try bench.run("raise", Done())
    try bench.run("announce", LevelAnnouncement(number: 4, level: 1))
    #expect(
      ClusterCaretaker.next(view(bench, caughtUp: [4], levels: ["d": 1]), now: 0) == nil,
      "it knows less than the cluster uses")
  }

  @Test func whoLeavesIsGoneWhenAllLeadersSaySo() throws {
    var bench = try ClusterBench.founded()
    try bench.join("d")
    try bench.run("remove", NodeRemoval(name: "d"))
    let revision = bench.state.revision
    let half = PlacementReport(revision: revision, led: [0, 1, 2, 3])
    let rest = PlacementReport(revision: revision, led: [4, 5, 6, 7], pending: [7])
    func next(_ reports: [PlacementReport], now: Int64 = 0) -> ClusterCaretaker.Order? {
      ClusterCaretaker.next(view(bench, reports: reports), now: now)
    }
    #expect(next([half]) == nil, "nobody speaks for the others")
    var holding = rest
    holding.holding = [4]
    #expect(next([half, holding]) == nil)
    var old = rest
    old.revision = revision - 1
    #expect(next([half, old]) == nil, "it was compared with an earlier state")
    #expect(next([half, rest], now: 10_000) == nil, "that was long ago")
    #expect(next([half, rest]) == .finish(4))
  }

  @Test func theLevelRisesByItselfOnlyWhereThatIsWanted() throws {
    var bench = try ClusterBench.founded()
    for number in 1...3 { try bench.run("announce", LevelAnnouncement(number: UInt64(number), level: 2)) }
    #expect(ClusterCaretaker.next(view(bench), now: 0) == nil)
    #expect(ClusterCaretaker.next(view(bench, raises: true), now: 0) == .raise)
  }
}
