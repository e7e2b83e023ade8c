// `switchboard bench scale`.
internal import ArgumentParser

struct ScaleBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "What a commit costs with more actors, more partitions, and between far nodes.",
    discussion: """
      Each measurement is a cluster of its own. Distance is made by a process between the nodes that hands every byte on later. \
      An empty list leaves a part out: give 0 to --actors or --partitions.
      """)

  @Option(help: "Seconds for each measurement.")
  var seconds: Double = 5

  @Option(parsing: .upToNextOption, help: "Actors; 1000000 takes some minutes, and gigabytes.")
  var actors: [Int] = [1_000, 100_000]

  @Option(parsing: .upToNextOption, help: "Partitions.")
  var partitions: [Int] = [16, 64, 256]

  @Option(
    parsing: .upToNextOption,
    help: "Milliseconds that everything between two nodes takes longer, each way; -1 for no such measurement."
  )
  var delay: [Int] = [0, 1, 10, 50]

  @Option(help: "Where the scratch directory is made.")
  var on: String = "."

  func validate() throws {
    guard seconds > 0, seconds <= 3_600 else {
      throw ValidationError("--seconds must be above 0 and at most 3600")
    }
    guard actors.allSatisfy({ (0...10_000_000).contains($0) }) else {
      throw ValidationError("--actors must be 0 to 10000000")
    }
    guard partitions.allSatisfy({ (0...4_096).contains($0) }) else {
      throw ValidationError("--partitions must be 0 to 4096")
    }
    guard delay.allSatisfy({ (-1...1_000).contains($0) }) else {
      throw ValidationError("--delay must be -1 to 1000")
    }
  }

  mutating func run() async throws {
    try await BenchDirectory.with(on: on) { directory in
      try await ScaleBench(
        directory: directory, seconds: seconds, actors: actors.filter { $0 > 0 },
        partitions: partitions.filter { $0 > 0 }, delays: delay.filter { $0 >= 0 }
      ).run()
    }
  }
}
