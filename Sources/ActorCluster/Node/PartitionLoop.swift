// The shell of the partition hosts of one event loop: carries events in and actions out.
internal import Logging
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

/// What may reach a partition.
enum PartitionEvent: Sendable {
  case call(IncomingCall)
  case consensus(Message)
  case messages(MessageBatch)
  case acknowledged(by: PartitionID, upTo: UInt64)
  case destinationChanged(PartitionID)
  case persisted(PersistToken)
  case loaded(Result<LoadedPartition, StoreError>)
  case actorsLoaded(Result<[LoadedActor], StoreError>, epoch: UInt64)
  case retiredFound([ActorRow])
  case checkpointed(LogIndex)
  case stateSynced(LogIndex)
  case snapshotRead(Result<EncodedSnapshot, StoreError>)
  case snapshotInstalled(LogBase)
  case snapshotRefused(LogBase, StoreError)
  case nodeConnected(NodeID)
  case nodeGone(NodeID)
  /// The link to the node is down.
  case nodeCut(NodeID)
  /// A heartbeat: what the node leads, and whether it hears this one.
  case nodeAlive(NodeID, led: [AliveFrame.Led], hearsUs: Bool)
}

/// A call with the way back to its caller.
struct IncomingCall: Sendable {
  var command: CommandID
  var firstOutstanding: UInt64
  var actor: ActorKey
  var method: String
  var argument: [UInt8]
  /// On the monotonic clock, milliseconds: nobody waits for the answer after it.
  var deadline: Int64?
  /// See `PartitionCall.maximumAge`, and who is told the age of the answer before it comes.
  var maximumAge: Int64?
  var onAge: (@Sendable (Int64) -> Void)?
  var respond: @Sendable (CallAnswer) -> Void
}

