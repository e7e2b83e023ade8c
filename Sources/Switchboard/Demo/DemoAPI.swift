// The demo's HTTP client: any node will do, and a request is sent again elsewhere until it is answered. Touches the network.
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Asks the nodes of one cluster, a random one first.
final class DemoAPI: Sendable {
  struct Node: Equatable, Sendable {
    let name: String
    let url: String
  }

  enum Outcome: Sendable {
    case done(Data)
    case refused(code: String, message: String)
    /// No answer until the deadline, or none ever: what the command did, nobody knows.
    case gaveUp(String)
  }

  /// How long one attempt at one node may take.
  struct Patience: Sendable {
    var attemptMilliseconds: Int64 = 2_500
    /// What the node is told, so that it answers before the attempt ends.
    var nodeMilliseconds: Int64 = 2_000
    /// All attempts together.
    var totalSeconds = 60.0
  }

  let nodes: [Node]
  let token: String
  private let client: HTTPClient
  private let random: Mutex<DemoRandom>
  private static let replyLimit = 8 << 20

  init(nodes: [Node], token: String, seed: UInt64) {
    self.nodes = nodes
    self.token = token
    random = Mutex(DemoRandom(seed: seed))
    var configuration = HTTPClient.Configuration()
    // A refused connection is news at once: the next node is asked.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    configuration.timeout.connect = .milliseconds(500)
    // Streams say something every ten seconds.
    configuration.timeout.read = .seconds(25)
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  func shutdown() async { try? await client.shutdown() }

  func randomNode() -> Int { random.withLock { $0.index(below: nodes.count) } }

  /// Sends until it is done or refused: at once to the next node, with pauses once all were asked.
  func send(_ request: DemoRequest, patience: Patience = Patience()) async -> Outcome {
    let deadline = ContinuousClock.now + .seconds(patience.totalSeconds)
    var node = randomNode()
    var attempts = 0
    var problem = "no node to ask"
    while !Task.isCancelled, ContinuousClock.now < deadline, !nodes.isEmpty {
      var pause = 0
      switch await attempt(request, at: nodes[node], patience) {
      case .success((let status, let body)):
        switch ReplyJudgment(status: status, body: body) {
        case .done: return .done(body)
        case .refused(let code, let message): return .refused(code: code, message: message)
        case .again(let milliseconds, let why):
          problem = "\(nodes[node].name): \(why)"
          pause = milliseconds
        }
      case .failure(let failure):
        problem = "\(nodes[node].name): \(failure.words)"
      }
      attempts += 1
      node = (node + 1) % nodes.count
      if attempts % nodes.count == 0 { pause = max(pause, 10 << min(5, attempts / nodes.count)) }
      if pause > 0 {
        try? await Task.sleep(for: .milliseconds(attempts < nodes.count ? min(pause, 50) : pause))
      }
    }
    return .gaveUp("\(request.method) \(request.path) after \(attempts) attempts; last, \(problem)")
  }

  struct AttemptFailure: Error, Sendable { var words: String }

  /// One attempt at one node.
  func attempt(
    _ request: DemoRequest, at node: Node, _ patience: Patience = Patience()
  ) async -> Result<(status: Int, body: Data), AttemptFailure> {
    do {
      let response = try await client.execute(
        http(request, at: node, patience), timeout: .milliseconds(patience.attemptMilliseconds))
      let body = try await response.body.collect(upTo: Self.replyLimit)
      return .success((Int(response.status.code), Data(body.readableBytesView)))
    } catch {
      return .failure(AttemptFailure(words: "\(error)"))
    }
  }

  /// Opens the event stream at one node; fails unless it answers 200.
  func events(at node: Node, after position: String?) async throws -> HTTPClientResponse.Body {
    var request = http(.get("/v1/events"), at: node, Patience())
    request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream")
    if let position { request.headers.add(name: "Last-Event-ID", value: position) }
    let response = try await client.execute(request, deadline: .now() + .hours(24))
    guard response.status == .ok else {
      throw AttemptFailure(words: "the event stream answered \(response.status)")
    }
    return response.body
  }

  private func http(_ request: DemoRequest, at node: Node, _ patience: Patience) -> HTTPClientRequest {
    var http = HTTPClientRequest(url: node.url + request.path)
    http.method = .init(rawValue: request.method)
    http.headers.add(name: "Authorization", value: "Bearer \(token)")
    http.headers.add(name: "X-Timeout-Ms", value: "\(patience.nodeMilliseconds)")
    if let key = request.key { http.headers.add(name: "Idempotency-Key", value: key) }
    if let body = request.body {
      http.headers.add(name: "Content-Type", value: "application/json")
      http.body = .bytes(ByteBuffer(bytes: body))
    }
    return http
  }
}

extension DemoAPI {
  /// The cluster as a node sees it; nil when that node does not answer.
  func cluster(at node: Node) async -> ClusterReply? {
    guard case .success((200, let body)) = await attempt(.get("/v1/cluster"), at: node) else { return nil }
    return try? JSONDecoder().decode(ClusterReply.self, from: body)
  }

  /// The cluster as any node sees it.
  func cluster() async -> ClusterReply? {
    for node in nodes {
      if let reply = await cluster(at: node) { return reply }
    }
    return nil
  }
}
