// Many seeded runs. A failure names its seed: `RAFT_SEED=n swift test --filter Simulation` replays it.

import Foundation
import Raft
import Testing

@Suite struct SimulationTests {
  static let seedsPerBlock = 40
  static let seed = ProcessInfo.processInfo.environment["RAFT_SEED"].flatMap(UInt64.init)
  static let count = ProcessInfo.processInfo.environment["RAFT_SEEDS"].flatMap(Int.init) ?? 320

  /// Blocks of seeds run in parallel.
  static let blocks: [[UInt64]] =
    if let seed {
      [[seed]]
    } else {
      stride(from: 0, to: count, by: seedsPerBlock).map { first in
        (first..<min(count, first + seedsPerBlock)).map(UInt64.init)
      }
    }

  @Test(arguments: blocks) func survivesFaults(seeds: [UInt64]) {
    var commits = 0
    var reads = 0
    var terms = 0
    var crashes = 0
    for seed in seeds {
      var simulation = Simulation(seed: seed, count: seed % 4 == 3 ? 5 : 3)
      do {
        try simulation.run(steps: 350, calmSteps: 120)
      } catch {
        Issue.record("\(error)")
      }
      commits += simulation.committed.count
      reads += simulation.confirmedReads
      terms += simulation.leaders.count
      crashes += simulation.crashes
    }
    // A run in which nothing happens proves nothing.
    #expect(commits > 50 * seeds.count, "\(seeds): \(commits) commits")
    #expect(reads > 5 * seeds.count, "\(seeds): \(reads) reads")
    #expect(terms > seeds.count, "\(seeds): \(terms) leaders")
    #expect(seeds.count < 10 || crashes > 0, "\(seeds): no crash")
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
