// Nodes of a simulation: how they start, tick, take turns and die.
import ActorCluster
import ContactCenter
import NodeStore
import PeerTransport
import Raft

extension Simulation {
  static let tables = ReadModels.tables

  // MARK: starting and stopping

  func start(_ index: Int) {
    let node = nodes[index]
    guard node.stopped == .crashed else { return }
    let store: StoreCore
    do throws(StoreError) {
      store = try openStore(node)
    } catch {
      // A disk that is full or cannot be read at the moment is not lost: somebody frees it or mends the cable.
      let isLost = if case .damaged = error { true } else { false }
      if isLost { coverage.count(.damageFound) }
      stop(node, because: isLost ? .lostDisk("\(error)") : .crashed)
      return isLost ? () : schedule(.start, to: index, in: 500_000)
    }
    node.store = store
    if let suspicion = store.suspectedBecause {
      coverage.count(.suspects)
      return stop(node, because: .lostDisk(suspicion))
    }
    if let (partition, detail) = store.damagedPartitions.min(by: { $0.key < $1.key }) {
      coverage.count(.damageFound)
      return stop(node, because: .lostDisk("\(partition): \(detail)"))
    }
    if isStale(node, store.incarnation) {
      coverage.count(store.isNew ? .wipedRefused : .staleRefused)
      return stop(node, because: .lostDisk("an old copy was restored"))
    }
    if store.tailWasCut { coverage.count(.cutTails) }
    if !faults.busy.contains(index) { faults.failing.remove(index) }
    node.stopped = nil
    node.life += 1
    node.writes = []
    node.confirmed = []
    node.loading = []
    node.heartbeats = NodeHeartbeats()
    node.isWriting = false
    node.isTurnScheduled = false
    node.pausedUntil = 0
    node.clocks = ClockMedian(nodeCount: memberCount)
    node.leaders = Array(repeating: nil, count: Int(shape.partitions))
    node.touched = Array(repeating: true, count: Int(shape.partitions))
    node.incarnations[index] = store.incarnation
    let recovered = store.takeRecovered()
    node.hosts = placement.partitions.map { host(of: $0, at: node, store, recovered) }
    node.checked = node.hosts.map(\.raft.base.index)
    trace.record(
      .started, at: now, node: index, store.incarnation, store.tailWasCut ? 1 : 0,
      note: store.tailWasCut ? "its log was cut" : store.isNew ? "new" : nil)
    schedule(.tick(life: node.life), to: index, in: Int64(random.next() % 20_000))
    scheduleTurn(node)
    ping(node)
    for other in nodes where other.index != index && other.isUp {
      connect(node, other, isStarted: true)
    }
  }

  private func openStore(_ node: SimulatedNode) throws(StoreError) -> StoreCore {
    files.setTime(millisecondsSince1970: 1_700_000_000_000 + now / 1_000)
    let disk = virtualDisk(node.index)
    return try StoreCore(
      directory: disk.directory, identity: StoreIdentity(cluster: "simulated", node: node.id.rawValue),
      readModels: Self.tables, limits: Self.upkeep, files: disk.files)
  }

  /// A simulation is short: what a node does once in a while to keep its log small must happen in it too.
  private static var upkeep: LogUpkeepLimits {
    var limits = LogUpkeepLimits()
    limits.walBytes = 256 << 10
    (limits.trimRows, limits.carryRows, limits.vacuumBytes) = (8, 16, 64 << 10)
    return limits
  }

  /// Whether another node has seen a later start of this one's disk.
  private func isStale(_ node: SimulatedNode, _ incarnation: UInt64) -> Bool {
    nodes.contains { $0.index != node.index && $0.isUp && $0.incarnations[node.index] >= incarnation }
  }

