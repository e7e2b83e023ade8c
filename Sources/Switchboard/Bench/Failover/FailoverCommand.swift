// `switchboard bench failover`.
internal import ArgumentParser

struct FailoverBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "failover", abstract: "How long partitions have no answer when their leader fails.",
    discussion: """
      The node that leads most is killed, paused, or cut off, again and again, while clients go on. What they were told is \
      compared with what is there afterwards. A process with much memory takes long to die: --memory states how much it has. \
      Exit code 1 when an acknowledged command was lost or a partition did not come back.
      """)

  @Option(help: "Runs of each fault.")
  var runs = 20

  @Option(parsing: .upToNextOption, help: "Which faults: kill, pause, cut. The last needs root.")
  var faults: [FailoverFault] = FailoverFault.allCases

  @Option(help: "Fill nodes up to so many MB of resident memory; 0: as they are.")
  var memory = 0

  @Option(help: "Commands under way beside the probes.")
  var inFlight = 16

  @Option(help: "Where the scratch directory is made.")
  var on: String = "."

  func validate() throws {
    guard (1...10_000).contains(runs) else { throw ValidationError("--runs must be 1 to 10000") }
    guard (0...100_000).contains(memory) else { throw ValidationError("--memory must be 0 to 100000") }
    guard (0...1_000).contains(inFlight) else { throw ValidationError("--in-flight must be 0 to 1000") }
  }

  mutating func run() async throws {
    try await BenchDirectory.with(on: on) { directory in
      try await FailoverBench(
        directory: directory, runs: runs, faults: faults, memory: memory * 1_000_000, inFlight: inFlight
      ).run()
    }
  }
}
