// One partition host with one voter, its disk and clock moved by hand. Pure.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import PeerTransport
import Raft

/// Nothing reaches the disk, is delivered or fires before the test says so.
struct HandDrivenHost {
  static let partition = PartitionID(rawValue: 0)
  static let node = NodeID(rawValue: "n1")

  private(set) var host: PartitionHost
  private(set) var disk: SimulatedDisk
  private(set) var answers: [UInt64: CallAnswer] = [:]
  /// Calls in order of their answers.
  private(set) var order: [UInt64] = []
  private(set) var batches: [MessageBatch] = []
  private(set) var acknowledged: [UInt64] = []
  private(set) var undeliverable: [DurableMessage] = []
  private(set) var records: [AppliedRecord] = []
  private(set) var alarms: [String] = []
  private(set) var checkpoints = 0
  private(set) var loads = 0
  /// In the order in which they were asked for.
  private(set) var actorLoads: [ActorKey] = []
  var holdsActors = false
  private var heldActors: [(actors: [ActorKey], epoch: UInt64)] = []
  private var unwritten: [PersistRequest] = []
  private var nextCall: UInt64 = 1
  var now = Moment(monotonic: 1_000, medianWall: 1_700_000_000_000)

  init(
    disk: SimulatedDisk = SimulatedDisk(), limits: PartitionLimits = PartitionLimits(),
    sessions: SessionTable.Limits = SessionTable.Limits(), maxUncommittedBytes: Int = 1 << 24,
    voters: [UInt64] = [1]
  ) {
    self.disk = disk
    let log = disk.log(Self.partition)
    let configuration = Raft.Configuration(
      id: ReplicaID(rawValue: 1), voters: voters.map { ReplicaID(rawValue: $0) },
      maxUncommittedBytes: maxUncommittedBytes, seed: 1)
    host = PartitionHost(
      raft: Raft(configuration: configuration, hardState: log.hardState, log: log.entries),
      state: PartitionState(
        id: Self.partition, placement: Placement(partitionCount: 1), types: DurableTypes([Counter.self]),
        limits: sessions),
      nodes: [ReplicaID(rawValue: 1): Self.node], limits: limits, now: now)
    drain()
  }

  /// A host that leads and serves.
  static func serving(
    disk: SimulatedDisk = SimulatedDisk(), limits: PartitionLimits = PartitionLimits(),
    sessions: SessionTable.Limits = SessionTable.Limits(), maxUncommittedBytes: Int = 1 << 24
  ) -> HandDrivenHost {
    var host = HandDrivenHost(
      disk: disk, limits: limits, sessions: sessions, maxUncommittedBytes: maxUncommittedBytes)
    host.load()
    host.campaign()
    return host
  }

  // MARK: what happens to it

  /// Lets an election timeout pass, in ticks without time. With one voter the election is won once it is on disk.
  mutating func campaign() {
    for _ in 0..<45 { host.tick(now) }
    settle()
  }

  mutating func load(draining: Bool = true) {
    host.loaded(disk.load(Self.partition), now: now)
    if draining { drain() }
  }

  /// Lets so many milliseconds pass on both clocks, with a tick at their end.
  mutating func pass(_ milliseconds: Int64) {
    now.monotonic += milliseconds
    now.medianWall = now.medianWall.map { $0 + milliseconds }
    host.tick(now)
    drain()
  }

  mutating func drain() {
    while drainOnce() {}
  }

  /// Whether actors were loaded, of which more may follow.
  private mutating func drainOnce() -> Bool {
    var hasLoaded = false
    for action in host.drain(now) {
      switch action {
      case .persist(let request): unwritten.append(request)
      case .answer(let call, let answer):
        answers[call.rawValue] = answer
        order.append(call.rawValue)
      case .deliver(let batch): batches.append(batch)
      case .acknowledge(_, let upTo): acknowledged.append(upTo)
      case .checkpoint(let checkpoint):
        checkpoints += 1
        disk.write(checkpoint)
        host.checkpointed(at: checkpoint.appliedIndex)
      case .load: loads += 1
      case .loadActors(let actors, let epoch):
        guard !holdsActors else {
          heldActors.append((actors, epoch))
          break
        }
        hasLoaded = true
        deliver(actors, epoch)
      case .findRetired(let ranges, let limit):
        host.retiredFound(disk.retired(ranges, limit: limit, Self.partition), now)
        hasLoaded = true
      case .applied(let record): records.append(record)
      case .quarantined(let detail): alarms.append(detail)
      case .undeliverable(let message, _): undeliverable.append(message)
      case .send, .leadership, .confirmed, .syncState, .readSnapshot, .installSnapshot, .snapshotProblem,
        .eventsSkipped:
        break
      }
    }
    return hasLoaded
  }

