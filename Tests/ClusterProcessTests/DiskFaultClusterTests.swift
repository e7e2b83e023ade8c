// Three real processes, and one of their disks is slow, full or failing: clients go on, and the node recovers or ends with words.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct DiskFaultClusterTests {
  private let victim = NodeID(rawValue: "north")

  private func faults(_ change: (inout InjectedFaults) -> Void) -> InjectedFaults {
    var faults = InjectedFaults()
    change(&faults)
    return faults
  }

  /// `disk.slow`
  @Test(.timeLimit(.minutes(5)))
  func aSlowDiskLeadsNothingAndIsTakenBackWhenItIsWell() async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.slow = .init(milliseconds: 400) }, of: victim)
      try await cluster.waitUntil("the slow node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && $0.level == .slow } ?? false
      }
      try await callers.goOn()
      #expect(cluster.log(of: victim).contains("much slower than those of other nodes"))
      try cluster.local.set(InjectedFaults(), of: victim)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(100)) {
        $0.report(victim).map { $0.leads > 0 && $0.level == .well } ?? false
      }
      try await callers.goOn()
    }
  }

  /// `disk.full`, by the hook in the store.
  @Test(.timeLimit(.minutes(5)))
  func aFullDiskLeadsNothingAndComesBackByItself() async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.full = .init() }, of: victim)
      try await cluster.waitUntil("the full node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && $0.level == .full } ?? false
      }
      try await callers.goOn()
      // Reads, too, and for a while: what the full node cannot write must not hold anything up.
      for _ in 0..<50 {
        try await Task.sleep(for: .milliseconds(100))
        #expect(cluster.report(victim)?.leads == 0)
      }
      #expect(try await callers.lost(of: callers.acknowledged).isEmpty)
      try await callers.goOn()
      #expect(cluster.isRunning(victim))
      try cluster.local.set(InjectedFaults(), of: victim)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(60)) {
        $0.report(victim).map { $0.leads > 0 && $0.level == .well } ?? false
      }
      try await callers.goOn()
      #expect(cluster.isRunning(victim))
    }
  }

  /// `disk.fsync-fail`
  @Test(.timeLimit(.minutes(5)))
  func aFailedSyncEndsTheNodeWithWordsAndAMarker() async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.failsSync = .init() }, of: victim)
      try await cluster.waitUntil("the node ends", within: .seconds(20)) { !$0.isRunning(victim) }
      #expect(cluster.exitStatus(of: victim) == 5)
      #expect(cluster.log(of: victim).contains("could not be synced"))
      let marker = try String(
        contentsOfFile: cluster.data(of: victim).path + "/suspect", encoding: .utf8)
      #expect(marker.contains("A write of the log failed"))
      try await callers.goOn()
      try cluster.local.set(InjectedFaults(), of: victim)
      try cluster.start(victim)
      try await cluster.waitForLog(of: victim, "all partitions that were lost are rebuilt")
      try await checkThatItCounts(cluster, callers)
    }
  }

  /// `disk.eio-write`
  @Test(.timeLimit(.minutes(5)))
  func aFailedWriteEndsTheNodeAndItComesBackOnNewFiles() async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.failsWrite = .init() }, of: victim)
      try await cluster.waitUntil("the node ends", within: .seconds(20)) { !$0.isRunning(victim) }
      #expect(cluster.exitStatus(of: victim) == 5)
      #expect(cluster.log(of: victim).contains("cannot be used: the fault disk.eio-write is set"))
      try await callers.goOn()
      try cluster.local.set(InjectedFaults(), of: victim)
      try cluster.start(victim)
      try await cluster.waitForLog(of: victim, "all partitions that were lost are rebuilt")
      #expect(cluster.log(of: victim).contains("the files of this node cannot be trusted"))
      try await checkThatItCounts(cluster, callers)
    }
  }

  /// `disk.eio-read`: what it must read and cannot is led by others at once, and is given back to it.
  @Test(.timeLimit(.minutes(5)))
  func whatCannotBeReadIsLedByOthersAndRebuilt() async throws {
    try await ProcessCluster.run { cluster, callers in
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.failsRead = .init() }, of: victim)
      // A node looks for its faults five times a second.
      try await Task.sleep(for: .seconds(1))
      // Actors that are in nobody's memory have to be read.
      let system = try await cluster.client(incarnation: 2)
      let late = CountingCallers(system, counters: 64, prefix: "late-")
      try await late.addToEach(within: .seconds(20))
      try await cluster.waitUntil("the node leads nothing", within: .seconds(20)) {
        $0.report(victim)?.leads == 0
      }
      try await callers.goOn()
      let log = cluster.log(of: victim)
      #expect(log.contains("partition is quarantined") && log.contains("disk.eio-read is set"))
      #expect(cluster.isRunning(victim))
      try cluster.local.set(InjectedFaults(), of: victim)
      try await checkThatItCounts(cluster, callers)
      try await late.addToEach()
      try await late.check()
      await system.stop()
    }
  }

  /// Nothing would be acknowledged without the victim's votes once another node is gone.
  private func checkThatItCounts(_ cluster: ProcessCluster, _ callers: CountingCallers) async throws {
    try await cluster.waitUntil("\(victim) is whole", within: .seconds(60)) { $0.isWhole(victim) }
    cluster.kill(NodeID(rawValue: "south"))
    try await callers.goOn()
  }

  /// A real file system without room, which SQLite itself finds.
  @Test(
    .timeLimit(.minutes(5)),
    .enabled(if: SmallDisk.canBeMounted, "mounting a file system is not permitted here"))
  func aRealFullDiskIsSurvived() async throws {
    try await ProcessCluster.run(.init(smallDisk: 32)) { cluster, callers in
      let disk = cluster.data(of: victim).path
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try SmallDisk.fill(disk)
      try await cluster.waitUntil("the node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && !$0.level.mayLead } ?? false
      }
      // What the others replicate to it finds no room in the end.
      try await cluster.waitUntil("the disk is full", within: .seconds(60)) {
        $0.report(victim)?.level == .full
      }
      try await callers.goOn()
      #expect(try await callers.lost(of: callers.acknowledged).isEmpty)
      #expect(cluster.isRunning(victim))
      try SmallDisk.free(disk)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(60)) {
        $0.report(victim).map { $0.leads > 0 && $0.level.mayLead } ?? false
      }
      try await callers.goOn()
      #expect(cluster.isRunning(victim))
    }
  }
}
