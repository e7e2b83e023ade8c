// A question to running nodes over their HTTP API. Touches the network, and the token file.
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Where to ask, as whom, and how to show the answer.
struct QuestionOptions: ParsableArguments {
  @Option(
    name: [.customLong("api"), .customLong("node")],
    help: "The address of a node's API (or SWITCHBOARD_API); may be repeated. [http://127.0.0.1:8101]")
  var api: [String] = []

  @OptionGroup var access: TokenOptions

  @Flag(help: "Print the answer as it came, as JSON.")
  var json = false

  /// The addresses that were given, or the usual one.
  func addresses(_ environment: [String: String]) -> [String] {
    api.isEmpty ? environment["SWITCHBOARD_API"].map { [$0] } ?? ["http://127.0.0.1:8101"] : api
  }

  var addresses: [String] { addresses(ProcessInfo.processInfo.environment) }

  func token() throws -> String { try access.read(ProcessInfo.processInfo.environment) }

  /// Asks one address; nil when it does not answer in time.
  func ask<Report: Decodable>(
    only address: String, _ path: String, as type: Report.Type, token: String
  ) async -> Report? {
    try? await NodeQuery<Report>(base: address, path: path, token: token).run().get().report
  }

  /// Asks each address until one answers.
  /// - Throws: `ExitStatus.failed` in words when none does.
  func ask<Report: Decodable>(_ path: String, as type: Report.Type) async throws -> NodeAnswer<Report> {
    try await ask(path, as: type, posting: nil)
  }

  /// Has one of the nodes do something, once, however often it is asked.
  /// - Throws: `ExitStatus.failed` in words when none answers, or the cluster refuses it.
  func post<Report: Decodable>(
    _ path: String, _ body: some Encodable, as type: Report.Type
  ) async throws -> NodeAnswer<Report> {
    try await ask(path, as: type, posting: JSONEncoder().encode(body))
  }

  private func ask<Report: Decodable>(
    _ path: String, as type: Report.Type, posting body: Data?
  ) async throws -> NodeAnswer<Report> {
    let environment = ProcessInfo.processInfo.environment
    let token = try self.token()
    var failures: [String] = []
    let command = UUID().uuidString
    for address in addresses(environment) {
      let query = NodeQuery<Report>(base: address, path: path, token: token, body: body, command: command)
      switch await query.run() {
      // Another node would say the same.
      case .failure(let failure) where failure.isRefusal: throw ExitStatus.failed.because(failure.words)
      case .failure(let failure): failures.append("\(address): \(failure.words)")
      case .success(let answer): return answer
      }
    }
    throw ExitStatus.failed.because(
      "no node answered:\n" + failures.map { "  \($0)" }.joined(separator: "\n")
        + "\nName the address of a running node with --api.")
  }
}

/// One question to one node.
struct NodeQuery<Report: Decodable> {
  var base: String
  var path: String
  var token: String
  /// The body of a POST; nil for a GET.
  var body: Data?
  /// Of a POST: its idempotency key.
  var command: String = UUID().uuidString

  private static var timeout: TimeAmount { .seconds(3) }
  private static var answerLimit: Int { 1 << 20 }

  func run() async -> Result<NodeAnswer<Report>, NodeQueryFailure> {
    var address = base
    while address.hasSuffix("/") { address.removeLast() }
    var request = HTTPClientRequest(url: address + path)
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let body {
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.headers.add(name: "Idempotency-Key", value: command)
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    do {
      let response = try await HTTPClient.shared.execute(
        request, timeout: self.body == nil ? Self.timeout : .seconds(10))
      let body = String(buffer: try await response.body.collect(upTo: Self.answerLimit))
      guard (200..<300).contains(response.status.code) else {
        let isRefusal = [404, 409, 422].contains(response.status.code) && self.body != nil
        let message = Self.message(in: body)
        return .failure(
          NodeQueryFailure(
            isRefusal ? message : "status \(response.status.code): \(message)", isRefusal: isRefusal))
      }
      let report = try JSONDecoder().decode(Report.self, from: Data(body.utf8))
      return .success(NodeAnswer(report: report, body: body))
    } catch let error as DecodingError {
      return .failure(NodeQueryFailure("the answer is not that of a switchboard node: \(error)"))
    } catch {
      return .failure(NodeQueryFailure("\(error)"))
    }
  }

  private static func message(in body: String) -> String {
    (try? JSONDecoder().decode(RefusedAnswer.self, from: Data(body.utf8)))?.error.message
      ?? String(body.prefix(200))
  }
}

struct NodeAnswer<Report> {
  let report: Report
  /// As it came.
  let body: String
}

struct NodeQueryFailure: Error {
  let words: String
  /// The cluster understood, and says no.
  let isRefusal: Bool

  init(_ words: String, isRefusal: Bool = false) {
    self.words = words
    self.isRefusal = isRefusal
  }
}

private struct RefusedAnswer: Decodable {
  struct Problem: Decodable { let message: String }
  let error: Problem
}
