// Three real processes, and one of their disks is slow, full or failing: clients go on, and the node recovers or ends with words.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct DiskFaultClusterTests {
  private func faults(_ change: (inout InjectedFaults) -> Void) -> InjectedFaults {
    var faults = InjectedFaults()
    change(&faults)
    return faults
  }

  /// `disk.slow`
  @Test(.timeLimit(.minutes(5)))
  func aSlowDiskLeadsNothingAndIsTakenBackWhenItIsWell() async throws {
    try await DiskFaultCluster.run { cluster in
      let victim = cluster.victim
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.slow = .init(milliseconds: 400) }, of: victim)
      try await cluster.waitUntil("the slow node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && $0.level == .slow } ?? false
      }
      try await cluster.callersGoOn()
      #expect(cluster.log(of: victim).contains("much slower than those of other nodes"))
      try cluster.local.set(InjectedFaults(), of: victim)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(100)) {
        $0.report(victim).map { $0.leads > 0 && $0.level == .well } ?? false
      }
      try await cluster.callersGoOn()
    }
  }

  /// `disk.full`, by the hook in the store.
  @Test(.timeLimit(.minutes(5)))
  func aFullDiskLeadsNothingAndComesBackByItself() async throws {
    try await DiskFaultCluster.run { cluster in
      let victim = cluster.victim
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.full = .init() }, of: victim)
      try await cluster.waitUntil("the full node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && $0.level == .full } ?? false
      }
      try await cluster.callersGoOn()
      // Reads, too, and for a while: what the full node cannot write must not hold anything up.
      for _ in 0..<50 {
        try await Task.sleep(for: .milliseconds(100))
        #expect(cluster.report(victim)?.leads == 0)
      }
      try await cluster.readAll()
      try await cluster.callersGoOn()
      #expect(cluster.isRunning(victim))
      try cluster.local.set(InjectedFaults(), of: victim)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(60)) {
        $0.report(victim).map { $0.leads > 0 && $0.level == .well } ?? false
      }
      try await cluster.callersGoOn()
      #expect(cluster.isRunning(victim))
    }
  }

  /// `disk.fsync-fail`
  @Test(.timeLimit(.minutes(5)))
  func aFailedSyncEndsTheNodeWithWordsAndAMarker() async throws {
    try await DiskFaultCluster.run { cluster in
      let victim = cluster.victim
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try cluster.local.set(faults { $0.failsSync = .init() }, of: victim)
      try await cluster.waitUntil("the node ends", within: .seconds(20)) { !$0.isRunning(victim) }
      #expect(cluster.exitStatus(of: victim) == 5)
      #expect(cluster.log(of: victim).contains("could not be synced"))
      let marker = try String(
        contentsOfFile: cluster.local.dataDirectory(of: victim) + "/suspect", encoding: .utf8)
      #expect(marker.contains("A write of the log failed"))
      try await cluster.callersGoOn()
    }
  }

  /// A real file system without room, which SQLite itself finds.
  @Test(
    .timeLimit(.minutes(5)),
    .enabled(if: SmallDisk.canBeMounted, "mounting a file system is not permitted here"))
  func aRealFullDiskIsSurvived() async throws {
    try await DiskFaultCluster.run(smallDisk: true) { cluster in
      let victim = cluster.victim
      let disk = cluster.local.dataDirectory(of: victim)
      try await cluster.waitUntil("all nodes lead", within: .seconds(30)) { $0.allLead }
      try SmallDisk.fill(disk)
      try await cluster.waitUntil("the node leads nothing", within: .seconds(20)) {
        $0.report(victim).map { $0.leads == 0 && !$0.level.mayLead } ?? false
      }
      // What the others replicate to it finds no room in the end.
      try await cluster.waitUntil("the disk is full", within: .seconds(60)) {
        $0.report(victim)?.level == .full
      }
      try await cluster.callersGoOn()
      try await cluster.readAll()
      #expect(cluster.isRunning(victim))
      try SmallDisk.free(disk)
      try await cluster.waitUntil("the node is well and leads again", within: .seconds(60)) {
        $0.report(victim).map { $0.leads > 0 && $0.level.mayLead } ?? false
      }
      try await cluster.callersGoOn()
      #expect(cluster.isRunning(victim))
    }
  }
}
