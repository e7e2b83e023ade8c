// One loaded node, killed again and again: what it acknowledged is on its disk, and its files are sound each time.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import Testing

@Suite(.serialized) struct CrashLoopTests {
  /// `CRASH_ROUNDS` kills (30), at moments drawn from `CRASH_SEED`: `make crash-loop` runs 300.
  @Test(.timeLimit(.minutes(30)))
  func acknowledgedIsOnTheDiskAfterEveryKill() async throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["CRASH_ROUNDS"].flatMap { Int($0) } ?? 30
    let seed = environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...1_000_000)
    var random = SplitMix64(seed: seed)
    let nodes = try ProcessCluster(["north"])
    defer { nodes.remove() }
    let node = nodes.nodes[0]
    try nodes.startAll()
    let system = try await nodes.client()
    let callers = CountingCallers(system, counters: 32)
    callers.start(32)
    var (batches, entries) = (0, 0)
    for round in 1...rounds {
      try await callers.waitForMore(1 + Int(random.next() % 400))
      try await Task.sleep(for: .microseconds(Int64(random.next() % 20_000)))
      nodes.kill(node)
      // Nobody acknowledges anything now.
      let acknowledged = callers.acknowledged
      let found = try StoreVerification.run(directory: nodes.data(of: node).path)
      #expect(found.isClean, "seed \(seed), round \(round): \(found.findings)")
      batches += found.batches
      entries += found.entries
      try nodes.start(node)
      let lost = try await callers.lost(of: acknowledged)
      try #require(lost.isEmpty, "seed \(seed), round \(round): lost \(lost)")
    }
    try await callers.stop()
    try await callers.check("seed \(seed)")
    await system.stop()
    print(
      "\(rounds) kills with seed \(seed): \(callers.total) additions acknowledged, 0 lost; "
        + "\(batches) batches and \(entries) entries verified")
  }
}
