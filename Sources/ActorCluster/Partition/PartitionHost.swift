// The partition host: what one replica of a partition does, as a value. Events and the time in, actions out.
internal import CBOR
internal import DequeModule
package import NodeStore
package import PeerTransport
internal import PlantedBugs
package import Raft

/// One replica of one partition: consensus, the replicated state, and what is between the two.
///
/// On the leader a command is decided on the state as all earlier decisions left it, applied at once, and proposed
/// as one log entry; its answer waits until that entry is committed. Reads and refusals wait until everything
/// decided before them is committed and a majority confirmed the leadership after they came in (promise P2). On
/// every other replica records are applied as they commit. A replica that was deposed keeps what it decided if
/// that commits after all, and else reloads itself from its last checkpoint and the committed log.
package struct PartitionHost: Sendable {
  package let id: PartitionID
  package internal(set) var raft: Raft
  var state: PartitionState
  /// The state as it is before any row: what reloading starts from.
  private let empty: PartitionState
  private var nodes: [ReplicaID: NodeID]
  var health: Health = .loading
  /// Index of the last entry in `state`; decided entries that are not committed count.
  var decidedIndex: LogIndex = 0
  /// Index of the last committed entry in `state`.
  package internal(set) var appliedIndex: LogIndex = 0
  /// Decided here and not known to be committed.
  var undecided: Deque<PendingEntry> = []
  var answers = HeldAnswers()
  var delivery = DeliveryWindow()
  var dirty = DirtyRows()
  var clock: PartitionClock
  var actions: [PartitionAction] = []
  var waiting: Deque<PartitionCall> = []
  /// Calls for which nobody leads at the moment; see `PartitionHost+Waiting`.
  var leaderless = LeaderlessCalls()
  /// Where the checkpoint ends that the storage has been given and has not answered for.
  var checkpointInFlight: LogIndex?
  var checkpointing: Bool { checkpointInFlight != nil }
  /// The checkpoint under way, if the state in memory is still the one that it was made of.
  var pendingCheckpoint: LogIndex?
  var lastCheckpoint: Int64 = 0
  var snapshots: SnapshotTransfers
  /// What snapshots may take of the network, and who waits for more of it.
  var snapshotBudget: ByteBudget
  var throttled: [SnapshotRead] = []
  var loads = ActorLoads()
  /// A committed entry waits for its actor to come into memory.
  var isStalled = false
  /// The state file is asked for actors to delete.
  var isFindingRetired = false
  var nextRetention: Int64 = 0
  /// What is done goes before its time.
  package var isStateTooLarge = false
  /// Old entries are to go from the log as soon as they may, however few they are.
  var mustCompact = false
  /// The last entry that deleted actors from here: until it is in the state file, they are found there again.
  var retentionIndex: LogIndex = 0
  /// Followers that were given a snapshot and have not caught up since.
  var supplied: Set<ReplicaID> = []
  /// A received snapshot is on its way into the state file: no checkpoint may follow it there.
  var isInstalling = false
  /// A received snapshot that cannot be used, and when its sender is told.
  var rejection: (id: SnapshotID, due: Int64)?
  /// A received snapshot of which the state file has more than all, once that is durable.
  var overtaken: LogBase?
  /// `.confirmed` was said.
  private var isConfirmed = false
  /// Why this replica's own files cannot be used: it has to be replaced. Nil while they can, as far as is known.
  package var filesFault: String?
  /// This replica is to have a copy, and not to vote.
  package var isCopy = false
  /// Of the cluster: what an older node could not read is not written below its level.
  package var featureLevel = FeatureLevel.known
  /// Consensus reported a contradiction, and the node was told that this replica leads no more.
  private var isOut = false
  /// The state file is being made durable.
  var isSyncing = false
  /// The last checkpoint that was written, and the last one known to be on stable storage.
  var checkpointedIndex: LogIndex = 0
  var syncedIndex: LogIndex = 0
  /// First index of the leader's own term: it serves once that is applied.
  var termStart: LogIndex = .max
  /// The node's disk has only its reserve left: new commands from outside are refused, all else goes on.
  package var refusesCommands = false
  var staleness = Staleness()
  /// Of stale answers that are on their way out.
  var ages: [CallID: Int64] = [:]
  /// What nodes have died of.
  package var poison = PoisonVerdicts.none
  /// Where the node notes what it does, in case it dies of it; nil in simulations.
  package var notes: (any InFlightNotes)?
  /// Nodes that would only give the leadership back.
  package var unfit: Set<NodeID> = []
  let limits: PartitionLimits

  package enum Health: Equatable, Sendable {
    case loading
    case running
    case quarantined(String)
  }

  package init(
    raft: Raft, state: PartitionState, nodes: [ReplicaID: NodeID], limits: PartitionLimits = .init(),
    now: Moment
  ) {
    id = state.id
    self.raft = raft
    self.state = state
    empty = state
    self.nodes = nodes
    self.limits = limits
    clock = PartitionClock(after: state.time, monotonic: now.monotonic)
    snapshots = SnapshotTransfers(limitBytes: limits.snapshotBytes)
    snapshotBudget = ByteBudget(bytesPerSecond: limits.snapshotBytesPerSecond)
    // What was found in the files contradicts itself.
    filesFault = raft.violation
    actions = [.load]
  }

  // MARK: status

  /// A replica that found a contradiction leads nothing, whatever it was.
  package var isLeader: Bool { raft.role == .leader && raft.violation == nil }

  /// A witness keeps the log for the others and runs no actors.
  package var isWitness: Bool { raft.isWitness }

  /// Whether this replica answers calls: it leads, and has applied all that was committed before it led.
  package var isServing: Bool { isLeader && !isWitness && health == .running && appliedIndex >= termStart }

  package var leaderNode: NodeID? { raft.violation == nil ? raft.leader.flatMap(node(of:)) : nil }

  package func node(of replica: ReplicaID) -> NodeID? {
    nodes[replica] ?? nodes[ReplicaNaming.original(of: replica)]
  }

  /// Where replicas live that are to join. One that left may stay known.
  package mutating func setNode(_ node: NodeID, of replica: ReplicaID) { nodes[replica] = node }

  /// Where all replicas live: the nodes of the cluster by their original ids.
  package mutating func setNodes(_ nodes: [ReplicaID: NodeID]) { self.nodes = nodes }

  /// The node's replica; a node whose disk was lost has had several, and the last one counts.
  private func replica(on node: NodeID) -> ReplicaID? {
    let known = nodes.lazy.filter { $0.value == node }.map(\.key).max()
    let member = raft.membership.members.last { self.node(of: $0) == node }
    return [known, member].lazy.compactMap(\.self).max()
  }

  /// Known to lead, whichever of the node's replicas it is.
  private func leader(on node: NodeID) -> ReplicaID? {
    raft.leader.flatMap { self.node(of: $0) == node ? $0 : nil }
  }

  /// Changes who has a replica of this partition, at its leader.
  package mutating func changeMembership(_ change: MembershipChange) throws(ProposalError) {
    _ = try raft.proposeMembership(change)
  }

  /// Whether that node's replica votes, holds the state, and has all of this leader's log.
  package func isCaughtUp(_ node: NodeID) -> Bool {
    guard let replica = replica(on: node), !raft.membership.isWitness(replica) else { return false }
    // The transfer brings it up to date.
    return raft.progress.contains {
      $0.id == replica && !$0.isLearner && $0.isRecentlyActive && raft.lastIndex - $0.match <= 1_024
    }
  }

  // MARK: events from consensus and the disk

  package mutating func tick(_ now: Moment) {
    guard raft.violation == nil else { return }
    raft.isReluctant = cannotLead
    raft.tick()
    if cannotLead { handOver() }
    if isServing {
      staleness = Staleness(complete: now.monotonic)
      fireTimers(now)
      delivery.tick(now.monotonic)
      housekeep(now)
      startRetention(now)
    }
    giveUpLeaderless(now)
    startCheckpoint(now)
    evict(now)
    startCompaction()
    tellRejection(now)
    dropIdleSnapshots()
    sendThrottledSnapshots(now)
  }

  /// A replica whose log contradicts what was committed takes no part any more: it must not help elect anyone.
  package mutating func receive(_ message: Message) {
    if raft.violation == nil { raft.receive(message) }
  }

  package mutating func persisted(upTo token: PersistToken) { raft.persisted(upTo: token) }

  /// A heartbeat of that node says that its replica leads here in this term.
  package mutating func leaderAlive(_ node: NodeID, term: Term) {
    if let leader = leader(on: node) { raft.leaderAlive(leader, term: term) }
  }

  /// The node lives and hears this one.
  package mutating func nodeAlive(_ node: NodeID) {
    if let replica = replica(on: node) { raft.peerAlive(replica) }
  }

  /// The node's process is known to be gone: its socket closed, and dialing it was refused or found a new one.
  package mutating func nodeGone(_ node: NodeID) {
    if let replica = leader(on: node) ?? replica(on: node) { raft.leaderUnreachable(replica) }
  }

  /// A connection to the node is ready; what was sent on the one before may be lost.
  package mutating func nodeConnected(_ node: NodeID) {
    leaderless.cut.remove(node)
    if let replica = replica(on: node) { raft.peerReset(replica) }
    releaseLeaderless()
  }

  /// Hands the leadership to another node's replica, if this one leads and that one is caught up.
  package mutating func transferLeadership(to node: NodeID) {
    guard let replica = replica(on: node) else { return }
    // A transfer that cannot start now is asked for again by placement.
    try? raft.transferLeadership(to: replica)
  }

  /// A replica that cannot serve gives the leadership to the one that has most of its log, if that can.
  private mutating func handOver() {
    guard isLeader, raft.transferTarget == nil,
      let best = raft.progress.filter({
        $0.isRecentlyActive && raft.membership.isVoter($0.id) && !raft.membership.isWitness($0.id)
          && !(node(of: $0.id).map(unfit.contains) ?? false)
      }).max(by: { $0.match < $1.match })
    else { return }
    try? raft.transferLeadership(to: best.id)
  }

  // MARK: loading

  /// The rows of the last checkpoint, as asked for by `.load`.
  package mutating func loaded(_ partition: LoadedPartition, now: Moment) {
    guard health == .loading else { return }
    // Also of a state that cannot be used: no older snapshot may take its place.
    checkpointedIndex = partition.appliedIndex
    state = empty
    dirty = DirtyRows(writtenThrough: checkpointInFlight ?? 0)
    undecided = []
    do {
      // A witness keeps the rows of a snapshot for others, and nothing of its own.
      if !isWitness { try state.restore(partition.rows) }
    } catch {
      return quarantine("its checkpoint cannot be restored: \(error)")
    }
    guard isWitness || partition.appliedIndex >= raft.base.index else {
      return quarantineFiles(
        "its checkpoint is at entry \(partition.appliedIndex), and its log begins after \(raft.base.index): the state "
          + "file was lost, and this replica has to be replaced")
    }
    // Where the end of the log was cut, what is missing is committed elsewhere and comes back from there.
    guard partition.appliedIndex <= raft.lastIndex || raft.isInDoubt || raft.votingFloor != nil else {
      return quarantineFiles(
        "its checkpoint is at entry \(partition.appliedIndex), its log ends at \(raft.lastIndex): "
          + "the log file is older than the state file")
    }
    if partition.appliedIndex > appliedIndex {
      // What lies between came as a state, not as records: event streams would miss it.
      actions.append(.eventsSkipped(through: partition.appliedIndex))
    }
    appliedIndex = partition.appliedIndex
    decidedIndex = partition.appliedIndex
    clock = PartitionClock(after: state.time, monotonic: now.monotonic)
    health = .running
    // A witness applies nothing: what it would make of later entries is no state.
    guard !isWitness else { return }
    raft.restored(through: appliedIndex)
    state.observe(monotonic: now.monotonic)
    catchUp()
  }

  package mutating func loadFailed(_ detail: String) {
    quarantineFiles("its checkpoint cannot be read: \(detail)")
  }

  mutating func reload() {
    health = .loading
    undecided = []
    loads.startEpoch()
    isStalled = false
    pendingCheckpoint = nil
    retentionIndex = 0
    actions.append(.load)
  }

  mutating func quarantine(_ detail: String) {
    health = .quarantined(detail)
    actions.append(.quarantined(detail))
    stopLeading()
  }

  // MARK: actions

  /// Everything to do since the last time, consensus included.
  package mutating func drain(_ now: Moment) -> [PartitionAction] {
    if isServing { releaseWaiting(now) }
    var next = raft.drain()
    if let violation = raft.violation { takeNoPart(violation) }
    while !next.isEmpty {
      for action in next { carryOut(action, now) }
      if isServing { releaseWaiting(now) }
      next = raft.drain()
    }
    if isServing {
      send()
    }
    let wanted = loads.takeWanted()
    if !wanted.isEmpty { actions.append(.loadActors(wanted, epoch: loads.epoch)) }
    if !isConfirmed, raft.reachesVotingFloor {
      isConfirmed = true
      actions.append(.confirmed)
    }
    defer { actions = [] }
    return actions
  }

  /// The node must not name this replica as a leader in its heartbeats: they would keep the others from electing one.
  private mutating func takeNoPart(_ violation: String) {
    if case .quarantined = health {} else { quarantine(violation) }
    guard !isOut else { return }
    isOut = true
    dropLeaderless()
    termStart = .max
    actions.append(.leadership(leader: nil, term: raft.term, isSelf: false))
  }

  private mutating func carryOut(_ action: Action, _ now: Moment) {
    if isOut {
      // It says nothing any more, and takes nothing in.
      guard case .persist = action else { return }
    }
    switch action {
    case .send(let message):
      actions.append(.send(message))
    case .persist(let request):
      actions.append(.persist(request))
    case .apply(let entries):
      if health == .running, !isWitness { apply(entries) }
    case .readSnapshot(let request):
      readSnapshot(request, now)
    case .storeSnapshot(let chunk):
      storeSnapshot(chunk, now)
    case .roleChanged(let role, _, let leader):
      roleChanged(role, leader: leader, now)
    case .readConfirmed(let token):
      actions += answers.confirmed(token, committed: appliedIndex).map { .answer($0.call, $0.answer) }
    case .readFailed(let token):
      for call in answers.failed(token) { redirect(call, now) }
    }
  }

  private mutating func roleChanged(_ role: Role, leader: ReplicaID?, _ now: Moment) {
    actions.append(
      .leadership(leader: leader.flatMap(node(of:)), term: raft.term, isSelf: role == .leader))
    delivery = DeliveryWindow()
    // Also on becoming the leader: of several changes between two drains only the last is announced.
    if role == .leader { stopLeading() } else { followNext(now) }
    releaseLeaderless()
    if role == .leader {
      termStart = raft.lastIndex
      let isFirst = state.time.milliseconds == 0
      let start = isFirst ? PartitionTime(milliseconds: now.anyWall ?? 0) : state.time
      clock = PartitionClock(after: start, monotonic: now.monotonic)
      if isPlanted(.loseOutbox) { forgetOutbox() }
    } else {
      termStart = .max
    }
  }

  /// For `PlantedBug.loseOutbox`: what the leader before had not delivered counts as delivered.
  private mutating func forgetOutbox() {
    for partition in state.outbox.destinations {
      let messages = state.outbox.messages(to: partition, after: 0, limit: .max, committed: .max)
      if let last = messages.last { delivery.acknowledged(by: partition, upTo: last.sequence) }
    }
  }

  /// Tells every caller to ask the new leader. What was decided may still commit; a retry with the same command id
  /// then finds its reply.
  mutating func stopLeading() {
    for entry in undecided {
      if let call = entry.call { actions.append(.answer(call, .redirected(to: leaderNode))) }
    }
    for position in undecided.indices { undecided[position].call = nil }
    actions += answers.takeAll().map { .answer($0, .redirected(to: leaderNode)) }
    for call in waiting { actions.append(.answer(call.id, .redirected(to: leaderNode))) }
    waiting = []
    // Messages are sent again by their sender.
    for case .call(let call) in loads.takeParked() {
      actions.append(.answer(call.id, .redirected(to: leaderNode)))
    }
  }
}
