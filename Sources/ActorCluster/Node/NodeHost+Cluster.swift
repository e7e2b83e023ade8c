// A node as a member of its cluster: who the others are, which partitions are to be here, and its end. A shell.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NodeStore
internal import PeerTransport
internal import Raft

/// Why a node takes no part any more, although nothing is wrong with it. In words.
public enum Expulsion: Error, Equatable, Sendable, CustomStringConvertible {
  /// It was removed, and holds nothing that counts: it may be stopped, and its data deleted.
  case removed(String)
  /// The cluster uses what this version does not know.
  case tooOld(String)
  /// The cluster and this node's configuration do not agree on whether it is a witness.
  case misconfigured(String)

  public var description: String {
    switch self {
    case .removed(let words), .tooOld(let words), .misconfigured(let words): words
    }
  }
}

/// The replicas of one node by partition.
struct HostedReplicas: Sendable {
  var running: [PartitionID: ReplicaID] = [:]
  /// The last ids of those that it gave up.
  var dropped: [PartitionID: ReplicaID] = [:]
}

extension ClusterView {
  /// What the files and the configuration of a node say before it has heard from anybody.
  static func atStart(
    of node: NodeID, _ configuration: SystemConfiguration, _ store: NodeStore
  ) -> ClusterView {
    let topology = configuration.topology
    let founders = store.isAssignedOnly ? nil : ClusterTopology.founders(in: store.topology)
    let foundation = founders == nil ? topology.fingerprint : store.topology
    return ClusterView(
      own: node, founders: founders ?? topology.nodes,
      configured: topology.nodes + Array(configuration.transport.peers.keys),
      foundation: store.isAssignedOnly || topology.nodes.isEmpty && founders == nil ? nil : foundation,
      witnesses: founders == nil
        ? Set(topology.witnesses + (configuration.isWitness ? [node] : [])).sorted()
        : ClusterTopology.witnesses(in: store.topology))
  }
}

extension SystemConfiguration {
  /// What this node founds the cluster with; nil when its files do not say, or it does not know where a founder is.
  func founding(_ view: ClusterView) -> ClusterFounding? {
    guard let foundation = view.foundation else { return nil }
    let names = view.naming.originals.sorted { $0.key < $1.key }
    var addresses = transport.peers.mapValues(\.description)
    if let listen = transport.listen { addresses[view.own] = addresses[view.own] ?? listen.description }
    let members = names.compactMap { replica, name in
      addresses[name].map {
        ClusterMember(
          number: replica.rawValue, name: name, peer: $0, api: founding.apis[name],
          site: founding.sites[name],
          status: .active, isWitness: view.isWitness(name))
      }
    }
    guard !members.isEmpty, members.count == names.count else { return nil }
    let odd = members.count % 2 == 0 ? members.count - 1 : members.count
    return ClusterFounding(
      foundation: foundation, partitionCount: topology.placement.partitionCount,
      voters: founding.voters ?? max(3, odd), copies: founding.copies, level: FeatureLevel.known,
      members: members)
  }
}

extension NodeHost {
  func isOfCluster(_ partition: PartitionID) -> Bool {
    partition == .system || topology.placement.partitions.contains(partition)
  }

  /// It was removed.
  var isOut: Bool { hosted.withLockedValue { $0.running.isEmpty } && isLost.withLockedValue { $0 } }

  // MARK: what pings say

  func addMembers(to ping: inout PingFrame, for node: NodeID) {
    let view = view
    ping.level = FeatureLevel.known
    ping.placement = services.placement
    if let state = view.state {
      if hearsay.lacksMembers(node) { ping.members = state.present }
    } else {
      ping.lacksMembers = true
    }
  }

  /// Whether the sender is of this cluster.
  func fits(_ ping: PingFrame, from node: NodeID) -> Bool {
    let view = view
    let isAnew = ping.lacksMembers == true && ping.files?.isAssignedOnly == true
    let count = topology.fingerprint.prefix { $0 != " " }
    if isAnew || ping.topology == view.fingerprint { return true }
    if view.fingerprint == nil, ping.topology.prefix(while: { $0 != " " }) == count { return true }
    // A member may come back on an empty disk with a newer list of nodes: it is told that these are not its files.
    if view.state?.member(node) != nil { _ = agrees(ping.files, of: node) }
    peers.withLockedValue { $0.forget(node) }
    services.logger.error(
      "a node is of another cluster, or has another number of partitions, and is ignored; a node that joins needs cluster.join: yes",
      metadata: [
        "node": "\(node)", "theirs": "\(ping.topology)",
        "ours": "\(view.fingerprint ?? topology.fingerprint)",
      ])
    return false
  }

  func learnMembers(from ping: PingFrame) {
    guard let members = ping.members else { return }
    let isNews = cluster.withLockedValue { $0.tell(members) }
    if isNews { spread() }
  }

  // MARK: the state of the cluster

