// What operators do: replace lost disks, add and remove a node, restart all in turn, move leaders.
import ActorCluster
import NodeStore
import Raft

struct OperatorPlan {
  /// A node gets a replica in the place of another, or without one leaves.
  struct Change {
    var node: Int
    var old: ReplicaID?
    var new: ReplicaID?
    /// Both in one joint step.
    var isJoint: Bool
    /// A person leaves the joint configuration.
    var isExplicit: Bool
    /// No step is taken before this: people take their time.
    var notBefore: Int64 = 0

    /// The leaders' own reconciliation takes the steps, as it does in the product. It knows no witnesses.
    func isReconciled(_ shape: SimulationShape) -> Bool { shape.witness == nil && isJoint && !isExplicit }
  }

  /// The one change of members that is under way.
  var replacing: Change?
  /// Members still to be restarted.
  var restarting: [Int] = []
  /// The spare node has replicas.
  var spareIsMember = false
  /// The member in whose place the spare node has them.
  var replaced: Int?
}

extension Simulation {
  func operate() {
    schedule(.operation, in: 150_000)
    if operations.replacing == nil { replaceLostDisk() }
    operatePlaced()
    if let change = operations.replacing, change.notBefore <= now || isHealed { drive(change) }
    if let next = operations.restarting.first,
      nodes.allSatisfy({ $0.stopped != .crashed || !isMember($0.index) })
    {
      operations.restarting.removeFirst()
      restartCleanly(nodes[next])
    }
  }

  func isMember(_ node: Int) -> Bool {
    if let placed { return placed.state.member(shape.nodeID(node)) != nil }
    return node < shape.members ? node != operations.replaced : operations.spareIsMember
  }

  // MARK: replacing

  /// A disk that cannot be trusted is emptied, and a new replica takes the place of the one that was on it.
  private func replaceLostDisk() {
    guard let node = nodes.first(where: { if case .lostDisk = $0.stopped { true } else { false } }) else {
      return
    }
    guard isMember(node.index) else {
      // Nobody has replicas there: the disk waits, empty, until somebody wants some.
      virtualDisk(node.index).wipe()
      node.stopped = .crashed
      return
    }
    let old = replica(of: node)
    coverage.count(.replacements)
    join(node)
    guard placed == nil else {
      placed?.lost.insert(old)
      placed?.isMoving = true
      return
    }
    let isJoint = random.chance(oneIn: 2)
    operations.replacing = .init(
      node: node.index, old: old, new: replica(of: node), isJoint: isJoint,
      isExplicit: isJoint && random.chance(oneIn: 2))
  }

  /// Starts a node on an empty disk, under a replica id that was never used.
  func join(_ node: SimulatedNode) {
    if node.isUp { stop(node, because: .crashed) }
    node.stopped = .crashed
    virtualDisk(node.index).wipe()
    virtualDisk(node.index).repair()
    faults.oldDisks[node.index] = nil
    faults.busy.remove(node.index)
    faults.failing.remove(node.index)
    node.generation += 1
    node.isJoining = true
    // A new disk begins to count its starts anew; the node's peers are told that it is another.
    for other in nodes { other.incarnations[node.index] = 0 }
    let new = replica(of: node)
    replicas[new] = node.id
    for other in nodes {
      for position in other.hosts.indices { other.hosts[position].setNode(node.id, of: new) }
    }
    start(node.index)
  }

  func startMembershipChange() -> Bool {
    // What is broken is mended first: a member without the state would hold the change up.
    guard !isDiskLost else { return false }
    guard placed == nil else { return changePlacedMembers() }
    let spare = nodes[shape.spare]
    if let replaced = operations.replaced {
      operations.replaced = nil
      let old = replica(of: spare)
      join(nodes[replaced])
      operations.replacing = .init(
        node: replaced, old: old, new: replica(of: nodes[replaced]), isJoint: true,
        isExplicit: random.chance(oneIn: 2))
    } else if operations.spareIsMember {
      operations.replacing = .init(
        node: spare.index, old: replica(of: spare), new: nil, isJoint: false, isExplicit: false)
    } else {
      join(spare)
      operations.spareIsMember = true
      // In addition, or in the place of a member that is alive.
      operations.replaced = random.chance(oneIn: 2) ? Int(random.next() % UInt64(shape.members)) : nil
      operations.replacing = .init(
        node: spare.index, old: operations.replaced.map { replica(of: nodes[$0]) }, new: replica(of: spare),
        isJoint: operations.replaced != nil || random.chance(oneIn: 2), isExplicit: random.chance(oneIn: 2))
    }
    return true
  }

  private func replica(of node: SimulatedNode) -> ReplicaID {
    shape.replica(node.index, generation: node.generation)
  }

