// Checkpoints that wait for a full disk, while the replica that made them goes on.
import ActorCluster
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct CheckpointRetryTests {
  /// The state is read without the checkpoint, and an actor would be read with it: entries between them would count twice.
  @Test func whatWasMadeBeforeAReloadIsNotWrittenAfterIt() throws {
    var limits = PartitionLimits()
    limits.checkpointMilliseconds = 20
    let group = try HostGroup(limits: limits)
    try group.elect(0)
    try group.increment(3)
    var full: PartitionCheckpoint?
    group.holds = { node, action in
      guard node == 0, case .checkpoint(let checkpoint) = action else { return false }
      full = checkpoint
      return true
    }
    try group.tick(2)
    let checkpoint = try #require(full)
    #expect(group.hosts[0].retry(of: checkpoint) == .write)
    group.dropHeld()
    // It decides what nobody hears of, and the next leader something else.
    group.drops = { $0.from == HostGroup.replica(0) || $0.to == HostGroup.replica(0) }
    try group.increment(1, at: 0)
    for _ in 0..<500 where !group.hosts[1...].contains(where: \.isServing) { try group.tick() }
    let leader = try #require(group.hosts.indices.last { $0 > 0 && group.hosts[$0].isServing })
    try group.increment(10, at: leader)
    let loads = group.traces[0].loads
    group.holds = { node, action in
      guard node == 0, case .loadActors = action else { return false }
      return true
    }
    group.drops = { _ in false }
    try group.tick(50)
    #expect(group.traces[0].loads == loads + 1)
    if group.hosts[0].retry(of: checkpoint) == .write { try group.stores[0].checkpoint(checkpoint) }
    group.hosts[0].checkpointed(at: checkpoint.appliedIndex)
    try group.release()
    #expect(try group.value(at: leader) == 13)
    #expect(try group.value(at: 0) == 13)
    // What was dropped is written with what came after it.
    try group.tick(50)
    #expect(try group.stores[0].loadTables(HostGroup.partition).appliedIndex >= checkpoint.appliedIndex)
  }

  /// What the replica before it had under way: nothing is written of this one yet.
  @Test func aCheckpointThatNobodyAskedForSaysNothing() throws {
    var limits = PartitionLimits()
    limits.idleMilliseconds = 0
    limits.checkpointMilliseconds = 1_000_000
    let group = try HostGroup(limits: limits)
    try group.elect(0)
    try group.tick(2)
    try group.increment(3)
    group.hosts[0].checkpointed(at: 1_000)
    try group.tick(50)
    #expect(try group.value(at: 0) == 3)
    #expect(group.hosts[0].status.actors == 1)
  }

  /// A leadership cannot go to a replica that does not vote.
  @Test func aLearnerIsNoRefuge() throws {
    let group = try HostGroup(limits: PartitionLimits())
    try group.elect(0)
    try group.increment(3)
    #expect(group.hosts[0].isCaughtUp(HostGroup.node(2)))
    try group.hosts[0].changeMembership(MembershipChange(steps: [.addLearner(HostGroup.replica(2))]))
    try group.tick(2)
    #expect(!group.hosts[0].isCaughtUp(HostGroup.node(2)))
    #expect(group.hosts[0].isCaughtUp(HostGroup.node(1)))
  }
}