  private mutating func deliver(_ actors: [ActorKey], _ epoch: UInt64) {
    actorLoads += actors
    host.actorsLoaded(actors.map { disk.load($0, of: Self.partition) }, epoch: epoch, now: now)
  }

  mutating func setFeatureLevel(_ level: UInt32) { host.featureLevel = level }

  mutating func setStateTooLarge() { host.isStateTooLarge = true }

  /// The state file cannot be read.
  mutating func failLoad() {
    host.loadFailed("it is gone")
    drain()
  }

  /// A row of an actor that was asked for while `holdsActors` comes, whatever the disk has.
  mutating func arrive(_ row: ActorRow) {
    let name = ActorName(actorType: row.actorType, actorID: row.actorID)
    let epoch = heldActors.first?.epoch ?? 0
    host.actorsLoaded([LoadedActor(name: name, rows: [row])], epoch: epoch, now: now)
    drain()
  }

  /// The actors that were asked for while `holdsActors` come now.
  mutating func releaseActors() {
    holdsActors = false
    let held = heldActors
    heldActors = []
    for (actors, epoch) in held { deliver(actors, epoch) }
    drain()
  }

  /// The disk reports everything that it was asked to write.
  mutating func settle() {
    drain()
    while !unwritten.isEmpty {
      let requests = unwritten
      unwritten = []
      for request in requests {
        disk.sync(request, Self.partition)
        host.persisted(upTo: request.token)
      }
      drain()
    }
  }

  /// Brings every batch that is on its way to its receiver (this partition), and the acknowledgments back.
  mutating func deliver() {
    settle()
    while !batches.isEmpty || !acknowledged.isEmpty {
      let (arriving, done) = (batches, acknowledged)
      batches = []
      acknowledged = []
      for batch in arriving { host.receive(batch, now) }
      for upTo in done { host.acknowledged(by: Self.partition, upTo: upTo) }
      settle()
    }
  }

  /// Writes a checkpoint before it is due.
  mutating func checkpoint() {
    host.checkpointNow(now)
    drain()
  }

  mutating func refusesCommands(_ refuses: Bool) { host.refusesCommands = refuses }

  mutating func learn(_ verdicts: PoisonVerdicts) { host.poison = verdicts }

  mutating func note(_ notes: any InFlightNotes) { host.notes = notes }

  mutating func receive(_ batch: MessageBatch) { host.receive(batch, now) }

  mutating func takeAcknowledged() -> [UInt64] {
    defer { acknowledged = [] }
    return acknowledged
  }

  // MARK: calls

  static func command(_ sequence: UInt64, session: UInt64 = 1) -> CommandID {
    CommandID(session: SessionID(high: 0, low: session), sequence: sequence)
  }

  /// Hands a call in without draining; answers with its number.
  @discardableResult
  mutating func invoke(
    _ method: String, _ argument: [UInt8], on counter: String = "a", type: String = "counter",
    as command: CommandID, firstOutstanding: UInt64 = 0
  ) -> UInt64 {
    defer { nextCall += 1 }
    host.invoke(
      PartitionCall(
        id: CallID(rawValue: nextCall), command: command, firstOutstanding: firstOutstanding,
        actor: ActorKey(type: type, id: counter), method: method, argument: argument), now)
    return nextCall
  }

  @discardableResult
  mutating func increment(_ by: Int = 1, on counter: String = "a", as sequence: UInt64) throws -> UInt64 {
    invoke("increment", try CBOREncoder().encode(by), on: counter, as: Self.command(sequence))
  }

  /// A read, under a session of its own.
  @discardableResult
  mutating func read(_ counter: String = "a") throws -> UInt64 {
    invoke("value", try CBOREncoder().encode(Done()), on: counter, as: Self.command(nextCall, session: 99))
  }

  func reply<Value: Decodable>(_ type: Value.Type, to call: UInt64) throws -> Value? {
    guard case .reply(let bytes) = answers[call] else { return nil }
    return try CBORDecoder().decode(type, from: bytes)
  }

  /// What a counter is now; settles what is under way.
  mutating func value(of counter: String = "a") throws -> CounterState.Value? {
    let call = try read(counter)
    settle()
    return try reply(CounterState.Value.self, to: call)
  }
}