  /// As it is committed and applied in the system group here.
  func clusterIs(_ state: ClusterState) {
    guard !isLost.withLockedValue({ $0 }) else { return }
    guard state.level <= FeatureLevel.known else {
      return expel(
        .tooOld(
          "the cluster is at feature level \(state.level), and this version knows \(FeatureLevel.known): start the newer version "
            + "that the other nodes run"))
    }
    let before = view.state
    cluster.withLockedValue { $0.adopt(state) }
    if before?.revision != state.revision { say(state, after: before) }
    spread()
    if isRemoved(state) {
      return expel(
        .removed(
          "this node was removed from the cluster \"\(topology.name)\": it holds nothing that counts any more. Stop it; to add it "
            + "again, delete its data directory and use switchboard ctl add"))
    }
    if let own = state.member(services.node), own.isWitness != isConfiguredWitness {
      return expel(
        .misconfigured(
          "the cluster has this node as \(own.isWitness ? "a witness" : "one that holds the state"), and its configuration says "
            + "otherwise: set nodes.\(services.node).witness to \(own.isWitness); what a node is never changes. To change it, "
            + "remove the node and add it anew"))
    }
    reviewPlaces()
    if !view.staying.isEmpty {
      // Long enough for the others to hear that they are gone.
      loops.first?.eventLoop.scheduleTask(in: .seconds(5)) {
        self.cluster.withLockedValue { $0.staying = [] }
        self.spread()
      }
    }
  }

  private func say(_ state: ClusterState, after before: ClusterState?) {
    for member in state.members {
      let old = before?.member(numbered: member.number)
      guard old?.status != member.status, before != nil || member.status != .active else { continue }
      services.logger.notice(
        "a node's part in the cluster changes",
        metadata: ["node": "\(member.name)", "number": "\(member.number)", "is": "\(member.status.rawValue)"])
    }
    if before == nil {
      services.logger.info(
        "knows the cluster",
        metadata: ["nodes": "\(state.present.map(\.name.rawValue).joined(separator: ", "))"])
    }
  }

  /// Its number is gone, or another node has its name now.
  private func isRemoved(_ state: ClusterState) -> Bool {
    guard let own = hosted.withLockedValue({ $0.running[.system] }) else { return false }
    let number = ReplicaNaming.original(of: own).rawValue
    return state.member(numbered: number)?.status == .gone
      || state.member(services.node).map { $0.number != number } ?? false
  }

  private func spread() {
    let view = view
    services.setNodeCount(view.memberCount)
    nodes.withLockedValue { $0 = view.nodes }
    advice.withLockedValue { $0 = view.withoutLeader }
    // What the configuration says of a node comes first: that is how this machine reaches it.
    var addresses = view.addresses
    for (node, address) in configuredPeers where addresses[node] != nil { addresses[node] = address }
    if !addresses.isEmpty { setPeers(addresses) }
    for loop in loops { loop.adopt(view) }
  }

  private func expel(_ why: Expulsion) {
    let isNews = isLost.withLockedValue { isLost in
      defer { isLost = true }
      return !isLost
    }
    guard isNews else { return }
    if case .removed(let words) = why {
      do throws(StoreError) {
        try services.store.markRemoved(words)
      } catch {
        services.logger.error("the data directory cannot be marked", metadata: ["cause": "\(error)"])
      }
    }
    services.logger.error("takes no part any more", metadata: ["cause": "\(why)"])
    hosted.withLockedValue { $0.running = [:] }
    halt()
    setPeers([:])
    onExpelled(why)
  }

  // MARK: which partitions are to be here

  /// Asks for those that are to be here and are not, and lets those go that are to be elsewhere.
  func reviewPlaces() {
    let view = view
    guard let state = view.state, let number = view.ownNumber, !isLost.withLockedValue({ $0 }) else { return }
    let hosted = hosted.withLockedValue { $0 }
    let floor = ReplicaNaming.floor(of: ReplicaID(rawValue: number), revision: state.revision)
    let now = clock.monotonic()
    for partition in topology.placement.partitions {
      let isWanted = view.target(of: partition)?.contains(number) ?? true
      switch (hosted.running[partition], isWanted) {
      case (nil, true):
        let above = max(hosted.dropped[partition] ?? floor, floor)
        needs.withLockedValue {
          _ = $0.want(
            partition, above: above, reason: "it is to be there", isUnhosted: true, isMove: true, now: now)
        }
      case (nil, false): needs.withLockedValue { $0.withdraw(partition) }
      case (_?, true): needs.withLockedValue { $0.stay(partition) }
      case (let replica?, false): needs.withLockedValue { _ = $0.leave(partition, as: replica) }
      }
    }
  }

  /// A replica of this node is no member any more, by a committed change, and is to be elsewhere: its files go.
  func dismissed(_ frame: ReplicaAssignedFrame) {
    let partition = frame.partition
    let view = view
    guard frame.store == services.store.storeID, partition != .system, let number = view.ownNumber,
      view.target(of: partition)?.contains(number) == false,
      needs.withLockedValue({ $0.dismissed(partition, frame.replica) })
    else { return }
    let dropped = ReplicaNaming.dropped(frame.replica)
    loop(of: partition).retire(partition) {
      self.hosted.withLockedValue { hosted in
        hosted.running[partition] = nil
        hosted.dropped[partition] = frame.replica
      }
      // The id stays, so that no later replica gets it.
      self.services.store.assignReplica(partition, dropped) { result in
        switch result {
        case .success:
          self.services.logger.notice(
            "gives its copy of a partition up: it is elsewhere now",
            metadata: [
              "partition": "\(partition.rawValue)", "replica": "\(view.naming.words(frame.replica))",
            ])
        case .failure(.closed): break
        case .failure(let error): self.services.storeFailed(error)
        }
      }
    }
  }
}
