// Partition hosts of several nodes with the state files of real stores; the network and the disks move by hand.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import PeerTransport
import Raft
import Testing

/// Everything happens at once and in order, except what the test holds back. Logs are kept in memory only.
final class HostGroup {
  static let partition = PartitionID(rawValue: 0)

  /// What a host wanted done, for tests to look at.
  struct Trace {
    var skipped: [LogIndex] = []
    var applied: [LogIndex] = []
    var leaderships: [(leader: NodeID?, isSelf: Bool)] = []
    var problems: [String] = []
    var alarms: [String] = []
    var answers: [UInt64: CallAnswer] = [:]
    var reads = 0
    var installs = 0
    var syncs = 0
    var loads = 0
    var actorLoads = 0
    /// Messages, and first chunks of snapshots among them.
    var sent = 0
    var snapshots = 0
  }

  private let files = VirtualFileSystem(seed: 11)
  private(set) var stores: [StoreCore] = []
  var hosts: [PartitionHost] = []
  var traces: [Trace]
  /// What does not arrive.
  var drops: (Message) -> Bool = { _ in false }
  /// What is not done, until `release`.
  var holds: (_ node: Int, PartitionAction) -> Bool
  private var held: [(Int, PartitionAction)] = []
  private var messages: [Message] = []
  private let limits: PartitionLimits
  private var nextCommand: UInt64 = 1
  private(set) var now = Moment(monotonic: 1_000, medianWall: 1_700_000_000_000)

  init(
    nodes: Int = 3, limits: PartitionLimits,
    holds: @escaping (_ node: Int, PartitionAction) -> Bool = { _, _ in false }
  ) throws {
    self.limits = limits
    self.holds = holds
    traces = Array(repeating: Trace(), count: nodes)
    for node in 0..<nodes {
      stores.append(try Self.store(files.disk("n\(node)"), node))
      hosts.append(host(of: node, raft: raft(node), among: nodes))
    }
    try settle()
  }

  private static func store(_ disk: VirtualDisk, _ node: Int) throws -> StoreCore {
    try StoreCore(
      directory: disk.directory, identity: StoreIdentity(cluster: "group", node: "n\(node)"),
      readModels: [], files: disk.files)
  }

  private func raft(_ node: Int, _ hardState: HardState = HardState(), start: StartKind = .confirmed) -> Raft
  {
    var configuration = Raft.Configuration(
      id: Self.replica(node), voters: traces.indices.map(Self.replica), seed: UInt64(node) + 1)
    configuration.maxSnapshotChunkBytes = 64
    return Raft(configuration: configuration, hardState: hardState, log: [], start: start)
  }

  private func host(of node: Int, raft: Raft, among nodes: Int) -> PartitionHost {
    let names = (0..<nodes).map { (Self.replica($0), Self.node($0)) }
    return PartitionHost(
      raft: raft,
      state: PartitionState(
        id: Self.partition, placement: Placement(partitionCount: 1), types: DurableTypes([Counter.self])),
      nodes: Dictionary(uniqueKeysWithValues: names), limits: limits, now: now)
  }

  static func replica(_ node: Int) -> ReplicaID { ReplicaID(rawValue: UInt64(node) + 1) }
  static func node(_ node: Int) -> NodeID { NodeID(rawValue: "n\(node)") }

  // MARK: what happens

  /// The node starts again with what its state file has, and an empty log that was acknowledged once.
  func loseLog(of node: Int) throws {
    let term = hosts[node].raft.term
    held.removeAll { $0.0 == node }
    messages.removeAll { $0.to == Self.replica(node) }
    hosts[node] = host(
      of: node, raft: raft(node, HardState(term: term), start: .doubtful), among: hosts.count)
    traces[node] = Trace()
    try settle()
  }

  func loseStateAndLog(of node: Int) throws {
    stores[node].close()
    files.disk("n\(node)").wipe()
    stores[node] = try Self.store(files.disk("n\(node)"), node)
    try loseLog(of: node)
  }

  /// Ticks until this node leads.
  func elect(_ node: Int) throws {
    for _ in 0..<200 where !hosts[node].isServing {
      hosts[node].tick(now)
      try settle()
    }
  }

  func tick(_ count: Int = 1) throws {
    for _ in 0..<count {
      now.monotonic += 20
      for node in hosts.indices { hosts[node].tick(now) }
      try settle()
    }
  }

