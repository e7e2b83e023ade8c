// A node whose files are not those that its peers know, and replicas that come back under new ids: the node's part. A shell.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NodeStore
internal import PeerTransport
internal import Raft

extension NodeHost {
  // MARK: whose files these are

  var ownFiles: PeerFiles {
    let store = services.store
    return PeerFiles(
      store: store.storeID, incarnation: store.incarnation, life: store.life,
      isAssignedOnly: store.isAssignedOnly, found: store.foundSequence, durable: store.durableSequence)
  }

  /// Whether the sender takes nothing from this run of this node, because it knows the node by other files.
  func refuses(_ ping: PingFrame, from node: NodeID) -> Bool {
    guard let refusal = ping.refusal, refusal.life == services.store.life else { return false }
    lost("\(node) says: \(refusal.reason)")
    return true
  }

  /// A peer has seen a higher incarnation of this node and takes no connection.
  func outdated(by node: NodeID) {
    lost("\(node) has seen a higher incarnation of this node than \(services.store.incarnation)")
  }

  func lost(_ reason: String) {
    let isNews = isLost.withLockedValue { isLost in
      defer { isLost = true }
      return !isLost
    }
    guard isNews else { return }
    // Before anything else, so that no later start takes these files for what the node has acknowledged.
    services.store.markSuspect(reason)
    halt()
    services.logger.error(
      "this node's disk was lost, or restored from an old copy: it takes no part with these files any more",
      metadata: ["cause": "\(reason)"])
    onLostDisk(reason)
  }

  /// Whether frames of the node may be taken.
  func agrees(_ files: PeerFiles?, of node: NodeID) -> Bool {
    switch peers.withLockedValue({ $0.greeted(by: node, files) }) {
    case .agree:
      return true
    case .wait:
      return false
    case .remember(let peer):
      services.store.rememberPeer(peer) { result in
        switch result {
        case .success: self.peers.withLockedValue { $0.isRemembered(peer) }
        // The node ends, or starts over, while this waits for room on the disk.
        case .failure(.closed): break
        case .failure(let error): self.services.storeFailed(error)
        }
      }
      return false
    case .refuse(let refusal, let isNew):
      guard isNew else { return false }
      services.logger.error(
        "a node came back with files that are not those it had; nothing is taken from it until it begins anew on empty ones, which it does by itself",
        metadata: ["node": "\(node)", "cause": "\(refusal.reason)"])
      ping(node)
      return false
    }
  }

  // MARK: replicas of this node

  /// The hosts that can start; the others are wanted.
  static func hosts(
    _ store: NodeStore, _ maker: ReplicaMaker, _ services: NodeServices,
    _ needs: NIOLockedValueBox<ReplicaNeeds>, _ hosted: NIOLockedValueBox<HostedReplicas>,
    _ view: ClusterView
  ) -> [PartitionHost] {
    let recovered = store.takeRecovered()
    let now = services.moment()
    let unusable = view.isAlone ? [:] : store.unusablePartitions
    return (maker.topology.placement.partitions + [.system]).compactMap { partition in
      let assigned = store.replicaIDs[partition]
      if let assigned, ReplicaNaming.isDropped(assigned) {
        hosted.withLockedValue { $0.dropped[partition] = ReplicaNaming.last(of: assigned) }
        return nil
      }
      let isMissing = store.isAssignedOnly && assigned == nil
      // What a node that joins is to have it hears from the system group.
      if isMissing, maker.own == nil, partition != .system { return nil }
      let reason = unusable[partition] ?? (isMissing ? "the files are new" : nil)
      if let reason {
        needs.withLockedValue {
          _ = $0.want(
            partition, above: assigned ?? ReplicaID(rawValue: 0), reason: reason, isUnhosted: true,
            isMove: isMissing && maker.own == nil, now: now.monotonic)
        }
        return nil
      }
      let host = maker.host(
        partition, as: assigned, recovered[partition], nodes: view.naming, isWitness: view.isWitness, now: now
      )
      hosted.withLockedValue { $0.running[partition] = host.raft.id }
      if let assigned, !host.raft.membership.voters.contains(assigned) {
        needs.withLockedValue { $0.isJoining(partition, as: assigned) }
      }
      return host
    }
  }

