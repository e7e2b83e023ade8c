// Requests to a test's cluster, and event streams read as a browser reads them.
import AsyncHTTPClient
import Foundation
import Gateway
import NIOCore
import NIOHTTP1
import Testing

/// An answer of the API.
struct Answer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: Data

  func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: body)
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  var errorCode: String? {
    struct Envelope: Decodable {
      struct Inner: Decodable { var code: String }
      var error: Inner
    }
    return try? json(Envelope.self).error.code
  }
}

/// A message of an event stream.
struct Message: Equatable, Sendable {
  var id: String?
  var event: String
  var data: String
}

extension TestCluster {
  func request(
    _ method: HTTPMethod, _ path: String, as role: Role? = .admin, at node: Int = 0, key: String? = nil,
    body: String? = nil, headers: [(String, String)] = []
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(nodes[node].port)\(path)")
    request.method = method
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let role, let token = Self.tokens[role] {
      request.headers.add(name: "Authorization", value: "Bearer \(token)")
    }
    if let key { request.headers.add(name: "Idempotency-Key", value: key) }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await client.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 1 << 22)
    return Answer(
      status: Int(response.status.code), headers: response.headers, body: Data([UInt8](buffer: bytes)))
  }

  func interaction(_ id: String) async throws -> InteractionJSON {
    try await request(.GET, "/v1/interactions/\(id)").json(InteractionJSON.self)
  }

  /// Asks until the interaction is as it should be; messages between actors take a moment.
  func interaction(_ id: String, until isRight: (InteractionJSON) -> Bool) async throws -> InteractionJSON {
    for _ in 0..<500 {
      let view = try await interaction(id)
      if isRight(view) { return view }
      try await Task.sleep(for: .milliseconds(10))
    }
    let view = try await interaction(id)
    Issue.record("interaction \(id) is \(view.state)")
    return view
  }

  /// Reads an event stream until `isEnough`, or for fifteen seconds; then hangs up.
  func events(
    _ query: String = "", after id: String? = nil, at node: Int = 0, as role: Role = .viewer,
    mayEnd: Bool = false, until isEnough: @escaping @Sendable ([Message]) -> Bool
  ) async throws -> [Message] {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(nodes[node].port)/v1/events\(query)")
    request.headers.add(name: "Authorization", value: "Bearer t-\(role.rawValue)")
    if let id { request.headers.add(name: "Last-Event-ID", value: id) }
    let response = try await client.execute(request, timeout: .seconds(15))
    #expect(response.status == .ok)
    #expect(response.headers.first(name: "content-type") == "text/event-stream")
    var text = ""
    var messages: [Message] = []
    for try await chunk in response.body {
      text += String(buffer: chunk)
      messages = Self.messages(in: text)
      if isEnough(messages) { return messages }
    }
    if !mayEnd { Issue.record("the event stream ended after \(messages)") }
    return messages
  }

  /// Complete messages; comments are left out (HTML standard, section 9.2.6).
  private static func messages(in text: String) -> [Message] {
    var parts = text.split(separator: "\n\n", omittingEmptySubsequences: false)
    parts.removeLast()
    return parts.compactMap { part in
      var message = Message(id: nil, event: "message", data: "")
      for line in part.split(separator: "\n") where !line.hasPrefix(":") {
        let field = line.split(separator: ": ", maxSplits: 1)
        let value = field.count == 2 ? String(field[1]) : ""
        switch field[0] {
        case "id": message.id = value
        case "event": message.event = value
        case "data": message.data += value
        case "retry": message.event = "retry \(value)"
        default: Issue.record("unknown field in \(line)")
        }
      }
      return message.data.isEmpty && !message.event.hasPrefix("retry") ? nil : message
    }
  }
}
