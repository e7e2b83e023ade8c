// Many seeded runs. A failure names its seed: `RAFT_SEED=n swift test --filter Simulation` replays it.

import Foundation
import Raft
import Testing

@Suite struct SimulationTests {
  static let seedsPerBlock = 80
  static let seed = ProcessInfo.processInfo.environment["RAFT_SEED"].flatMap(UInt64.init)
  static let first = ProcessInfo.processInfo.environment["RAFT_FIRST"].flatMap(Int.init) ?? 0
  static let count = ProcessInfo.processInfo.environment["RAFT_SEEDS"].flatMap(Int.init) ?? 320

  /// Blocks of seeds run in parallel.
  static let blocks: [Range<UInt64>] =
    if let seed {
      [seed..<seed + 1]
    } else {
      stride(from: first, to: first + count, by: seedsPerBlock).map { start in
        UInt64(start)..<UInt64(min(first + count, start + seedsPerBlock))
      }
    }

  @Test(arguments: blocks) func survivesFaults(seeds: Range<UInt64>) {
    var commits = 0
    var terms = 0
    var total = Simulation.Tally()
    for seed in seeds {
      var simulation = Simulation(seed: seed, count: seed % 4 == 3 ? 5 : 3)
      do {
        try simulation.run(steps: 400, calmSteps: 250)
      } catch {
        Issue.record("\(error)")
        if Self.seed != nil { print(simulation.summary) }
      }
      commits += simulation.committed.count
      terms += simulation.leaders.count
      total.add(simulation.tally)
    }
    // Runs in which nothing happens prove nothing.
    guard seeds.count >= Self.seedsPerBlock else { return }
    #expect(commits > 50 * seeds.count, "\(seeds): \(commits) commits")
    #expect(terms > seeds.count, "\(seeds): \(terms) leaders")
    #expect(total.reads > 5 * seeds.count, "\(seeds): \(total)")
    let others = [
      total.crashes, total.damages, total.wipes, total.outages, total.changes, total.joints, total.snapshots,
      total.compactions, total.witnessLeaders,
    ]
    #expect(others.allSatisfy { $0 > 0 }, "\(seeds): \(total)")
  }

  @Test func isReplayable() throws {
    func trace(_ seed: UInt64) throws -> [LogEntry] {
      var simulation = Simulation(seed: seed, count: 3)
      try simulation.run(steps: 200, calmSteps: 120)
      return simulation.committed
    }
    #expect(try trace(5) == trace(5))
    #expect(try trace(5) != trace(6))
  }
}

extension Simulation.Tally {
  mutating func add(_ other: Simulation.Tally) {
    reads += other.reads
    crashes += other.crashes
    damages += other.damages
    wipes += other.wipes
    outages += other.outages
    changes += other.changes
    joints += other.joints
    snapshots += other.snapshots
    compactions += other.compactions
    witnessLeaders += other.witnessLeaders
  }
}
