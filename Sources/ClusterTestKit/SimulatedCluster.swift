// A whole cluster of real partition hosts in one thread: virtual time, network and disks; faults from a seed.
package import ActorCluster
import HeapModule
package import NodeStore
package import PeerTransport
import Raft

/// Drives partition hosts of several nodes through a virtual network and virtual disks. Everything that happens is
/// decided by the seed.
package struct SimulatedCluster {
  package struct Faults {
    package var lossOneIn: UInt64 = 50
    package var duplicateOneIn: UInt64 = 50
    package var maximumDelay: UInt64 = 30
    package var crashes = true
    package var partitions = true

    package init() {}
  }

  /// A call that was answered.
  package struct Answer {
    package let call: CallID
    package let node: Int
    package let answer: CallAnswer
  }

  private enum Arrival {
    case consensus(PartitionID, Message)
    case messages(MessageBatch)
    case acknowledged(receiver: PartitionID, sender: PartitionID, upTo: UInt64)
    case synced(PartitionID, PersistRequest, incarnation: Int)
    case call(PartitionCall, PartitionID)
    case loaded(PartitionID, incarnation: Int)
    case checkpointed(PartitionCheckpoint, incarnation: Int)
  }

  private struct Scheduled: Comparable {
    let at: Int64
    let order: UInt64
    let to: Int
    let arrival: Arrival

    static func == (lhs: Self, rhs: Self) -> Bool { lhs.order == rhs.order }
    static func < (lhs: Self, rhs: Self) -> Bool { (lhs.at, lhs.order) < (rhs.at, rhs.order) }
  }

  private struct Node {
    var hosts: [PartitionID: PartitionHost]?
    var disk = SimulatedDisk()
    var incarnation = 0
    var restartAt: Int64?
    var clockOffset: Int64 = 0
  }

  package let nodeIDs: [NodeID]
  package let placement: Placement
  package var faults = Faults()
  package private(set) var now: Int64 = 0
  package private(set) var answers: [Answer] = []
  package private(set) var crashes = 0
  package private(set) var elections = 0
  private let types: DurableTypes
  private var nodes: [Node]
  private var queue = Heap<Scheduled>()
  private var order: UInt64 = 0
  private var cut: Set<Int> = []
  package var random: SplitMix64

  package init(nodes count: Int, partitionCount: UInt32, types: DurableTypes, seed: UInt64) {
    nodeIDs = (1...count).map { NodeID(rawValue: "n\($0)") }
    placement = Placement(partitionCount: partitionCount)
    self.types = types
    random = SplitMix64(seed: seed)
    nodes = Array(repeating: Node(), count: count)
    for index in nodes.indices {
      nodes[index].clockOffset = Int64(random.next() % 200)
      start(index)
    }
  }

  // MARK: clients

  /// Brings a call to a node, as a client's frame would.
  package mutating func call(_ call: PartitionCall, at node: Int) {
    schedule(.call(call, placement.partition(of: call.actor)), to: node, in: delay())
  }

  package mutating func takeAnswers() -> [Answer] {
    defer { answers = [] }
    return answers
  }

  /// The node that serves a partition, if one does.
  package func server(of partition: PartitionID) -> Int? {
    nodes.indices.first { nodes[$0].hosts?[partition]?.isServing == true }
  }

  /// A violated invariant of consensus on any replica.
  package func quarantined() -> String? {
    for node in nodes {
      for (_, host) in node.hosts ?? [:] where host.status.health.hasPrefix("quarantined") {
        return "\(host.id): \(host.status.health)"
      }
    }
    return nil
  }

  // MARK: time

  /// Lets one tick of 10 ms pass, with whatever happens in it.
  package mutating func step() {
    let end = now + 10
    while let next = queue.min, next.at < end {
      queue.removeMin()
      now = max(now, next.at)
      deliver(next)
    }
    now = end
    makeFaults()
    for index in nodes.indices {
      guard let hosts = nodes[index].hosts else { continue }
      let moment = self.moment(index)
      for partition in hosts.keys.sorted() {
        nodes[index].hosts?[partition]?.tick(moment)
        drain(index, partition)
      }
    }
  }

  /// From here on nothing fails, everything is up and connected.
  package mutating func heal() {
    faults.lossOneIn = .max
    faults.duplicateOneIn = .max
    faults.crashes = false
    faults.partitions = false
    cut = []
    for index in nodes.indices where nodes[index].hosts == nil { start(index) }
  }

  private mutating func makeFaults() {
    for index in nodes.indices {
      if let at = nodes[index].restartAt, at <= now { start(index) }
    }
    if faults.crashes, random.chance(oneIn: 150) {
      crash(Int(random.next() % UInt64(nodes.count)))
    }
    if faults.partitions, random.chance(oneIn: 200) {
      cut = random.chance(oneIn: 2) ? [] : [Int(random.next() % UInt64(nodes.count))]
    }
    if faults.crashes, random.chance(oneIn: 300) {
      nodes[Int(random.next() % UInt64(nodes.count))].clockOffset = Int64(random.next() % 5_000)
    }
  }

  private func moment(_ index: Int) -> Moment {
    let clocks = nodes.map { $0.clockOffset }.sorted()
    return Moment(monotonic: now, medianWall: now + clocks[(clocks.count - 1) / 2])
  }

  // MARK: nodes

  /// Kills a node: what its disk had not reported is lost.
  package mutating func crash(_ index: Int) {
    guard nodes[index].hosts != nil else { return }
    crashes += 1
    nodes[index].hosts = nil
    nodes[index].incarnation += 1
    nodes[index].restartAt = now + 50 + Int64(random.next() % 1_500)
    guard random.chance(oneIn: 2) else { return }
    for other in nodes.indices {
      for partition in placement.partitions {
        nodes[other].hosts?[partition]?.nodeGone(nodeIDs[index])
        drain(other, partition)
      }
    }
  }

  private mutating func start(_ index: Int) {
    let replicas = Dictionary(
      uniqueKeysWithValues: nodeIDs.enumerated().map {
        (ReplicaID(rawValue: UInt64($0.offset) + 1), $0.element)
      })
    nodes[index].restartAt = nil
    var hosts: [PartitionID: PartitionHost] = [:]
    for partition in placement.partitions {
      let log = nodes[index].disk.log(partition)
      let configuration = Raft.Configuration(
        id: ReplicaID(rawValue: UInt64(index) + 1), voters: replicas.keys.sorted(), electionTicks: 20,
        heartbeatTicks: 4, seed: random.next())
      hosts[partition] = PartitionHost(
        raft: Raft(configuration: configuration, hardState: log.hardState, log: log.entries),
        state: PartitionState(id: partition, placement: placement, types: types), nodes: replicas,
        now: moment(index))
    }
    nodes[index].hosts = hosts
    for partition in placement.partitions { drain(index, partition) }
    for other in nodes.indices where other != index {
      for partition in placement.partitions {
        nodes[other].hosts?[partition]?.nodeConnected(nodeIDs[index])
        drain(other, partition)
      }
    }
  }

  private mutating func drain(_ index: Int, _ partition: PartitionID) {
    let moment = self.moment(index)
    guard let actions = nodes[index].hosts?[partition]?.drain(moment) else { return }
    for action in actions { carryOut(action, index, partition) }
  }

  private mutating func carryOut(_ action: PartitionAction, _ index: Int, _ partition: PartitionID) {
    let incarnation = nodes[index].incarnation
    switch action {
    case .send(let message):
      send(.consensus(partition, message), from: index, to: Int(message.to.rawValue) - 1)
    case .persist(let request):
      schedule(.synced(partition, request, incarnation: incarnation), to: index, in: 1)
    case .answer(let call, let answer):
      answers.append(Answer(call: call, node: index, answer: answer))
    case .deliver(let batch):
      if let leader = leader(of: batch.to, seenBy: index) { send(.messages(batch), from: index, to: leader) }
    case .acknowledge(let sender, let upTo):
      if let leader = leader(of: sender, seenBy: index) {
        send(.acknowledged(receiver: partition, sender: sender, upTo: upTo), from: index, to: leader)
      }
    case .load:
      schedule(.loaded(partition, incarnation: incarnation), to: index, in: delay())
    case .checkpoint(let checkpoint):
      schedule(.checkpointed(checkpoint, incarnation: incarnation), to: index, in: delay())
    case .leadership(_, _, let isSelf):
      if isSelf { elections += 1 }
      for other in placement.partitions where other != partition {
        nodes[index].hosts?[other]?.destinationChanged(partition)
      }
    case .applied, .quarantined, .undeliverable:
      break
    }
  }

  private func leader(of partition: PartitionID, seenBy index: Int) -> Int? {
    nodes[index].hosts?[partition]?.leaderNode.flatMap { nodeIDs.firstIndex(of: $0) }
  }

  // MARK: network and disk

  private mutating func send(_ arrival: Arrival, from: Int, to: Int) {
    guard !cut.contains(from), !cut.contains(to), !random.chance(oneIn: faults.lossOneIn) else { return }
    schedule(arrival, to: to, in: delay())
    if random.chance(oneIn: faults.duplicateOneIn) { schedule(arrival, to: to, in: delay()) }
  }

  private mutating func delay() -> Int64 { 1 + Int64(random.next() % faults.maximumDelay) }

  /// Disk writes of a node complete in their order, because ties and delays are the same for all.
  private mutating func schedule(_ arrival: Arrival, to: Int, in delay: Int64) {
    order += 1
    queue.insert(Scheduled(at: now + delay, order: order, to: to, arrival: arrival))
  }

  private mutating func deliver(_ scheduled: Scheduled) {
    let index = scheduled.to
    guard nodes[index].hosts != nil else { return }
    let moment = self.moment(index)
    let partition: PartitionID
    switch scheduled.arrival {
    case .consensus(let group, let message):
      partition = group
      nodes[index].hosts?[group]?.receive(message)
    case .messages(let batch):
      partition = batch.to
      nodes[index].hosts?[batch.to]?.receive(batch, moment)
    case .acknowledged(let receiver, let sender, let upTo):
      partition = sender
      nodes[index].hosts?[sender]?.acknowledged(by: receiver, upTo: upTo)
    case .call(let call, let group):
      partition = group
      nodes[index].hosts?[group]?.invoke(call, moment)
    case .synced(let group, let request, let incarnation):
      guard incarnation == nodes[index].incarnation else { return }
      partition = group
      nodes[index].disk.sync(request, group)
      nodes[index].hosts?[group]?.persisted(upTo: request.token)
    case .loaded(let group, let incarnation):
      guard incarnation == nodes[index].incarnation else { return }
      partition = group
      let loaded = nodes[index].disk.load(group)
      nodes[index].hosts?[group]?.loaded(loaded, now: moment)
    case .checkpointed(let checkpoint, let incarnation):
      guard incarnation == nodes[index].incarnation else { return }
      partition = checkpoint.partition
      nodes[index].disk.write(checkpoint)
      nodes[index].hosts?[checkpoint.partition]?.checkpointed()
    }
    drain(index, partition)
  }
}