  /// Asks each partition's leader for the next step, until all partitions have taken all steps.
  private func drive(_ change: OperatorPlan.Change) {
    var isDone = true
    for partition in placement.partitions {
      guard let leader = leaderNode(of: partition) else {
        isDone = false
        continue
      }
      let host = leader.hosts[Int(partition.rawValue)]
      // What is not committed may yet be undone.
      let isCommitted = host.raft.membership(at: host.raft.commitIndex) == host.raft.membership
      if host.raft.membership.isJoint || !isCommitted { isDone = false }
      if change.isReconciled(shape) {
        if reconcile(change, partition, leader) { isDone = false }
        continue
      }
      guard let step = nextStep(change, host) else { continue }
      isDone = false
      do {
        try leader.hosts[Int(partition.rawValue)].changeMembership(step)
        cutOff(leader.index, with: change.node)
      } catch {
        // Refused while another is under way: asked again.
      }
      operations.replacing?.notBefore = now + Int64(random.next() % 1_500_000)
      touch(partition, leader)
    }
    guard isDone else { return }
    operations.replacing = nil
    if change.old == replica(of: nodes[shape.spare]) { operations.spareIsMember = false }
  }

  /// The leader takes the next step to where the partition is to be. False when it is there.
  private func reconcile(
    _ change: OperatorPlan.Change, _ partition: PartitionID, _ leader: SimulatedNode
  ) -> Bool {
    let position = Int(partition.rawValue)
    guard var view = leader.hosts[position].replacementView, view.isSettled else { return true }
    // Ids stand for nodes: they are small enough to be their own originals.
    let staying = view.membership.voters.filter { $0 != change.old && $0 != change.new }
    view.target = ReplicaTarget(voters: (staying + [change.new].compactMap(\.self)).map(\.rawValue))
    var step = ReplicaMoves.next(view, asking: [])
    if step == nil, let new = change.new, !view.membership.isMember(new) {
      step = .change(MembershipChange(steps: [.addLearner(new)]), words: "it asks for a replica")
    }
    switch step {
    case .change(let next, _):
      do {
        try leader.hosts[position].changeMembership(next)
        coverage.count(.moves)
        cutOff(leader.index, with: change.node)
      } catch {
        // As above.
      }
    case .transfer(let heir):
      if leader.hosts[position].raft.transferTarget == nil {
        leader.hosts[position].transferLeadership(to: shape.nodeID(shape.node(of: heir)))
      }
    case .tell, .dismiss, nil: return change.new.map { !view.membership.isVoter($0) } ?? false
    }
    operations.replacing?.notBefore = now + Int64(random.next() % 1_500_000)
    touch(partition, leader)
    return true
  }

  func leaderNode(of partition: PartitionID) -> SimulatedNode? {
    let position = Int(partition.rawValue)
    return nodes.filter { $0.isUp && $0.hosts[position].isLeader }
      .max { $0.hosts[position].raft.term < $1.hosts[position].raft.term }
  }

  private func nextStep(_ change: OperatorPlan.Change, _ host: PartitionHost) -> MembershipChange? {
    let membership = host.raft.membership
    if membership.isJoint {
      return membership.leavesAutomatically ? nil : MembershipChange(steps: [], transition: .automatic)
    }
    guard let new = change.new else {
      guard let old = change.old, membership.isMember(old) else { return nil }
      return MembershipChange(steps: [.remove(old)], transition: .automatic)
    }
    let old = change.old.flatMap { membership.isMember($0) ? $0 : nil }
    if membership.isVoter(new) {
      return old.map { MembershipChange(steps: [.remove($0)], transition: .automatic) }
    }
    guard membership.isMember(new) else {
      let steps: [MembershipChange.Step] = change.isJoint ? [] : old.map { [.remove($0)] } ?? []
      return MembershipChange(steps: steps + [.addLearner(new)], transition: .automatic)
    }
    guard let progress = host.raft.progress.first(where: { $0.id == new }),
      progress.match + 20 >= host.raft.lastIndex
    else { return MembershipChange(steps: [.addLearner(new)], transition: .automatic) }
    let promotion: MembershipChange.Step = change.node == shape.witness ? .addWitness(new) : .addVoter(new)
    return MembershipChange(
      steps: (change.isJoint ? old.map { [.remove($0)] } ?? [] : []) + [promotion],
      transition: change.isExplicit ? .jointExplicit : change.isJoint ? .jointImplicit : .automatic)
  }

  // MARK: restarts and transfers

  func startRollingRestart() -> Bool {
    guard operations.restarting.isEmpty, nodes.prefix(shape.members).allSatisfy(\.isUp) else { return false }
    operations.restarting = Array(0..<shape.members)
    return true
  }

  private func restartCleanly(_ node: SimulatedNode) {
    guard node.isUp else { return }
    node.store?.close()
    node.store = nil
    stop(node, because: .crashed)
    schedule(.start, to: node.index, in: 100_000 + Int64(random.next() % 300_000))
    tellPeers(of: node)
  }

  func transferLeader() -> Bool {
    let position = Int(random.next() % UInt64(shape.partitions))
    guard let node = leaderNode(of: PartitionID(rawValue: UInt32(position))) else { return false }
    let target = Int(random.next() % UInt64(shape.members))
    guard target != node.index else { return false }
    node.hosts[position].transferLeadership(to: shape.nodeID(target))
    touch(PartitionID(rawValue: UInt32(position)), node)
    return true
  }
}
