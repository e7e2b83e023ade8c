// What happens to simulated nodes, and what their hosts do from step to step: checkpoints, compaction, snapshots.

import Raft

extension Simulation {
  func start(_ node: SimulatedNode, number: Int, kind: StartKind) -> Raft {
    let id = ReplicaID(rawValue: UInt64(number))
    let configuration = Raft.Configuration(
      id: id, voters: node.voters,
      witnesses: node.isWitness ? [id] + witnessesAtStart(node.voters) : witnessesAtStart(node.voters),
      electionTicks: 10, heartbeatTicks: 2, maxEntriesPerAppend: 4, maxBytesPerAppend: 100,
      maxAppendsInFlight: 3, maxBytesInFlight: 250, maxSnapshotChunkBytes: 40, maxUncommittedBytes: 4_000,
      maxPendingReads: 50, hintStaggerTicks: 2, quiet: isQuiet, seed: seed &+ UInt64(step) &* 1_000)
    return Raft(
      configuration: configuration, hardState: node.disk.hardState, log: node.disk.log, base: node.disk.base,
      applied: max(node.host.checkpoint.index, node.disk.baseIndex), start: kind)
  }

  /// A group of the first voters may have a witness.
  private func witnessesAtStart(_ voters: [ReplicaID]) -> [ReplicaID] {
    seed % 3 == 1 ? voters.suffix(1) : []
  }

  mutating func add(_ number: Int, voters: [ReplicaID], isWitness: Bool) {
    let id = ReplicaID(rawValue: UInt64(number))
    let placeholder = Raft(
      configuration: Raft.Configuration(id: id, voters: voters, seed: 0), hardState: HardState(), log: [])
    var node = SimulatedNode(raft: placeholder)
    node.voters = voters
    node.isWitness = isWitness
    node.raft = start(node, number: number, kind: .new)
    nodes.append(node)
  }

  // MARK: Crashes

  mutating func causeTrouble() {
    if chance(weather.partition) {
      for node in nodes.indices { nodes[node].island = Int.random(in: 0...1, using: &random) }
    } else if chance(weather.heal) {
      for node in nodes.indices { nodes[node].island = 0 }
    }
    if chance(weather.outage) {
      tally.outages += 1
      for node in nodes.indices where nodes[node].isUp { crash(node) }
    }
    for node in nodes.indices where !nodes[node].isUp && !nodes[node].isRetired && chance(0.1) {
      restart(node)
    }
  }

  /// What is not written is lost, and so is a part of what is under way.
  mutating func crash(_ node: Int) {
    tally.crashes += 1
    let survivors = Int.random(in: 0...nodes[node].writes.count, using: &random)
    for write in nodes[node].writes.prefix(survivors) { execute(write.request, at: node) }
    nodes[node].writes = []
    nodes[node].isUp = false
    if let installing = nodes[node].host.storing.first(where: { $0.chunk.isLast }), chance(0.5) {
      // The state was replaced; Raft never heard of it.
      _ = replaceState(at: node, by: installing.chunk)
    }
    nodes[node].host.crash()
    if chance(weather.damage), mayBeDamaged(node) {
      if chance(weather.wipe), mayBeWiped(node) {
        wipe(node)
      } else if nodes[node].disk.loseLast() {
        tally.damages += 1
        nodes[node].isDamaged = true
      }
    }
    reads = reads.filter { $0.key.node != node }
  }

  /// Only a minority may be damaged at a time: all that is acknowledged is on a majority.
  private func mayBeDamaged(_ node: Int) -> Bool {
    let membership = nodes[node].raft.membership
    guard membership.isMember(nodes[node].raft.id) else { return false }
    let smallest = min(membership.voters.count, membership.isJoint ? membership.outgoing.count : .max)
    return smallest >= 3
      && !nodes.indices.contains { $0 != node && nodes[$0].isInDoubt && !nodes[$0].isRetired }
  }

  /// Only one of the first voters: a replica that joined comes back under a new id. And only when it cannot be taken
  /// for one that never ran.
  private func mayBeWiped(_ node: Int) -> Bool {
    !nodes[node].voters.isEmpty
      && nodes.indices.allSatisfy { $0 == node || nodes[$0].voters.isEmpty || nodes[$0].disk.lastIndex > 0 }
  }

  private mutating func wipe(_ node: Int) {
    tally.wipes += 1
    nodes[node].disk = SimulatedDisk()
    nodes[node].host = SimulatedHost()
    nodes[node].isDamaged = true
    nodes[node].wasWiped = true
  }

