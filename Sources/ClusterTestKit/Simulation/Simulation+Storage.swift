// What a simulated node's store is asked for, when it is done.
import ActorCluster
import NodeStore
import Raft

extension Simulation {
  /// One transaction and one sync for everything that waits, as the log writer does it.
  func startWriting(_ node: SimulatedNode) {
    guard !node.isWriting, !node.writes.isEmpty else { return }
    node.isWriting = true
    let isSlow = random.chance(oneIn: profile.slowWriteOneIn)
    let spread = Int64(random.next() % (isSlow ? 25_000 : 100))
    schedule(.logWritten(life: node.life), to: node.index, in: node.diskLatency + spread)
  }

  func writeLog(_ node: SimulatedNode) {
    let batch = node.writes
    node.writes = []
    node.isWriting = false
    guard let results = node.store?.write(batch) else { return }
    trace.record(.written, at: now, node: node.index, UInt64(batch.count))
    for (write, result) in zip(batch, results) {
      switch result {
      case .success:
        node.hosts[Int(write.0.rawValue)].persisted(upTo: write.1.token)
        touch(write.0, node)
      case .failure(let error):
        return storeFailed(node, error)
      }
    }
    startWriting(node)
  }

  func write(_ checkpoint: PartitionCheckpoint, _ node: SimulatedNode) {
    attempt(node) { (store) throws(StoreError) in
      try store.checkpoint(checkpoint)
      trace.record(
        .checkpointed, at: now, node: node.index, partition: Int(checkpoint.partition.rawValue),
        checkpoint.appliedIndex)
      node.hosts[Int(checkpoint.partition.rawValue)].checkpointed(at: checkpoint.appliedIndex)
    }
  }

  func load(_ partition: PartitionID, _ node: SimulatedNode) {
    attempt(node) { (store) throws(StoreError) in
      let loaded = try store.loadTables(partition)
      trace.record(
        .restored, at: now, node: node.index, partition: Int(partition.rawValue), loaded.appliedIndex)
      node.hosts[Int(partition.rawValue)].loaded(loaded, now: node.moment(now))
      touch(partition, node)
    }
  }

  func loadActors(
    _ actors: [ActorKey], epoch: UInt64, _ partition: PartitionID, _ node: SimulatedNode
  ) {
    attempt(node) { (store) throws(StoreError) in
      let names = actors.map { ActorName(actorType: $0.type, actorID: $0.id) }
      node.hosts[Int(partition.rawValue)].actorsLoaded(
        try store.loadActors(names, of: partition), epoch: epoch, now: node.moment(now))
      touch(partition, node)
    }
  }

  func findRetired(
    _ ranges: [Range<String>], limit: Int, _ partition: PartitionID, _ node: SimulatedNode
  ) {
    attempt(node) { (store) throws(StoreError) in
      let rows = try store.oldestRows(
        ofType: RetiredActor.rowType, in: ranges, limit: limit, of: partition)
      if !rows.isEmpty { coverage.count(.retentions) }
      node.hosts[Int(partition.rawValue)].retiredFound(rows, node.moment(now))
      touch(partition, node)
    }
  }

  func syncState(_ partition: PartitionID, _ node: SimulatedNode) {
    attempt(node) { (store) throws(StoreError) in
      let synced = try store.syncState()
      node.hosts[Int(partition.rawValue)].stateSynced(at: synced[partition] ?? 0)
      touch(partition, node)
    }
  }

  func readSnapshot(_ partition: PartitionID, _ node: SimulatedNode) {
    attempt(node) { (store) throws(StoreError) in
      node.hosts[Int(partition.rawValue)].snapshotRead(
        try store.readSnapshot(partition), node.moment(now))
      touch(partition, node)
    }
  }

  func install(
    _ snapshot: [UInt8], _ base: LogBase, _ partition: PartitionID, _ node: SimulatedNode
  ) {
    attempt(node) { (store) throws(StoreError) in
      do throws(StoreError) {
        try store.installSnapshot(partition, base: base, bytes: snapshot)
      } catch {
        guard case .unusableSnapshot = error else { throw error }
        node.hosts[Int(partition.rawValue)].snapshotRefused(base, node.moment(now))
        return touch(partition, node)
      }
      coverage.count(.snapshots)
      trace.record(.installed, at: now, node: node.index, partition: Int(partition.rawValue), base.index)
      node.hosts[Int(partition.rawValue)].snapshotInstalled(base)
      node.checked[Int(partition.rawValue)] = max(node.checked[Int(partition.rawValue)], base.index)
      touch(partition, node)
    }
  }

  /// The log of every partition of the node is known to reach what was acknowledged.
  func confirmed(_ partition: PartitionID, _ node: SimulatedNode) {
    node.confirmed.insert(partition)
    guard node.confirmed.count == Int(shape.partitions) else { return }
    attempt(node) { (store) throws(StoreError) in try store.confirmLog() }
  }

  private func attempt(_ node: SimulatedNode, _ work: (StoreCore) throws(StoreError) -> Void) {
    guard let store = node.store else { return }
    do throws(StoreError) {
      try work(store)
    } catch {
      storeFailed(node, error)
    }
  }

  /// The node ends: what it has not acknowledged it never will. A full disk is left as it was.
  private func storeFailed(_ node: SimulatedNode, _ error: StoreError) {
    trace.record(.fault, at: now, node: node.index, note: "\(error)")
    stop(node, because: .crashed)
    schedule(.start, to: node.index, in: 400_000 + Int64(random.next() % 400_000))
  }
}
