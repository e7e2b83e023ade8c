// Nodes that come and go by the cluster's own decisions, and leaders that take their partitions to where they are to be.
import ActorCluster
import NodeStore
import PeerTransport
import Raft

extension Simulation {
  // MARK: who belongs to it

  /// Adds a node, puts one in the place of another, or removes one. False if the cluster refuses that now.
  func changePlacedMembers() -> Bool {
    // What is broken is mended first, and the cluster takes no more than two changes at a time here.
    guard let cluster = placed, !isDiskLost,
      cluster.state.present.count(where: { $0.status != .active }) < 2
    else { return false }
    let absent = nodes.filter { cluster.state.member($0.id) == nil }
    if !absent.isEmpty, random.chance(oneIn: 2) {
      let node = absent[Int(random.next() % UInt64(absent.count))]
      let old = random.chance(oneIn: 3) ? anyActive : nil
      guard placed?.add(node.index, node.id, replacing: old, at: now) == true else { return false }
      join(node)
    } else {
      let down = nodes.filter { !$0.isUp && isMember($0.index) }.map(\.id)
      guard let leaving = anyActive, placed?.remove(leaving, unreachable: down, at: now) == true else {
        return false
      }
    }
    membersChanged()
    return true
  }

  private var anyActive: NodeID? {
    guard let active = placed?.state.active, !active.isEmpty else { return nil }
    return active[Int(random.next() % UInt64(active.count))].name
  }

  private func membersChanged() {
    guard let cluster = placed else { return }
    for node in nodes { node.clocks.nodeCount = memberCount }
    if let defect = cluster.defect { fail("placement: \(defect)") }
  }

  /// So many nodes that a majority of them makes a median of clocks.
  var memberCount: Int { placed.map { max(1, $0.state.active.count) } ?? shape.members }

  /// What an operator, and the leader of the system group, do once in a while.
  func operatePlaced() {
    guard let cluster = placed else { return }
    if !isHealed, random.chance(oneIn: 30), changePlacedMembers() { made(.addRemoveMember) }
    for member in cluster.state.present {
      guard let node = nodes.first(where: { $0.id == member.name }) else { continue }
      switch member.status {
      // It is let in once it is there.
      case .joining where node.isUp && (isHealed || random.chance(oneIn: 5)):
        guard placed?.decide("activate", member.number, at: now) == true else { continue }
        coverage.count(.nodesAdded)
        membersChanged()
      case .leaving where isFree(node): letGo(node, member.number)
      default: break
      }
    }
    for partition in placement.partitions where isHealed || random.chance(oneIn: 3) { move(partition) }
    forgetLost()
    if placed?.isMoving == true, placed?.lost.isEmpty == true, isPlacedAsWanted {
      placed?.isMoving = false
      coverage.count(.placements)
    }
  }

  /// Every partition is where the cluster wants it, as the leaders say.
  var isPlacedAsWanted: Bool {
    placed.map { cluster in
      cluster.state.present.allSatisfy { $0.status == .active }
        && cluster.reports.unsettled(cluster.state, at: now / 1_000).isEmpty
    } ?? true
  }

  private func isFree(_ node: SimulatedNode) -> Bool {
    guard let cluster = placed else { return false }
    return ids(of: node).allSatisfy { cluster.reports.isFree($0.rawValue, cluster.state, at: now / 1_000) }
  }

  /// A person stops it, or forgets to.
  private func letGo(_ node: SimulatedNode, _ number: UInt64) {
    for partition in placement.partitions {
      let best = nodes.filter(\.isUp).map { $0.hosts[Int(partition.rawValue)].raft }
        .max { $0.commitIndex < $1.commitIndex }
      guard let best, let members = best.membership(at: best.commitIndex) else { continue }
      if ids(of: node).contains(where: members.isMember) {
        fail("placement: \(node.id) is said to be safe to stop, and is a member of \(partition)")
      }
    }
    guard placed?.decide("finish", number, at: now) == true else { return }
    coverage.count(.nodesRemoved)
    if random.chance(oneIn: 2), node.isUp { stop(node, because: .crashed) }
  }

  /// All that it had, whatever became of its disks.
  private func ids(of node: SimulatedNode) -> [ReplicaID] {
    (0...node.generation).map { shape.replica(node.index, generation: $0) }
  }

