// Nodes whose disk was wiped, restored from an old copy or is suspect: real processes, real files.
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct LostDisksTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")
  private let rebuilt = "all partitions that were lost are rebuilt"

  @Test(.timeLimit(.minutes(4)))
  func aWipedNodeComesBackUnderNewReplicaIDs() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      try await callers.addToEach(rounds: 5)
      try FileManager.default.removeItem(at: cluster.data(of: north))
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      #expect(!replicas(cluster).isEmpty)
      try await checkThatItVotes(cluster, callers)
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func anOldCopyIsRecognizedAndSetAside() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      // Copied from a stopped node, whose next start is then the one that the others have seen already.
      cluster.kill(north)
      let copy = cluster.data(of: north).appendingPathExtension("copy")
      try FileManager.default.copyItem(at: cluster.data(of: north), to: copy)
      try cluster.start(north)
      try await cluster.waitForLog(of: north, "following partition")
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      try await callers.addToEach(rounds: 5)
      try FileManager.default.removeItem(at: cluster.data(of: north))
      try FileManager.default.moveItem(at: copy, to: cluster.data(of: north))
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      let log = cluster.log(of: north)
      #expect(log.contains("an old copy of its files was restored"))
      #expect(!replicas(cluster).isEmpty)
      let kept = cluster.data(of: north).appendingPathComponent("set-aside-1/log.db").path
      #expect(FileManager.default.fileExists(atPath: kept))
      try await checkThatItVotes(cluster, callers)
    }
  }

  /// The others run on, and have seen the batches that the copy lacks. Its incarnation alone would pass.
  @Test(.timeLimit(.minutes(4)))
  func aCopyOfTheSameRunIsRecognized() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      let copy = cluster.data(of: north).appendingPathExtension("copy")
      try FileManager.default.copyItem(at: cluster.data(of: north), to: copy)
      try await callers.addToEach(rounds: 5)
      // Pings tell how far the log is twice a second.
      try await Task.sleep(for: .seconds(2))
      cluster.kill(north)
      try FileManager.default.removeItem(at: cluster.data(of: north))
      try FileManager.default.moveItem(at: copy, to: cluster.data(of: north))
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      #expect(
        cluster.log(of: north).contains("and had reached") || cluster.log(of: north).contains("damaged"))
      try await checkThatItVotes(cluster, callers)
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func aSuspectDirectoryIsSetAside() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      try Data("A write of the log failed".utf8).write(
        to: cluster.data(of: north).appendingPathComponent("suspect"))
      try await callers.addToEach(rounds: 5)
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      let log = cluster.log(of: north)
      #expect(log.contains("A write of the log failed") && !replicas(cluster).isEmpty)
      try await checkThatItVotes(cluster, callers)
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func aDamagedLogIsSetAside() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      try Data(repeating: 7, count: 8_192).write(to: cluster.data(of: north).appendingPathComponent("log.db"))
      try FileManager.default.removeItem(at: cluster.data(of: north).appendingPathComponent("log.db-wal"))
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      #expect(cluster.log(of: north).contains("is damaged"))
      try await checkThatItVotes(cluster, callers)
    }
  }

  /// One partition's rows are of another time than its log: the node's other replicas stay what they are.
  @Test(.timeLimit(.minutes(4)))
  func aBrokenPartitionIsRebuiltAlone() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      let store = try NodeStore.open(
        directory: cluster.data(of: north).path,
        identity: StoreIdentity(cluster: cluster.local.name, node: "north"), readModels: [])
      try await withCheckedContinuation { continuation in
        store.checkpoint(PartitionCheckpoint(partition: PartitionID(rawValue: 2), appliedIndex: 1_000_000)) {
          continuation.resume(returning: $0)
        }
      }.get()
      store.close()
      try cluster.start(north)
      try await cluster.waitForLog(of: north, rebuilt)
      let log = cluster.log(of: north)
      #expect(log.contains("partition=2 replica=north+"))
      #expect(!log.contains("partition=1 replica=") && !log.contains("set-aside"))
      try await checkThatItVotes(cluster, callers)
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func twoWipesGiveTwoGenerations() async throws {
    try await ProcessCluster.run(.init(partitions: 4, isLoaded: false)) { cluster, callers in
      var used: Set<Substring> = []
      for _ in 1...2 {
        try await callers.addToEach(rounds: 5)
        cluster.kill(north)
        try FileManager.default.removeItem(at: cluster.data(of: north))
        try await callers.addToEach(rounds: 5)
        try cluster.start(north)
        try await cluster.waitForLog(of: north, rebuilt)
        let begun = replicas(cluster)
        #expect(
          !begun.isEmpty && used.isDisjoint(with: begun), "an id was used again: \(begun) after \(used)")
        used.formUnion(begun)
      }
      // It keeps what it was assigned.
      cluster.kill(north)
      try cluster.start(north)
      try await cluster.waitForLog(of: north, "following partition")
      #expect(!cluster.log(of: north).contains("rebuilt"))
      try await checkThatItVotes(cluster, callers)
    }
  }

  /// The rest is asked for again, by the same files; and the leaders that began with it are gone, too.
  @Test(.timeLimit(.minutes(4)))
  func aRebuildGoesOnThroughKills() async throws {
    try await ProcessCluster.run(.init(partitions: 16, isLoaded: false)) { cluster, callers in
      try await callers.addToEach(rounds: 5)
      cluster.kill(north)
      try FileManager.default.removeItem(at: cluster.data(of: north))
      try cluster.start(north)
      try await cluster.waitForLog(of: north, "begins as another replica")
      cluster.kill(north)
      cluster.kill(south)
      try cluster.start(north)
      try cluster.start(south)
      try await cluster.waitForLog(of: north, rebuilt)
      #expect(!cluster.log(of: north).contains("set-aside"))
      try await checkThatItVotes(cluster, callers)
    }
  }

  /// "partition=2 replica=north+1" for each that north has begun as. A partition may need several: a new leader assigns anew.
  private func replicas(_ cluster: ProcessCluster) -> Set<Substring> {
    Set(
      cluster.log(of: north).split(separator: "\n").compactMap { line in
        guard line.contains("replica=north+"), let start = line.range(of: "partition=") else { return nil }
        return line[start.lowerBound...].prefix { $0 != "[" }
      })
  }

  /// Without the node's votes nothing would be committed any more once another is gone.
  private func checkThatItVotes(_ cluster: ProcessCluster, _ callers: CountingCallers) async throws {
    try await callers.addToEach(rounds: 5)
    cluster.kill(south)
    try await callers.addToEach(rounds: 5)
  }
}
