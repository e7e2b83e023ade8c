// `switchboard ctl`: asks running nodes over their HTTP API. Touches the network, and the token file.
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

struct CtlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Look at a running cluster.",
    subcommands: [Status.self, CtlBackup.self, CtlStore.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status", abstract: "Nodes, and partitions with their leaders.",
      discussion: """
        Asks each API until one answers. Exit codes: 0 all is well; 1 no node answered, or something is not well; 2 no usable \
        token or address was given.
        """)

    @Option(
      help: "The address of a node's API (or SWITCHBOARD_API); may be repeated. [http://127.0.0.1:8101]")
    var api: [String] = []

    @OptionGroup var access: TokenOptions

    @Flag(help: "Print the answer as it came, as JSON.")
    var json = false

    mutating func run() async throws {
      let environment = ProcessInfo.processInfo.environment
      let token = try access.read(environment)
      var addresses = api
      if addresses.isEmpty {
        addresses = environment["SWITCHBOARD_API"].map { [$0] } ?? ["http://127.0.0.1:8101"]
      }
      var failures: [String] = []
      for address in addresses {
        switch await ClusterQuery(base: address, token: token).run() {
        case .failure(let failure):
          failures.append("\(address): \(failure.words)")
        case .success(let answer):
          print(json ? answer.body : ClusterTable.text(answer.report))
          guard answer.report.troubles.isEmpty else { throw ExitStatus.failed.exitCode }
          return
        }
      }
      throw ExitStatus.failed.because(
        "no node answered:\n" + failures.map { "  \($0)" }.joined(separator: "\n")
          + "\nName the address of a running node with --api.")
    }
  }
}

/// One question to one node.
private struct ClusterQuery {
  var base: String
  var token: String

  private static let timeout: TimeAmount = .seconds(3)
  private static let answerLimit = 1 << 20

  func run() async -> Result<ClusterAnswer, ClusterQueryFailure> {
    var address = base
    while address.hasSuffix("/") { address.removeLast() }
    var request = HTTPClientRequest(url: address + "/v1/cluster")
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
      let body = String(buffer: try await response.body.collect(upTo: Self.answerLimit))
      guard response.status.code == 200 else {
        return .failure(ClusterQueryFailure("status \(response.status.code): \(Self.message(in: body))"))
      }
      let report = try JSONDecoder().decode(ClusterReport.self, from: Data(body.utf8))
      return .success(ClusterAnswer(report: report, body: body))
    } catch let error as DecodingError {
      return .failure(ClusterQueryFailure("the answer is not that of a switchboard node: \(error)"))
    } catch {
      return .failure(ClusterQueryFailure("\(error)"))
    }
  }

  private static func message(in body: String) -> String {
    struct Answer: Decodable {
      struct Problem: Decodable { let message: String }
      let error: Problem
    }
    return (try? JSONDecoder().decode(Answer.self, from: Data(body.utf8)))?.error.message
      ?? String(body.prefix(200))
  }
}

private struct ClusterAnswer {
  let report: ClusterReport
  /// As it came.
  let body: String
}

private struct ClusterQueryFailure: Error {
  let words: String

  init(_ words: String) { self.words = words }
}
