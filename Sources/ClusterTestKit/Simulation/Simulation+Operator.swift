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
  }

  /// The one change of members that is under way.
  var replacing: Change?
  /// Members still to be restarted.
  var restarting: [Int] = []
  /// The spare node has replicas.
  var spareIsMember = false
}

extension Simulation {
  func operate() {
    schedule(.operation, in: 150_000)
    if operations.replacing == nil { replaceLostDisk() }
    if let change = operations.replacing, change.notBefore <= now || isHealed { drive(change) }
    if let next = operations.restarting.first,
      nodes.allSatisfy({ $0.stopped != .crashed || !isMember($0.index) })
    {
      operations.restarting.removeFirst()
      restartCleanly(nodes[next])
    }
  }

  private func isMember(_ node: Int) -> Bool { node < shape.members || operations.spareIsMember }

  // MARK: replacing

  /// A disk that cannot be trusted is emptied, and a new replica takes the place of the one that was on it.
  private func replaceLostDisk() {
    guard let node = nodes.first(where: { if case .lostDisk = $0.stopped { true } else { false } }) else {
      return
    }
    let old = shape.replica(node.index, generation: node.generation)
    coverage.count(.replacements)
    join(node)
    let isJoint = random.chance(oneIn: 2)
    operations.replacing = .init(
      node: node.index, old: old, new: shape.replica(node.index, generation: node.generation),
      isJoint: isJoint,
      isExplicit: isJoint && random.chance(oneIn: 2))
  }

  /// Starts a node on an empty disk, under a replica id that was never used.
  private func join(_ node: SimulatedNode) {
    if node.isUp { stop(node, because: .crashed) }
    node.stopped = .crashed
    virtualDisk(node.index).wipe()
    virtualDisk(node.index).repair()
    faults.oldDisks[node.index] = nil
    faults.busy.remove(node.index)
    node.generation += 1
    node.isJoining = true
    // A new disk begins to count its starts anew; the node's peers are told that it is another.
    for other in nodes { other.incarnations[node.index] = 0 }
    let replica = shape.replica(node.index, generation: node.generation)
    replicas[replica] = node.id
    for other in nodes {
      for position in other.hosts.indices { other.hosts[position].setNode(node.id, of: replica) }
    }
    start(node.index)
  }

  func startMembershipChange() -> Bool {
    guard operations.replacing == nil else { return false }
    let node = nodes[shape.spare]
    if operations.spareIsMember {
      operations.replacing = .init(
        node: node.index, old: shape.replica(node.index, generation: node.generation), new: nil,
        isJoint: false,
        isExplicit: false)
    } else {
      join(node)
      operations.spareIsMember = true
      operations.replacing = .init(
        node: node.index, old: nil, new: shape.replica(node.index, generation: node.generation),
        isJoint: random.chance(oneIn: 2), isExplicit: false)
    }
    return true
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
      if host.raft.membership.isJoint { isDone = false }
      guard let step = nextStep(change, host) else { continue }
      isDone = false
      // Refused while another is under way: asked again.
      try? leader.hosts[Int(partition.rawValue)].changeMembership(step)
      operations.replacing?.notBefore = now + Int64(random.next() % 1_500_000)
      touch(partition, leader)
    }
    guard isDone else { return }
    operations.replacing = nil
    guard change.new == nil else { return }
    operations.spareIsMember = false
  }

  private func leaderNode(of partition: PartitionID) -> SimulatedNode? {
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
