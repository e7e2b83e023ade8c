// `simulate`: runs seeds of the whole cluster and says what broke. The entry; nothing of it is in the product.
import ArgumentParser
import ClusterTestKit
import PlantedBugs

@main
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract:
      "Runs whole clusters in one thread each, on a virtual clock, network and disk; faults from a seed.",
    discussion: """
      A violation ends the run with the seed, the command that replays it and the last events.
      Exit codes: 0 all seeds kept all promises; 1 one did not; 3 a seed could not be run; 64 wrong arguments.
      """)

  @Option(help: "How many seeds to run.")
  var seeds: UInt64 = 1

  @Option(help: "The first seed.")
  var from: UInt64 = 1

  @Option(help: "Virtual seconds with faults, per seed.")
  var seconds: Int64 = 60

  @Option(help: "Seeds at a time; as many as there are processors if left out.")
  var jobs: Int?

  @Flag(help: "Print the coverage table, and fail if something in it never happened.")
  var coverage = false

  @Flag(help: "Go on after a violation.")
  var keepGoing = false

  @Flag(
    help:
      "Print the names of the bugs that a build for that purpose can plant (PLANTED_BUG in the environment).")
  var listPlantedBugs = false

  @Flag(help: "Print the last events of every seed.")
  var trace = false

  mutating func validate() throws {
    guard seeds >= 1, from <= UInt64.max - seeds else {
      throw ValidationError("--seeds must be at least 1, and --from + --seeds below 2^64")
    }
    guard seconds >= 1, seconds <= 86_400 else { throw ValidationError("--seconds must be 1 to 86400") }
    if let jobs, !(1...1_024).contains(jobs) { throw ValidationError("--jobs must be 1 to 1024") }
  }

  func run() async throws {
    if listPlantedBugs { return PlantedBug.allCases.forEach { print($0.rawValue) } }
    var campaign = Campaign(first: from, count: seeds, seconds: seconds, jobs: jobs)
    campaign.keepsGoing = keepGoing
    let outcome = await campaign.run()
    for report in outcome.reports {
      Self.show(report, seconds: seconds, withTrace: trace || report.failure != nil)
    }
    if coverage || seeds > 1 { Self.show(outcome) }
    if outcome.reports.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
    if coverage, !outcome.coverage.holes.isEmpty {
      print("never happened: \(outcome.coverage.holes.joined(separator: ", "))")
      throw ExitCode(1)
    }
  }

  private static func show(_ report: SeedReport, seconds: Int64, withTrace: Bool) {
    print("seed \(report.seed) (\(report.shape)): digest \(hex(report.digest)), \(report.events) events")
    if withTrace { report.trace.forEach { print("  \($0)") } }
    guard let failure = report.failure else { return }
    print("VIOLATION in seed \(report.seed): \(failure)")
    print("replay: make simulate SEEDS=1 FROM=\(report.seed) SECONDS=\(seconds)")
  }

  private static func show(_ outcome: CampaignOutcome) {
    outcome.coverage.lines.forEach { print($0) }
    let seconds = max(outcome.realSeconds, 0.001)
    print(
      """
      \(outcome.finished) seeds in \(rounded(seconds)) s: \(rounded(Double(outcome.finished) / seconds)) seeds a second, \
      \(rounded(Double(outcome.virtualSeconds) / 3_600 / seconds)) simulated hours a second
      fewest in a seed: \(outcome.coverage.fewestCommands) commands acknowledged, \(outcome.coverage.fewestFaults) faults
      digest of all: \(hex(outcome.digest)); violations: \(outcome.reports.count { $0.failure != nil })
      """)
  }

  static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
