// `switchboard bench commits`.
internal import ArgumentParser

struct CommitsBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commits", abstract: "Commands to durable actors of a cluster of three processes.",
    discussion: """
      Three nodes and the client are processes of this machine and share its cores: figures say how much work a commit is, and \
      how long it takes, rather than what three machines can do. The floor of the disk and of TCP comes from the same run.
      """)

  @Option(help: "Seconds for each measurement.")
  var seconds: Double = 5

  @Option(parsing: .upToNextOption, help: "Commands under way at once.")
  var inFlight: [Int] = [1, 64, 256, 1024]

  @Option(help: "Where the scratch directory is made: on the disk that is to be measured.")
  var on: String = "."

  @Option(help: "Also runs this script, which measures etcd: Benchmarks/peers/etcd-commits.sh.")
  var etcd: String?

  func validate() throws {
    guard seconds > 0, seconds <= 3_600 else {
      throw ValidationError("--seconds must be above 0 and at most 3600")
    }
    guard !inFlight.isEmpty, inFlight.allSatisfy({ (1...10_000).contains($0) }) else {
      throw ValidationError("--in-flight must be 1 to 10000")
    }
  }

  mutating func run() async throws {
    try await BenchDirectory.with(on: on) { directory in
      try await CommitsBench(directory: directory, seconds: seconds, inFlight: inFlight, etcd: etcd).run()
    }
  }
}