  /// Lost replicas count until no partition has them by what is committed.
  private func forgetLost() {
    guard let cluster = placed, !cluster.lost.isEmpty else { return }
    var members: Set<ReplicaID> = []
    for partition in placement.partitions {
      guard let view = leaderNode(of: partition)?.hosts[Int(partition.rawValue)].replacementView,
        view.isCommitted
      else { return }
      members.formUnion(view.membership.members)
    }
    placed?.lost.formIntersection(members)
  }

  // MARK: where its partitions are

  /// A node says how far the partitions are that it leads, as pings do.
  func reportPlacement(_ node: SimulatedNode) {
    guard let cluster = placed else { return }
    var report = PlacementReport(revision: cluster.state.revision)
    for host in node.hosts {
      guard var view = host.replacementView else { continue }
      view.target = target(of: host.id, cluster.state)
      report.add(host.id.rawValue, view)
    }
    placed?.reports.received(report, from: node.id, at: now / 1_000)
  }

  /// In the ids of replicas, which are small enough to be their own originals: a node that lost its disk is another one.
  private func target(of partition: PartitionID, _ state: ClusterState) -> ReplicaTarget {
    func replicas(_ numbers: [UInt64]) -> [UInt64] {
      numbers.compactMap { number in
        guard let name = state.members.first(where: { $0.number == number })?.name,
          let node = nodes.first(where: { $0.id == name })
        else { return nil }
        return shape.replica(node.index, generation: node.generation).rawValue
      }
    }
    let wanted = state.target(of: partition)
    return ReplicaTarget(voters: replicas(wanted.voters), learners: replicas(wanted.learners))
  }

  /// The leader of a partition takes the next step to where it is to be.
  private func move(_ partition: PartitionID) {
    guard let cluster = placed, let leader = leaderNode(of: partition) else { return }
    let position = Int(partition.rawValue)
    guard var view = leader.hosts[position].replacementView, view.isSettled else { return }
    let target = target(of: partition, cluster.state)
    view.target = target
    switch promotion(view) ?? ReplicaMoves.next(view, asking: []) ?? missing(target, view) {
    case .change(let change, _):
      do {
        try leader.hosts[position].changeMembership(change)
        coverage.count(.moves)
        checkChanges(leader.hosts[position])
        if let first = change.steps.first { cutOff(leader.index, with: shape.node(of: first.replica)) }
      } catch {
        // Refused while another is under way: asked again.
      }
    case .transfer(let heir):
      if leader.hosts[position].raft.transferTarget == nil {
        leader.hosts[position].transferLeadership(to: shape.nodeID(shape.node(of: heir)))
      }
    case .tell, .dismiss, nil: return
    }
    touch(partition, leader)
  }

  /// As `ReplicaReplacement` does it, for which ids on one node are one node: a voter there gives way to its own successor, never
  /// to that of another.
  private func promotion(_ view: ReplicaReplacement.View) -> ReplicaReplacement.Step? {
    for peer in view.progress where peer.isLearner && peer.isRecentlyActive && peer.isCaughtUp(with: view) {
      let old = view.membership.voters.filter { shape.node(of: $0) == shape.node(of: peer.id) }
      guard !old.isEmpty, view.target?.voters.contains(peer.id.rawValue) == true else { continue }
      return .change(
        MembershipChange(steps: [.addVoter(peer.id)] + old.map { .remove($0) }),
        words: "it takes its own place again")
    }
    return nil
  }

  /// Nodes that lack their replica ask for it.
  private func missing(_ target: ReplicaTarget, _ view: ReplicaReplacement.View) -> ReplicaReplacement.Step? {
    let all = (target.voters + target.learners).map { ReplicaID(rawValue: $0) }
    let next = all.first { !view.membership.isMember($0) && nodes[shape.node(of: $0)].isUp }
    return next.map {
      .change(MembershipChange(steps: [.addLearner($0)]), words: "it asks for a replica")
    }
  }

  /// A leader begins no change of the members before the one before is committed.
  private func checkChanges(_ host: PartitionHost) {
    let raft = host.raft
    guard raft.lastIndex > raft.commitIndex else { return }
    let own = raft.entries(in: raft.commitIndex + 1...raft.lastIndex).count { entry in
      if case .membership = entry.payload { entry.term == raft.term } else { false }
    }
    if own > 1 { fail("P2: \(own) changes of the members of \(host.id) are under way at once") }
  }
}
