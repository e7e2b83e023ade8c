// A small HTTP server on loopback that keeps what it gets and answers as a test tells it.
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

package final class ScriptedHTTPServer: Sendable {
  package struct Received: Equatable, Sendable {
    package var path: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: String
    /// What it was answered with.
    package var status: Int
  }

  private struct State {
    var statuses: [Int]
    var received: [Received] = []
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (HTTPRequestHead, String) -> Int
    private var head: HTTPRequestHead?
    private var body = ""

    init(answer: @escaping @Sendable (HTTPRequestHead, String) -> Int) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        self.head = head
        body = ""
      case .body(let bytes): body += String(buffer: bytes)
      case .end:
        guard let head else { return }
        let status = HTTPResponseStatus(statusCode: answer(head, body))
        var response = HTTPResponseHead(version: .http1_1, status: status)
        response.headers.add(name: "Content-Length", value: "0")
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private let state: Mutex<State>
  private let channel: any Channel
  package let port: Int

  /// - Parameters:
  ///   - port: 0 for any that is free.
  ///   - statuses: of the first answers; 204 afterwards.
  ///   - certificate: with its key, as paths of PEM files: then it speaks TLS.
  package static func start(
    port: Int = 0, answering statuses: [Int] = [], certificate: (chain: String, key: String)? = nil
  ) async throws -> ScriptedHTTPServer {
    let tls = try certificate.map { files in
      try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
          privateKey: .privateKey(NIOSSLPrivateKey(file: files.key, format: .pem))))
    }
    let relay = Mutexed()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.configureHTTPServerPipeline()
          try pipeline.addHandler(Handler { relay.server.withLock { $0 }?.answer($0, $1) ?? 500 })
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    let server = ScriptedHTTPServer(channel, statuses)
    relay.server.withLock { $0 = server }
    return server
  }

  private final class Mutexed: Sendable {
    let server = Mutex<ScriptedHTTPServer?>(nil)
  }

  private init(_ channel: any Channel, _ statuses: [Int]) {
    self.channel = channel
    port = channel.localAddress?.port ?? 0
    state = Mutex(State(statuses: statuses))
  }

  /// In the order in which they came.
  package var received: [Received] { state.withLock { $0.received } }

  /// Takes no more connections; those that stand stay.
  package func stop() async { try? await channel.close() }

  private func answer(_ head: HTTPRequestHead, _ body: String) -> Int {
    state.withLock { state in
      let status = state.statuses.isEmpty ? 204 : state.statuses.removeFirst()
      let headers = Dictionary(
        head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
      state.received.append(Received(path: head.uri, headers: headers, body: body, status: status))
      return status
    }
  }
}
