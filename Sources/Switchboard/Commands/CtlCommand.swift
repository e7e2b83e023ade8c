// `switchboard ctl`: asks running nodes over their HTTP API.
internal import ArgumentParser

struct CtlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Look at a running cluster.",
    subcommands: [Status.self, CtlLinks.self, CtlBackup.self, CtlStore.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status", abstract: "Nodes, and partitions with their leaders.",
      discussion: """
        Asks each API until one answers. Exit codes: 0 all is well; 1 no node answered, or something is not well; 2 no usable \
        token or address was given.
        """)

    @OptionGroup var question: QuestionOptions

    mutating func run() async throws {
      let answer = try await question.ask("/v1/cluster", as: ClusterReport.self)
      print(question.json ? answer.body : ClusterTable.text(answer.report))
      guard answer.report.troubles.isEmpty else { throw ExitStatus.failed.exitCode }
    }
  }
}