  mutating func restart(_ node: Int) {
    nodes[node].isUp = true
    nodes[node].resumesAt = step
    nodes[node].checkedCommit = 0
    nodes[node].disk.forgetHistory()
    let host = nodes[node].host
    if let installed = host.installed {
      let raft = RaftLog(entries: nodes[node].disk.log, base: nodes[node].disk.base ?? .empty)
      if installed.index > raft.base.index, raft.term(at: installed.index) != installed.term {
        nodes[node].disk.replaceLog(by: installed)
      }
    }
    let isEmpty = nodes[node].disk.isEmpty
    let kind: StartKind = isEmpty ? .new : nodes[node].isDamaged ? .doubtful : .restarted
    nodes[node].raft = start(nodes[node], number: node + 1, kind: kind)
    nodes[node].checkedCommit = nodes[node].raft.base.index
  }

  // MARK: Hosts

  /// One heartbeat per pair of nodes tells who lives and who leads.
  mutating func tellWhoLives() {
    guard step % 2 == 0 else { return }
    for node in nodes.indices where nodes[node].isUp && nodes[node].resumesAt <= step {
      for other in nodes.indices where other != node && nodes[other].isUp && nodes[other].resumesAt <= step {
        guard nodes[node].island == nodes[other].island, !chance(weather.loss) else { continue }
        nodes[node].raft.peerAlive(nodes[other].raft.id)
        if nodes[other].raft.role == .leader {
          nodes[node].raft.leaderAlive(nodes[other].raft.id, term: nodes[other].raft.term)
        }
      }
    }
  }

  mutating func keepHouse(_ node: Int) throws {
    if chance(0.1), !nodes[node].isWitness { takeCheckpoint(node) }
    if chance(weather.compaction) {
      let raft = nodes[node].raft
      let target = nodes[node].isWitness ? raft.commitIndex : nodes[node].host.checkpoint.index
      let back = LogIndex.random(in: 0...8, using: &random)
      nodes[node].raft.compact(to: target > back ? target - back : 0)
      if nodes[node].raft.base.index > raft.base.index {
        tally.compactions += 1
        try checkCompaction(node)
      }
    }
    while let reading = nodes[node].host.readings.first, reading.due <= step {
      nodes[node].host.readings.removeFirst()
      if let chunk = nodes[node].host.chunk(for: reading.read), !chance(weather.snapshotTrouble / 3) {
        nodes[node].raft.snapshotRead(chunk, for: reading.read.to)
      } else {
        nodes[node].raft.snapshotUnavailable(for: reading.read.to)
      }
    }
    while let storing = nodes[node].host.storing.first, storing.due <= step {
      nodes[node].host.storing.removeFirst()
      try store(storing.chunk, at: node)
    }
  }

  private mutating func takeCheckpoint(_ node: Int) {
    let raft = nodes[node].raft
    let index = nodes[node].host.applied
    guard let term = raft.term(at: index), let membership = raft.membership(at: index) else { return }
    guard index > nodes[node].host.checkpoint.index else { return }
    nodes[node].host.checkpoint = LogBase(index: index, term: term, membership: membership)
    nodes[node].host.checkpointDigest = nodes[node].host.digest
    nodes[node].raft.checkpointed(upTo: index)
  }

  private mutating func store(_ chunk: SnapshotChunk, at node: Int) throws {
    if chunk.offset == 0 { nodes[node].host.staged = [] }
    guard nodes[node].host.staged.count == chunk.offset else {
      throw failure("a chunk at \(chunk.offset) follows \(nodes[node].host.staged.count) bytes")
    }
    nodes[node].host.staged += chunk.bytes
    if !chunk.isLast {
      nodes[node].raft.snapshotStored(chunk.id, upTo: chunk.end)
    } else if chance(weather.snapshotTrouble / 2) {
      nodes[node].host.staged = []
      nodes[node].raft.snapshotRejected(chunk.id)
    } else {
      guard replaceState(at: node, by: chunk) else { throw failure("snapshot \(chunk.id) has another state") }
      tally.snapshots += 1
      nodes[node].raft.snapshotInstalled(chunk.id)
      nodes[node].checkedCommit = max(nodes[node].checkedCommit, nodes[node].raft.base.index)
      if !nodes[node].isWitness { nodes[node].raft.checkpointed(upTo: chunk.id.index) }
    }
  }

  /// Puts what was staged, with this last chunk, in the place of the state, durably. False if it is not the group's.
  private mutating func replaceState(at node: Int, by chunk: SnapshotChunk) -> Bool {
    var bytes = nodes[node].host.staged
    if bytes.count == chunk.offset { bytes += chunk.bytes }
    guard bytes.count >= 16, UInt64(bytes: bytes[0..<8]) == chunk.id.index else { return false }
    guard UInt64(bytes: bytes[8..<16]) == digests[Int(chunk.id.index)] else { return false }
    let base = LogBase(index: chunk.id.index, term: chunk.id.term, membership: chunk.membership)
    nodes[node].host.applied = base.index
    nodes[node].host.digest = digests[Int(base.index)]
    nodes[node].host.checkpoint = base
    nodes[node].host.checkpointDigest = nodes[node].host.digest
    nodes[node].host.installed = base
    nodes[node].host.staged = []
    return true
  }
}
