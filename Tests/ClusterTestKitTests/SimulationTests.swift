// Seeds of the whole cluster: promises kept, and the same seed the same every time.
import ClusterTestKit
import Foundation
import Testing

@Suite struct SimulationTests {
  /// More of them: `make simulate SEEDS=n`.
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func promisesAreKept(seed: UInt64) {
    let simulation = Simulation(seed: seed)
    simulation.run(seconds: 12)
    let failure = simulation.failure
    #expect(failure == nil, "replay: make simulate SEEDS=1 FROM=\(seed) SECONDS=12")
    #expect(simulation.coverage.situations[.commands, default: 0] > 50)
    #expect(simulation.coverage.faults.values.reduce(0, +) >= 3)
  }

  @Test(arguments: [7, 3] as [UInt64])
  func seedReplaysByteForByte(seed: UInt64) {
    let runs = (0..<2).map { _ in
      let simulation = Simulation(seed: seed)
      simulation.run(seconds: 10)
      return (simulation.trace.digest, simulation.trace.count, simulation.promises.digest)
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0].1 > 1_000)
  }

  @Test func shapesDifferBySeed() {
    let shapes = Set((1...14).map { SimulationShape(seed: $0).description })
    #expect(shapes.count == 6)
  }

  @Test func coverageKnowsItsHoles() {
    var coverage = SimulationCoverage()
    #expect(
      coverage.holes.count == SimulatedFault.allCases.count + SimulationCoverage.Situation.allCases.count)
    coverage.count(.kill)
    coverage.count(.commands, 5)
    #expect(!coverage.holes.contains("proc.kill"))
    #expect(coverage.lines.contains { $0.hasPrefix("commands acknowledged") && $0.hasSuffix(" 5") })
  }
}
