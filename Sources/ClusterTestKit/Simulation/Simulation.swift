// A whole cluster in one thread, on a virtual clock: the real partition hosts, domain and store; faults from a seed.
package import ActorCluster
import ContactCenter
import HeapModule
import NodeStore
import PeerTransport
import PlantedBugs
import Raft

/// One seed. Everything that happens is decided by it: run it again, and the same happens.
package final class Simulation {
  enum Packet {
    case consensus(PartitionID, Message)
    case messages(MessageBatch)
    case acknowledged(receiver: PartitionID, sender: PartitionID, upTo: UInt64)
    case ping(wall: Int64, incarnation: UInt64)
    case alive(AliveFrame)
  }

  enum Event {
    case tick(life: Int)
    case turn(life: Int)
    case packet(Packet, from: Int, senderLife: Int, receiverLife: Int, connection: UInt64)
    case call(PartitionCall, PartitionID)
    case answer(CallID, CallAnswer)
    case logWritten(life: Int)
    case checkpoint(PartitionCheckpoint, life: Int)
    case load(PartitionID, life: Int)
    case loadActors(PartitionID, [ActorKey], epoch: UInt64, life: Int)
    case findRetired(PartitionID, [Range<String>], limit: Int, life: Int)
    case syncState(PartitionID, life: Int)
    case readSnapshot(PartitionID, life: Int)
    case install(PartitionID, [UInt8], LogBase, life: Int)
    case start
    case awaited(AwaitedFault)
    case isolate(friend: Int?)
    case gone(Int)
    case client(Int)
    case fault
    case endFault(ActiveFault)
    case operation
  }

  struct Scheduled: Comparable {
    let at: Int64
    let order: UInt64
    let node: Int
    let event: Event

    static func == (left: Self, right: Self) -> Bool { left.order == right.order }
    static func < (left: Self, right: Self) -> Bool { (left.at, left.order) < (right.at, right.order) }
  }

  package let seed: UInt64
  package let shape: SimulationShape
  package let profile: SimulationProfile
  let placement: Placement
  package let types = DurableTypes([Counter.self, Interaction.self, WorkQueue.self, Agent.self])
  let files: VirtualFileSystem
  var random: SplitMix64
  /// Microseconds since the start.
  package internal(set) var now: Int64 = 0
  var nodes: [SimulatedNode]
  var network: SimulatedNetwork
  var clients: [SimulatedClient]
  var faults = FaultPlan()
  var operations = OperatorPlan()
  /// Of a shape that is placed.
  var placed: PlacedCluster?
  package internal(set) var promises: PromiseChecks
  package internal(set) var coverage = SimulationCoverage()
  package internal(set) var trace = SimulationTrace()
  /// What the checks were told, if somebody wants to tell it to others.
  package var recorded: [AppliedEntry]?
  /// Every replica that there ever was, and its node.
  var replicas: [ReplicaID: NodeID] = [:]
  /// What ended the simulation early.
  package internal(set) var failure: String?

  static let commandsPerMinute: UInt64 = 500

  var nextCall: UInt64 = 1
  var ledger = ClientLedger()
  /// Faults are over.
  var isHealed = false
  /// Clients begin nothing new; what is under way comes to its end.
  var isClosing = false
  private var queue = Heap<Scheduled>()
  private var order: UInt64 = 0

  package init(seed: UInt64, shape: SimulationShape? = nil) {
    let shape = shape ?? SimulationShape(seed: seed)
    self.seed = seed
    self.shape = shape
    placement = Placement(partitionCount: shape.partitions)
    var random = SplitMix64(seed: seed)
    profile = SimulationProfile(&random)
    self.random = random
    files = VirtualFileSystem(seed: seed)
    network = SimulatedNetwork(nodes: shape.nodes)
    nodes = (0..<shape.nodes).map { SimulatedNode(index: $0, shape: shape) }
    promises = PromiseChecks(shape: shape, types: types)
    clients = SimulatedClient.crew(seed: seed)
    placed = shape.isPlaced ? PlacedCluster(shape) : nil
    for node in 0..<shape.members {
      replicas[shape.replica(node, generation: 0)] = shape.nodeID(node)
      nodes[node].wallOffset = Int64(random.next() % 100)
    }
  }

  // MARK: running

  /// Runs the seed: faults for `seconds` of virtual time, then everything heals and must come to rest.
  package func run(seconds: Int64 = 60) {
    for node in 0..<shape.members { start(node) }
    for index in clients.indices { schedule(.client(index), at: 300_000 + Int64(random.next() % 300_000)) }
    schedule(.fault, at: 1_500_000)
    schedule(.operation, at: 2_000_000)
    advance(to: seconds * 1_000_000)
    heal()
    // A seed with many faults may have got little done: it goes on without any until it has enough to check.
    let enough = UInt64(seconds) * Self.commandsPerMinute / 60
    let deadline = now + 60_000_000
    while failure == nil, coverage.situations[.commands, default: 0] < enough, now < deadline {
      advance(to: now + 500_000)
    }
    isClosing = true
    settle()
    if failure == nil { checkAtTheEnd() }
    close()
  }

  func advance(to end: Int64) {
    while failure == nil, let next = queue.min, next.at <= end {
      queue.removeMin()
      now = max(now, next.at)
      handle(next)
      if let violation = promises.violation { fail(violation) }
    }
    now = max(now, end)
  }

  func fail(_ text: String) {
    failure = failure ?? "\(text) (after \(now / 1_000) ms)"
  }

  /// The product noticed by itself that something is wrong. That is a failure of a seed, but not proof that the checks
  /// here find a planted bug.
  func reported(_ text: String) {
    if !isAnyBugPlanted { fail(text) }
  }

  func schedule(_ event: Event, to node: Int = -1, at time: Int64) {
    order += 1
    queue.insert(Scheduled(at: max(now, time), order: order, node: node, event: event))
  }

  func schedule(_ event: Event, to node: Int = -1, in delay: Int64) {
    schedule(event, to: node, at: now + delay)
  }

  private func handle(_ scheduled: Scheduled) {
    switch scheduled.event {
    case .start: start(scheduled.node)
    case .awaited(let fault): make(fault, at: scheduled.node)
    case .isolate(let friend): isolate(scheduled.node, friend: friend)
    case .client(let index): clientTurn(index)
    case .answer(let call, let answer): answered(call, answer)
    case .fault: makeFault()
    case .endFault(let fault): end(fault)
    case .operation: operate()
    case .gone(let peer): peerGone(peer, at: scheduled.node)
    case .call(let call, let partition): deliver(call, partition, to: scheduled.node)
    default: handle(scheduled.event, at: nodes[scheduled.node])
    }
  }

  private func handle(_ event: Event, at node: SimulatedNode) {
    guard node.isUp else { return }
    if node.pausedUntil > now { return schedule(event, to: node.index, at: node.pausedUntil) }
    switch event {
    case .tick(let life) where life == node.life: tick(node)
    case .turn(let life) where life == node.life: turn(node)
    case .packet(let packet, let sender, let senderLife, let receiverLife, let connection)
    where receiverLife == node.life && connection == network.connection(sender, node.index):
      receive(packet, from: sender, senderLife: senderLife, at: node)
    case .logWritten(let life) where life == node.life: writeLog(node)
    case .checkpoint(let checkpoint, let life) where life == node.life: write(checkpoint, node)
    case .load(let partition, let life) where life == node.life: load(partition, node)
    case .loadActors(let partition, let actors, let epoch, let life) where life == node.life:
      loadActors(actors, epoch: epoch, partition, node)
    case .findRetired(let partition, let ranges, let limit, let life) where life == node.life:
      findRetired(ranges, limit: limit, partition, node)
    case .syncState(let partition, let life) where life == node.life: syncState(partition, node)
    case .readSnapshot(let partition, let life) where life == node.life: readSnapshot(partition, node)
    case .install(let partition, let snapshot, let base, let life) where life == node.life:
      install(snapshot, base, partition, node)
    default: break
    }
  }

  private func close() {
    for node in nodes {
      node.store?.close()
      node.store = nil
    }
  }
}