  func sayWhatIsMissing() {
    let begun = needs.withLockedValue { $0.begun }
    guard !begun.isEmpty else { return }
    services.logger.error(
      "partitions of this node are rebuilt from the other nodes; nothing needs to be done but to check the disk",
      metadata: ["partitions": "\(begun.count) of \(topology.placement.partitions.count + 1)"])
  }

  func want(_ partition: PartitionID, above replica: ReplicaID, reason: String, isUnhosted: Bool) {
    // There is nobody to rebuild it from.
    guard !view.isAlone else { return }
    let now = clock.monotonic()
    let isNews = needs.withLockedValue {
      $0.want(partition, above: replica, reason: reason, isUnhosted: isUnhosted, now: now)
    }
    guard isNews else { return }
    services.logger.error(
      "a partition's files cannot be used and are rebuilt from the other nodes; nothing needs to be done but to check the disk",
      metadata: ["partition": "\(partition.label)", "cause": "\(reason)"])
    // Nobody is to count on its vote.
    pingAll()
  }

  func askForReplicas() {
    let running = hosted.withLockedValue { $0.running }
    let due = needs.withLockedValue { $0.due(clock.monotonic(), running: running) }
    guard !due.isEmpty else { return }
    let frame = Frame.needReplica(NeedReplicaFrame(store: services.store.storeID, needs: due))
    // Older versions would not know the frame.
    let nodes = peers.withLockedValue { peers in peers.agreeing.filter(peers.isKnown) }
    for node in nodes.sorted() { links.send(frame, to: node) }
  }

  func received(_ frame: ReplicaAssignedFrame) {
    let partition = frame.partition
    let replica = frame.replica
    let store = services.store
    guard frame.store == store.storeID, isOfCluster(partition), mayTakeReplica(frame),
      needs.withLockedValue({ $0.accept(replica, for: partition) })
    else { return }
    takeEpoch(of: frame)
    let loop = loop(of: partition)
    loop.retire(partition) {
      store.assignReplica(partition, replica) { result in
        switch result {
        case .success: break
        // As above.
        case .failure(.closed): return
        case .failure(let error): return self.services.storeFailed(error)
        }
        let now = self.services.moment()
        self.needs.withLockedValue { $0.assigned(partition, now: now.monotonic) }
        self.hosted.withLockedValue { $0.running[partition] = replica }
        let view = self.view
        let naming = view.naming
        loop.install(
          self.maker.host(
            partition, as: replica, nil, isFresh: true, nodes: naming,
            isWitness: frame.isWitness ?? view.isWitness, now: now))
        self.services.logger.notice(
          "begins as another replica and catches up",
          metadata: [
            "partition": "\(partition.label)",
            "replica": "\(naming.words(replica))",
          ])
      }
    }
  }

  func joined(_ partition: PartitionID) {
    let (isMove, isNews, done, begun) = needs.withLockedValue { needs in
      (needs.isMove(partition), needs.joined(partition), needs.done.count, needs.begun.count)
    }
    guard isNews else { return }
    if isMove {
      return services.logger.notice(
        partition == .system ? "belongs to the cluster now" : "a partition has come to this node",
        metadata: ["partition": "\(partition)"])
    }
    services.logger.notice(
      done == begun ? "all partitions that were lost are rebuilt" : "a partition is rebuilt",
      metadata: ["partition": "\(partition.label)", "rebuilt": "\(done) of \(begun)"])
  }

  // MARK: replicas of other nodes

  func received(_ frame: NeedReplicaFrame, from node: NodeID) {
    guard let original = view.naming.original(of: node) else { return }
    for need in frame.needs where isOfCluster(need.partition) {
      loop(of: need.partition).asked(by: original, store: frame.store, need)
    }
  }
}