  private func host(
    of partition: PartitionID, at node: SimulatedNode, _ store: StoreCore,
    _ recovered: [PartitionID: RecoveredLog]
  ) -> PartitionHost {
    let members = 0..<shape.members
    var configuration = Raft.Configuration(
      id: shape.replica(node.index, generation: node.generation),
      voters: node.isJoining ? [] : members.map { shape.replica($0, generation: 0) },
      electionTicks: profile.electionTicks, heartbeatTicks: profile.heartbeatTicks, seed: random.next())
    if let witness = shape.witness {
      // One that joins knows nothing but that it is a witness itself.
      let isJoiningWitness = node.isJoining && node.index == witness
      configuration.witnesses =
        isJoiningWitness ? [configuration.id] : node.isJoining ? [] : [shape.replica(witness, generation: 0)]
    }
    configuration.quiet = true
    configuration.maxSnapshotChunkBytes = 4_096
    configuration.maxEntriesPerAppend = profile.maxEntriesPerAppend
    let log = recovered[partition]
    let start: StartKind = store.isNew ? .new : store.tailWasCut ? .doubtful : .restarted
    let raft = Raft(
      configuration: configuration, hardState: log?.hardState ?? HardState(), log: log?.entries ?? [],
      base: log?.base, start: start)
    var limits = PartitionLimits()
    limits.compactionEntries = profile.compactionEntries
    limits.retainedEntries = profile.retainedEntries
    limits.checkpointMilliseconds = 1_000
    limits.idleMilliseconds = profile.idleMilliseconds
    limits.retention = profile.retention
    limits.retentionStep = 4
    limits.retentionMilliseconds = 2_000
    return PartitionHost(
      raft: raft, state: PartitionState(id: partition, placement: placement, types: types), nodes: replicas,
      limits: limits, now: node.moment(now))
  }

  /// The process is gone; its memory and what its disk had not synced with it.
  func stop(_ node: SimulatedNode, because reason: StopReason) {
    if case .lostDisk(let why) = reason {
      trace.record(.stopped, at: now, node: node.index, note: why)
    } else {
      trace.record(.stopped, at: now, node: node.index)
    }
    node.stopped = reason
    if node.store != nil {
      // The machine lives on, and its page cache with it.
      virtualDisk(node.index).killProcess()
      node.store?.abandon()
      node.store = nil
    }
    node.hosts = []
    node.writes = []
  }

  // MARK: turns

  func tick(_ node: SimulatedNode) {
    let moment = node.moment(now)
    for position in node.hosts.indices {
      node.hosts[position].tick(moment)
      node.touched[position] = true
    }
    node.ticks += 1
    if node.ticks % 25 == 0 { ping(node) }
    if node.ticks % profile.heartbeatTicks == 0 { beat(node, moment) }
    schedule(.tick(life: node.life), to: node.index, in: shape.tickMilliseconds * 1_000)
    turn(node)
  }

  func touch(_ partition: PartitionID, _ node: SimulatedNode) {
    node.touched[Int(partition.rawValue)] = true
    scheduleTurn(node)
  }

  func scheduleTurn(_ node: SimulatedNode) {
    guard !node.isTurnScheduled else { return }
    node.isTurnScheduled = true
    schedule(.turn(life: node.life), to: node.index, in: node.turnDelay)
  }

  /// Events since the last turn are drained together, as on an event loop.
  func turn(_ node: SimulatedNode) {
    node.isTurnScheduled = false
    let moment = node.moment(now)
    for position in node.hosts.indices where node.touched[position] {
      node.touched[position] = false
      for action in node.hosts[position].drain(moment) {
        carryOut(action, PartitionID(rawValue: UInt32(position)), node)
        // Its store may have failed.
        guard node.isUp else { return }
      }
      compareApplied(position, node)
    }
    startWriting(node)
  }

  private func compareApplied(_ position: Int, _ node: SimulatedNode) {
    if let problem = node.hosts[position].raft.violation {
      reported("P2: \(node.hosts[position].id) on \(node.id): \(problem)")
    }
    // A log that was cut may end below the state, and hold below its end what was never committed.
    let commit = node.hosts[position].raft.commitIndex
    let last =
      node.hosts[position].isWitness
      ? min(commit, node.hosts[position].raft.stableIndex) : min(commit, node.hosts[position].appliedIndex)
    guard last > node.checked[position] else { return }
    let from = max(node.checked[position], node.hosts[position].raft.base.index)
    guard last > from else { return }
    for entry in node.hosts[position].raft.entries(in: from + 1...last) {
      let applied = AppliedEntry(
        entry: entry, partition: PartitionID(rawValue: UInt32(position)), node: node.index, at: now)
      recorded?.append(applied)
      promises.applied(applied)
    }
    node.checked[position] = last
  }

