// `switchboard bench routing`: the options of the routing benchmark.
internal import ArgumentParser

struct RoutingBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routing",
    abstract: "The routing decision: offers a second by agents, queues, skills and waiting.",
    discussion: """
      The engine alone, in one thread, without a cluster. With nobody waiting half of the agents are free and each offer is that of \
      an arrival; else all agents are busy and each offer is that of an agent who gets free. The whole table takes about a minute; \
      memory is that of the process and does not shrink between rows.
      """)

  @Option(parsing: .upToNextOption, help: "Agents.")
  var agents: [Int] = [100, 1_000, 10_000, 100_000]

  @Option(parsing: .upToNextOption, help: "Queues, each of which asks a skill of its own.")
  var queues: [Int] = [10, 1_000]

  @Option(parsing: .upToNextOption, help: "Skills of each agent, who belongs to the queues that ask them.")
  var skills: [Int] = [1, 20]

  @Option(parsing: .upToNextOption, help: "Customers who wait.")
  var waiting: [Int] = [0, 1_000, 100_000]

  @Option(help: "Offers of each row.")
  var offers: Int = 20_000

  func validate() throws {
    func check(_ values: [Int], _ range: ClosedRange<Int>, _ name: String) throws {
      guard values.allSatisfy(range.contains) else {
        throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check(agents, 2...1_000_000, "agents")
    try check(queues, 1...10_000, "queues")
    try check(skills, 1...64, "skills")
    try check(waiting, 0...10_000_000, "waiting")
    try check([offers], 10...100_000_000, "offers")
  }

  func run() throws {
    var sizes: [RoutingBenchSize] = []
    for agents in agents {
      for queues in queues {
        for skills in skills {
          sizes += waiting.map {
            RoutingBenchSize(agents: agents, queues: queues, skills: skills, waiting: $0)
          }
        }
      }
    }
    do {
      try RoutingBench(sizes: sizes, offers: offers).run()
    } catch {
      throw ExitStatus.failed.because("the benchmark cannot go on: \(error)")
    }
  }
}
