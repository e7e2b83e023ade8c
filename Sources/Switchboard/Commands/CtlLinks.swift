// `switchboard ctl links`: the connections of one node to its peers.
internal import ArgumentParser

struct CtlLinks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "links",
    abstract: "A node's connections to its peers: state, round trip, bytes, queued, version.",
    discussion: """
      Asks each API until one answers, and shows the links of that node. Between two nodes there are two connections: each \
      sends on the one that it dialed. Exit codes: 0 all links are ready; 1 no node answered, or a link is not ready; 2 no \
      usable token or address was given.
      """)

  @OptionGroup var question: QuestionOptions

  mutating func run() async throws {
    let answer = try await question.ask("/v1/links", as: LinksReport.self)
    print(question.json ? answer.body : LinksTable.text(answer.report))
    guard answer.report.isReady else { throw ExitStatus.failed.exitCode }
  }
}