  private func carryOut(_ action: PartitionAction, _ partition: PartitionID, _ node: SimulatedNode) {
    let life = node.life
    switch action {
    case .send(let message):
      switch message.body {
      case .voteReply(granted: true, _):
        promised(.vote, by: node, partition, to: shape.node(of: message.to))
      case .appendReply(let reply) where reply.rejection == nil:
        promised(.acknowledgment, by: node, partition, to: shape.node(of: message.to))
      default: break
      }
      send(.consensus(partition, message), from: node, to: shape.node(of: message.to))
    case .persist(let request):
      if request.truncateFrom != nil { coverage.count(.truncations) }
      if let base = request.base, !request.resetsLog, base.index > 0 { coverage.count(.compactions) }
      node.writes.append((partition, request))
    case .answer(let call, let answer):
      if case .reply = answer { promised(.answer, by: node, partition) }
      schedule(.answer(call, answer), in: 200)
    case .deliver(let batch):
      if let leader = leader(of: batch.to, seenBy: node) { send(.messages(batch), from: node, to: leader) }
    case .acknowledge(let sender, let upTo):
      guard let leader = leader(of: sender, seenBy: node) else { return }
      send(.acknowledged(receiver: partition, sender: sender, upTo: upTo), from: node, to: leader)
    case .load:
      if !node.loading.insert(partition).inserted { coverage.count(.reloads) }
      schedule(.load(partition, life: life), to: node.index, in: 300)
    case .loadActors(let actors, let epoch):
      coverage.count(.actorLoads)
      schedule(.loadActors(partition, actors, epoch: epoch, life: life), to: node.index, in: 200)
    case .findRetired(let ranges, let limit):
      schedule(.findRetired(partition, ranges, limit: limit, life: life), to: node.index, in: 200)
    case .checkpoint(let checkpoint):
      schedule(.checkpoint(checkpoint, life: life), to: node.index, in: 2_000)
    case .syncState:
      schedule(.syncState(partition, life: life), to: node.index, in: 3_000)
    case .readSnapshot:
      schedule(.readSnapshot(partition, life: life), to: node.index, in: 1_000)
    case .installSnapshot(let snapshot, let base):
      schedule(.install(partition, snapshot, base, life: life), to: node.index, in: 4_000)
    case .leadership(let leader, let term, let isSelf):
      if isSelf { elected(node, partition, term) }
      setLeader(leader, of: partition, node)
    case .confirmed:
      confirmed(partition, node)
    case .quarantined(let detail):
      reported("P1: \(partition) on \(node.id) is quarantined: \(detail)")
    case .undeliverable(let message, let error):
      fail("P3: a durable message to \(message.to) was dropped: \(error)")
    case .applied, .eventsSkipped, .snapshotProblem:
      break
    }
  }

  private func elected(_ node: SimulatedNode, _ partition: PartitionID, _ term: Term) {
    let replica = shape.replica(node.index, generation: node.generation)
    coverage.count(node.hosts[Int(partition.rawValue)].isWitness ? .witnessElections : .elections)
    trace.record(.elected, at: now, node: node.index, partition: Int(partition.rawValue), term)
    promises.elected(replica, partition, term: term)
    promised(.election, by: node, partition)
    write(to: partition, at: node.index)
  }

  private func setLeader(_ leader: NodeID?, of partition: PartitionID, _ node: SimulatedNode) {
    guard node.leaders[Int(partition.rawValue)] != leader else { return }
    node.leaders[Int(partition.rawValue)] = leader
    guard leader != nil else { return }
    for position in node.hosts.indices {
      node.hosts[position].destinationChanged(partition)
      node.touched[position] = true
    }
    scheduleTurn(node)
  }

  private func leader(of partition: PartitionID, seenBy node: SimulatedNode) -> Int? {
    node.leaders[Int(partition.rawValue)].flatMap { leader in nodes.firstIndex { $0.id == leader } }
  }
}
