// The event stream of the cluster, whatever happens to the node that sends it. Touches the network through `DemoAPI`.
internal import AsyncHTTPClient
internal import NIOCore

/// One reader's stream: when it ends, it goes on at another node where it stopped (`Last-Event-ID`).
struct EventSubscription {
  private let api: DemoAPI
  private var node: Int
  private var position: String?
  private var parser = EventStreamParser()
  private var body: HTTPClientResponse.Body.AsyncIterator?
  private var pending: [StreamMessage] = []
  private var failures = 0
  /// How often it went on at another node.
  private(set) var resumptions = 0

  init(api: DemoAPI) {
    self.api = api
    node = api.randomNode()
  }

  /// The next event. Throws only when the task is canceled.
  mutating func next() async throws -> StreamMessage {
    while true {
      try Task.checkCancellation()
      if !pending.isEmpty {
        let message = pending.removeFirst()
        position = message.id ?? position
        return message
      }
      do {
        if body == nil { try await connect() }
        guard let bytes = try await body?.next() else {
          try await reconnect()
          continue
        }
        pending = try parser.read(bytes.readableBytesView)
        failures = 0
      } catch {
        try Task.checkCancellation()
        try await reconnect()
      }
    }
  }

  private mutating func connect() async throws {
    body = try await api.events(at: api.nodes[node], after: position).makeAsyncIterator()
  }

  private mutating func reconnect() async throws {
    body = nil
    parser = EventStreamParser()
    node = (node + 1) % api.nodes.count
    failures += 1
    resumptions += 1
    if failures >= api.nodes.count { try await Task.sleep(for: .milliseconds(min(500, 20 * failures))) }
  }
}
