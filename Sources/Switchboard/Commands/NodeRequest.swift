// A request that changes something at one running node. Touches the network.
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// One node's API, for commands.
struct NodeRequest: Sendable {
  var base: String
  var token: String

  /// What the node said instead of doing it, or why it could not be asked.
  struct Failure: Error, Sendable {
    /// 0 when there was no answer.
    var status: UInt
    /// The error's name in the API; empty when there was none.
    var code: String
    var words: String
  }

  func send<Reply: Decodable>(
    _ method: HTTPMethod, _ path: String, body: String? = nil, timeout: TimeAmount = .seconds(10),
    as type: Reply.Type
  ) async throws(Failure) -> Reply {
    var address = base
    while address.hasSuffix("/") { address.removeLast() }
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body))
    }
    let status: UInt
    let data: Data
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: timeout)
      status = response.status.code
      data = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
    } catch {
      throw Failure(status: 0, code: "", words: "\(base) does not answer: \(error)")
    }
    guard (200..<300).contains(status) else {
      let refusal = try? JSONDecoder().decode(Refusal.self, from: data)
      throw Failure(
        status: status, code: refusal?.error.code ?? "",
        words: refusal?.error.message ?? "\(base) answered with status \(status)")
    }
    do {
      return try JSONDecoder().decode(Reply.self, from: data)
    } catch {
      throw Failure(
        status: status, code: "", words: "the answer of \(base) is not that of a switchboard node: \(error)")
    }
  }

  private struct Refusal: Decodable {
    struct Problem: Decodable {
      let code: String
      let message: String
    }
    let error: Problem
  }
}
