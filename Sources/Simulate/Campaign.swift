// Runs many seeds, some at a time, and gathers what came of them.
import ClusterTestKit
import Foundation

/// What came of one seed.
struct SeedReport: Sendable {
  var seed: UInt64
  var shape: String
  var digest: UInt64
  var events: UInt64
  var virtualMilliseconds: Int64
  var failure: String?
  var coverage: SimulationCoverage
  /// The last events, only of a seed that failed or was asked for alone.
  var trace: [String]

  /// Runs the seed, in this thread.
  init(seed: UInt64, seconds: Int64) {
    let simulation = Simulation(seed: seed)
    simulation.run(seconds: seconds)
    self.seed = seed
    shape = simulation.shape.description
    digest = simulation.trace.digest
    events = simulation.trace.count
    virtualMilliseconds = simulation.now / 1_000
    failure = simulation.failure
    coverage = simulation.coverage
    trace = simulation.trace.lines + simulation.standing
  }
}

struct CampaignOutcome: Sendable {
  /// Those that failed; of one seed alone also one that did not.
  var reports: [SeedReport] = []
  var coverage = SimulationCoverage()
  var finished: UInt64 = 0
  var virtualSeconds: Int64 = 0
  var realSeconds = 0.0
  /// Of the digests of all seeds, whatever order they ended in.
  var digest: UInt64 = 0
}

struct Campaign {
  let first: UInt64
  let count: UInt64
  let seconds: Int64
  let jobs: Int
  var keepsGoing = false

  init(first: UInt64, count: UInt64, seconds: Int64, jobs: Int?) {
    self.first = first
    self.count = count
    self.seconds = seconds
    self.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
  }

  func run() async -> CampaignOutcome {
    var outcome = CampaignOutcome()
    let start = ContinuousClock.now
    var shown = start
    let seconds = seconds
    await withTaskGroup(of: SeedReport.self) { group in
      var next = first
      let end = first + count
      while next < end, next < first + UInt64(jobs) {
        let seed = next
        next += 1
        group.addTask { SeedReport(seed: seed, seconds: seconds) }
      }
      while let report = await group.next() {
        outcome.take(report, alone: count == 1)
        if ContinuousClock.now - shown > .seconds(10) {
          shown = .now
          outcome.showProgress(of: count, since: start)
        }
        guard next < end, keepsGoing || report.failure == nil else { continue }
        if !keepsGoing, outcome.reports.contains(where: { $0.failure != nil }) { continue }
        let seed = next
        next += 1
        group.addTask { SeedReport(seed: seed, seconds: seconds) }
      }
    }
    outcome.realSeconds = Self.seconds(since: start)
    return outcome
  }

  static func seconds(since start: ContinuousClock.Instant) -> Double {
    let duration = (ContinuousClock.now - start).components
    return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
  }
}

extension CampaignOutcome {
  mutating func take(_ report: SeedReport, alone: Bool) {
    finished += 1
    coverage.add(report.coverage)
    virtualSeconds += report.virtualMilliseconds / 1_000
    digest = digest &+ (report.digest &* (report.seed &* 2 &+ 1))
    if alone || report.failure != nil { reports.append(report) }
  }

  func showProgress(of count: UInt64, since start: ContinuousClock.Instant) {
    let seconds = Campaign.seconds(since: start)
    let rate = Double(finished) / seconds
    let left = Double(count - finished) / max(rate, 0.001)
    let violations = reports.count { $0.failure != nil }
    // At once, wherever the output goes.
    let line =
      "\(finished) of \(count) seeds, \(Simulate.rounded(rate)) a second, about \(Int(left)) s left, violations: \(violations)\n"
    FileHandle.standardOutput.write(Data(line.utf8))
  }
}