/// Runs the hosts of some partitions on one event loop. Events of one loop turn are drained together, so that
/// they share messages, disk writes and confirmations.
actor PartitionLoop {
  nonisolated let eventLoop: any EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

  var hosts: [PartitionID: PartitionHost]
  let services: NodeServices
  /// Which of the node's loops this is.
  let number: Int
  let topology: ClusterTopology
  let timing: ClusterTiming
  var touched: Set<PartitionID> = []
  private var drainScheduled = false
  private var responders: [CallID: @Sendable (CallAnswer) -> Void] = [:]
  /// Of stale reads.
  var ageListeners: [CallID: @Sendable (Int64) -> Void] = [:]
  var nextCall: UInt64 = 1
  private var ticker: RepeatedTask?
  /// The store may be closed: nothing is handled any more.
  var isStopped = false
  private(set) var connectedSince: [NodeID: Int64] = [:]
  var handedOver = HandOvers()
  /// When each leadership was last to be handed over because of the disk.
  var handOvers: [PartitionID: Int64] = [:]
  private var complaints = RepeatedComplaints()
  var replacements = Replacements()
  let retention: RetentionSettings
  var lastUpkeep: Int64 = 0
  /// Of the verdicts of the node's crashes that the hosts have.
  var crashesVersion: UInt64 = .max
  /// The cluster as the node knows it.
  var view: ClusterView
  let hearsay: ClusterHearsay
  var clusterWatch = ClusterWatch()

  init(
    eventLoop: any EventLoop, number: Int, hosts: [PartitionHost], topology: ClusterTopology,
    view: ClusterView, hearsay: ClusterHearsay, timing: ClusterTiming, retention: RetentionSettings,
    services: NodeServices
  ) {
    self.view = view
    self.hearsay = hearsay
    self.retention = retention
    self.number = number
    self.eventLoop = eventLoop
    self.hosts = Dictionary(hosts.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    self.topology = topology
    self.timing = timing
    self.services = services
  }

  /// Hands an event to a partition; never blocks. Events from one thread keep their order.
  nonisolated func submit(_ event: PartitionEvent, to partition: PartitionID) {
    eventLoop.execute { self.assumeIsolated { $0.handle(event, partition) } }
  }

  nonisolated func submitToAll(_ event: PartitionEvent) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        loop.note(event)
        for partition in loop.hosts.keys.sorted() { loop.handle(event, partition) }
      }
    }
  }

  func start() {
    let interval = TimeAmount.milliseconds(timing.tickMilliseconds)
    ticker = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
      self.assumeIsolated { $0.tick() }
    }
    for partition in hosts.keys { equip(partition) }
    touched = Set(hosts.keys)
    for partition in hosts.keys { situate(partition) }
    replacements.joining = Set(
      hosts.values.filter { ReplicaNaming.generation(of: $0.raft.id) > 0 && !$0.hasJoined }.map(\.id))
    drain()
  }

  /// Stops ticking and writes what is committed to the state file.
  func stop() async {
    ticker?.cancel()
    ticker = nil
    let moment = services.moment()
    for partition in hosts.keys.sorted() {
      // One that is under way may find the disk full: none may be written after it then.
      if hosts[partition]?.checkpointing == false { hosts[partition]?.checkpointNow(moment) }
      touched.insert(partition)
    }
    drain()
    isStopped = true
    for (_, respond) in responders.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      respond(.failed(.shuttingDown))
    }
    responders = [:]
  }

  // MARK: status

  func status() -> [PartitionStatus] {
    hosts.keys.sorted().compactMap { hosts[$0]?.status }
  }

  /// Committed records after `index`, as far as this replica applied them.
  func records(of partition: PartitionID, after index: UInt64, limit: Int) -> RecordPage {
    hosts[partition]?.records(after: index, limit: limit) ?? RecordPage(records: [], lastIndex: nil)
  }

  // MARK: events

  /// What is kept for all partitions, also for those that get their replica here later.
  private func note(_ event: PartitionEvent) {
    switch event {
    case .nodeConnected(let node):
      connectedSince[node] = connectedSince[node] ?? services.moment().monotonic
    case .nodeGone(let node): connectedSince[node] = nil
    default: break
    }
  }

  func handle(_ event: PartitionEvent, _ partition: PartitionID) {
    guard hosts[partition] != nil else {
      if case .call(let call) = event {
        // Another node has it, or this one is about to.
        call.respond(.redirected(to: services.leader(of: partition)))
      }
      return
    }
    guard !isStopped else {
      if case .call(let call) = event { call.respond(.failed(.shuttingDown)) }
      return
    }
    heedCrashes()
    let moment = services.moment()
    switch event {
    case .call(let call):
      let id = CallID(rawValue: nextCall)
      nextCall += 1
      responders[id] = call.respond
      if let onAge = call.onAge { ageListeners[id] = onAge }
      var asked = PartitionCall(
        id: id, command: call.command, firstOutstanding: call.firstOutstanding, actor: call.actor,
        method: call.method, argument: call.argument, deadline: call.deadline)
      asked.maximumAge = call.maximumAge
      hosts[partition]?.invoke(asked, moment)
    case .consensus(let message):
      hosts[partition]?.receive(message)
    case .messages(let batch): hosts[partition]?.receive(batch, moment)
    case .acknowledged(let receiver, let sequence):
      hosts[partition]?.acknowledged(by: receiver, upTo: sequence)
    case .destinationChanged(let destination): hosts[partition]?.destinationChanged(destination)
    case .persisted(let token): hosts[partition]?.persisted(upTo: token)
    case .loaded(.success(let loaded)): hosts[partition]?.loaded(loaded, now: moment)
    case .loaded(.failure(let error)): hosts[partition]?.loadFailed("\(error)")
    case .actorsLoaded(.success(let loaded), let epoch):
      hosts[partition]?.actorsLoaded(loaded, epoch: epoch, now: moment)
    case .actorsLoaded(.failure(let error), _): hosts[partition]?.loadFailed("\(error)")
    case .retiredFound(let rows): hosts[partition]?.retiredFound(rows, moment)
    case .checkpointed(let index): hosts[partition]?.checkpointed(at: index)
    case .stateSynced(let index): hosts[partition]?.stateSynced(at: index)
    case .snapshotRead(.success(let snapshot)): hosts[partition]?.snapshotRead(snapshot, moment)
    case .snapshotRead(.failure(let error)):
      complain("a snapshot cannot be read for another replica, which cannot catch up", "\(error)", partition)
      hosts[partition]?.snapshotFailed(error)
    case .snapshotInstalled(let base): hosts[partition]?.snapshotInstalled(base)
    case .snapshotRefused(let base, let error):
      complain("a snapshot cannot be used and is asked for again", "\(error)", partition)
      hosts[partition]?.snapshotRefused(base, moment)
    case .nodeConnected(let node): hosts[partition]?.nodeConnected(node)
    case .nodeGone(let node): hosts[partition]?.nodeGone(node)
    case .nodeCut(let node): hosts[partition]?.nodeCut(node)
    case .nodeAlive(let node, let led, let hearsUs):
      if let led = led.first(where: { $0.partition == partition }) {
        hosts[partition]?.leaderAlive(node, term: led.term)
        if let commit = led.commit {
          hosts[partition]?.heardLeader(on: node, term: led.term, commit: commit, moment)
        }
      }
      if hearsUs { hosts[partition]?.nodeAlive(node) }
    }
    touched.insert(partition)
    scheduleDrain()
  }

  private func tick() {
    heedCrashes()
    let moment = services.moment()
    for partition in hosts.keys { hosts[partition]?.tick(moment) }
    touched.formUnion(hosts.keys)
    heedDisk(moment)
    heedDrain(moment)
    spreadLeaders(moment)
    replaceReplicas(moment)
    tendCluster(moment)
    tendFiles(moment)
    drain()
    var commits: [PartitionID: UInt64] = [:]
    for partition in hosts.keys { commits[partition] = hosts[partition]?.ledCommit }
    services.ticked(number, at: moment.monotonic, commits: commits)
  }

  // MARK: actions

  func scheduleDrain() {
    guard !drainScheduled else { return }
    drainScheduled = true
    eventLoop.execute {
      self.assumeIsolated {
        $0.drainScheduled = false
        $0.drain()
      }
    }
  }

  func drain() {
    let moment = services.moment()
    guard !isStopped else { return }
    var outgoing: [NodeID: Outgoing] = [:]
    for partition in touched.sorted() {
      for action in hosts[partition]?.drain(moment) ?? [] {
        carryOut(action, partition, &outgoing)
      }
    }
    if touched.contains(.system) { lookAtCluster() }
    touched = []
    for (node, batch) in outgoing.sorted(by: { $0.key < $1.key }) {
      services.send(.consensus(batch.messages), to: node)
    }
  }

  /// Consensus messages of one drain to one node.
  private struct Outgoing {
    var messages: [GroupMessage] = []
    var bytes = 0
  }

  /// What one frame carries of consensus; far below what a frame may have.
  private static let frameBytes = 1 << 20

  private func add(_ message: GroupMessage, for node: NodeID, to outgoing: inout [NodeID: Outgoing]) {
    // By itself it takes the lane that nothing else waits for.
    if case .snapshot = message.message.body { return services.send(.consensus([message]), to: node) }
    var batch = outgoing.removeValue(forKey: node) ?? Outgoing()
    batch.messages.append(message)
    batch.bytes += message.approximateBytes
    if batch.bytes >= Self.frameBytes {
      services.send(.consensus(batch.messages), to: node)
    } else {
      outgoing[node] = batch
    }
  }

  private func carryOut(
    _ action: PartitionAction, _ partition: PartitionID, _ outgoing: inout [NodeID: Outgoing]
  ) {
    switch action {
    case .send(let message):
      guard let node = hosts[partition]?.node(of: message.to) else { return }
      add(GroupMessage(partition: partition, message: message), for: node, to: &outgoing)
    case .persist(let request):
      let token = request.token
      let replica = hosts[partition]?.raft.id
      services.store.append(partition: partition, request: request) { result in
        switch result {
        case .success: self.submit(.persisted(token), to: partition, of: replica)
        case .failure(let error): self.storeFailed(error)
        }
      }
    case .answer(let call, let answer):
      if case .failed(.overloaded) = answer { services.countRefusal() }
      tellAge(of: call, partition)
      responders.removeValue(forKey: call)?(answer)
    case .deliver(let batch):
      services.deliver(batch)
    case .acknowledge(let sender, let sequence):
      services.acknowledge(MessageAcknowledgment(receiver: partition, sender: sender, upTo: sequence))
    case .load:
      load(partition)
    case .loadActors(let actors, let epoch):
      loadActors(actors, epoch: epoch, partition)
    case .findRetired(let ranges, let limit):
      findRetired(ranges, limit: limit, partition)
    case .confirmed:
      services.confirmed(partition)
    case .syncState:
      syncState(partition)
    case .readSnapshot:
      readSnapshot(partition)
    case .installSnapshot(let bytes, let base):
      installSnapshot(bytes, base, partition)
    case .snapshotProblem(let detail):
      complain("a snapshot cannot be sent to other replicas", detail, partition)
    case .checkpoint(let checkpoint):
      write(checkpoint, partition)
    // The system group's are for nobody but the nodes themselves.
    case .applied where partition == .system, .eventsSkipped where partition == .system:
      break
    case .applied(let record):
      services.feed.publish(record)
    case .eventsSkipped(let index):
      services.feed.skipped(partition, through: index)
    case .leadership(let leader, let term, let isSelf):
      services.leadership(of: partition, leader: leader, term: term, isSelf: isSelf)
    case .quarantined(let detail):
      services.logger.critical(
        "partition is quarantined: it serves nothing on this node until the cause is removed; its other replicas go on",
        metadata: ["partition": "\(partition.label)", "cause": "\(detail)"])
      if let host = hosts[partition], let fault = host.filesFault {
        services.wantReplica(partition, above: host.raft.id, reason: fault)
      }
    case .undeliverable(let message, .poisoned(let work, let crashes)):
      saySetAside(message, work, crashes, partition)
    case .undeliverable(let message, let error):
      services.logger.error(
        "a durable message cannot be decided by this node's version and was dropped",
        metadata: ["to": "\(message.to)", "method": "\(message.method)", "cause": "\(error)"])
    }
  }

  /// Logs what happens again and again as long as nobody removes its cause.
  func complain(_ words: Logger.Message, _ cause: String, _ partition: PartitionID) {
    guard complaints.admit(cause, of: partition, at: services.moment().monotonic) else { return }
    services.logger.warning(words, metadata: ["partition": "\(partition.label)", "cause": "\(cause)"])
  }

  /// Nothing of this loop is acknowledged any more; the node is to end.
  nonisolated func storeFailed(_ error: StoreError) {
    eventLoop.execute {
      self.assumeIsolated { loop in
        guard !loop.isStopped else { return }
        loop.stopNow()
        loop.services.storeFailed(error)
      }
    }
  }

  func stopNow() {
    isStopped = true
    ticker?.cancel()
  }
}
