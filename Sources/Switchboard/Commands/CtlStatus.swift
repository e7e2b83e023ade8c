// `switchboard ctl status`: the cluster, its nodes and partitions. Touches the network, the token file and the terminal.
internal import ActorCluster
internal import ArgumentParser
internal import Foundation
internal import PeerTransport

struct CtlStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Nodes, and partitions with their leaders and followers.",
    discussion: """
      Asks each API until one answers, and the leaders that it names for the lag of their followers. --json prints the \
      answer of /v1/cluster as it came from the first. Exit codes: 0 all is well; 1 no node answered, or something is not \
      well; 2 no usable token or address was given.
      """)

  @OptionGroup var question: QuestionOptions

  @Flag(help: "Ask again every second, until Ctrl-C.")
  var watch = false

  mutating func run() async throws {
    guard watch else {
      let (report, body) = try await look()
      print(question.json ? body : ClusterTable.text(report))
      guard report.troubles.isEmpty else { throw ExitStatus.failed.exitCode }
      return
    }
    while true {
      do {
        let (report, body) = try await look()
        // Home, and clear to the end: without a flicker.
        print(question.json ? body : "\u{1B}[H\u{1B}[2J" + ClusterTable.text(report))
      } catch let exit as ExitCode where exit == ExitStatus.failed.exitCode {
        // It was said on stderr; the next one may answer.
      }
      try await Task.sleep(for: .seconds(1))
    }
  }

  private func look() async throws -> (ClusterReport, String) {
    let answer = try await question.ask("/v1/cluster", as: ClusterReport.self)
    guard !question.json else { return (answer.report, answer.body) }
    let token = try question.token()
    var report = answer.report
    let others = report.leadersElsewhere
    await withTaskGroup(of: ClusterReport?.self) { group in
      for address in others {
        group.addTask {
          await question.ask(only: address, "/v1/cluster", as: ClusterReport.self, token: token)
        }
      }
      for await other in group {
        if let other { report.add(other) }
      }
    }
    return (report, answer.body)
  }
}