  /// Every increment is an entry of its own. The number of the last call.
  @discardableResult
  func increment(_ count: Int, at node: Int = 0) throws -> UInt64 {
    for _ in 0..<count {
      let sequence = nextCommand
      nextCommand += 1
      hosts[node].invoke(
        PartitionCall(
          id: CallID(rawValue: sequence),
          command: CommandID(session: SessionID(high: 0, low: 1), sequence: sequence),
          firstOutstanding: sequence, actor: ActorKey(type: "counter", id: "a"), method: "increment",
          argument: try CBOREncoder().encode(1)), now)
      try settle()
    }
    return nextCommand - 1
  }

  func receive(_ body: Body, at node: Int, from sender: Int, term: Term) throws {
    hosts[node].receive(
      Message(from: Self.replica(sender), to: Self.replica(node), term: term, body: body))
    try settle()
  }

  func release() throws {
    let waiting = held
    held = []
    holds = { _, _ in false }
    for (node, action) in waiting { try carryOut(action, node) }
    try settle()
  }

  func dropHeld() {
    held = []
    holds = { _, _ in false }
  }

  func value(at node: Int) throws -> Int? {
    let (actor, argument) = (ActorKey(type: "counter", id: "a"), try CBOREncoder().encode(Done()))
    let name = ActorName(actorType: actor.type, actorID: actor.id)
    let rows = try stores[node].loadActors([name], of: Self.partition).flatMap(\.rows)
    guard
      let bytes = hosts[node].look(actor, "value", argument)
        ?? hosts[node].look(actor, rows: rows, "value", argument)
    else { return nil }
    return try CBORDecoder().decode(CounterState.Value.self, from: bytes).value
  }

  func settle() throws {
    var last: [Message] = []
    for _ in 0..<2_000 {
      var isQuiet = true
      for node in hosts.indices {
        for action in hosts[node].drain(now) {
          isQuiet = false
          if holds(node, action) { held.append((node, action)) } else { try carryOut(action, node) }
        }
      }
      let arriving = messages
      messages = []
      for message in arriving where !drops(message) {
        hosts[Int(message.to.rawValue) - 1].receive(message)
        isQuiet = false
      }
      if isQuiet { return }
      last = arriving
    }
    Issue.record("it does not come to rest: \(last)")
  }

  private func carryOut(_ action: PartitionAction, _ node: Int) throws {
    switch action {
    case .send(let message):
      traces[node].sent += 1
      if case .snapshot(let chunk) = message.body, chunk.offset == 0 { traces[node].snapshots += 1 }
      messages.append(message)
    case .persist(let request): hosts[node].persisted(upTo: request.token)
    case .answer(let call, let answer): traces[node].answers[call.rawValue] = answer
    case .load:
      traces[node].loads += 1
      hosts[node].loaded(try stores[node].loadTables(Self.partition), now: now)
    case .loadActors(let actors, let epoch):
      traces[node].actorLoads += actors.count
      let names = actors.map { ActorName(actorType: $0.type, actorID: $0.id) }
      hosts[node].actorsLoaded(
        try stores[node].loadActors(names, of: Self.partition), epoch: epoch, now: now)
    case .findRetired(let ranges, let limit):
      let rows = try stores[node].oldestRows(
        ofType: RetiredActor.rowType, in: ranges, limit: limit, of: Self.partition)
      hosts[node].retiredFound(rows, now)
    case .checkpoint(let checkpoint):
      try stores[node].checkpoint(checkpoint)
      hosts[node].checkpointed(at: checkpoint.appliedIndex)
    case .syncState:
      traces[node].syncs += 1
      hosts[node].stateSynced(at: try stores[node].syncState()[Self.partition] ?? 0)
    case .readSnapshot:
      traces[node].reads += 1
      hosts[node].snapshotRead(try stores[node].readSnapshot(Self.partition), now)
    case .installSnapshot(let bytes, let base):
      traces[node].installs += 1
      do throws(StoreError) {
        try stores[node].installSnapshot(Self.partition, base: base, bytes: bytes)
        hosts[node].snapshotInstalled(base)
      } catch {
        guard case .unusableSnapshot = error else { throw error }
        hosts[node].snapshotRefused(base, now)
      }
    case .applied(let record): traces[node].applied.append(record.index)
    case .eventsSkipped(let index): traces[node].skipped.append(index)
    case .leadership(let leader, _, let isSelf): traces[node].leaderships.append((leader, isSelf))
    case .snapshotProblem(let detail): traces[node].problems.append(detail)
    case .quarantined(let detail): traces[node].alarms.append(detail)
    case .deliver, .acknowledge, .confirmed, .undeliverable: break
    }
  }
}
