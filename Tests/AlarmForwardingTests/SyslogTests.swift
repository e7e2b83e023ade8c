// Alarms to real syslog receivers, over UDP and TCP.
import AlarmForwarding
import Alarms
import ClusterTestKit
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

/// Keeps all bytes that come to a socket.
private final class Collected: Sendable {
  let texts = Mutex<[String]>([])

  func add(_ text: String) { texts.withLock { $0.append(text) } }
  var all: [String] { texts.withLock { $0 } }
}

private final class Datagrams: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  let collected: Collected
  init(_ collected: Collected) { self.collected = collected }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    collected.add(String(buffer: unwrapInboundIn(data).data))
  }
}

private final class Streams: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  let collected: Collected
  init(_ collected: Collected) { self.collected = collected }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    collected.add(String(buffer: unwrapInboundIn(data)))
  }
}

@Suite(.timeLimit(.minutes(2))) struct SyslogTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func forward(
    _ source: AlarmSource, to port: Int, _ transport: SyslogReceiver.Transport,
    _ body: () async throws -> Void
  ) async throws {
    let sender = SyslogSender(
      SyslogReceiver(
        address: HostPort(host: "127.0.0.1", port: port), transport: transport, facility: .local0),
      cluster: "bank")
    let forwarder = AlarmForwarder(
      receiver: "syslog", center: source.center, clock: steadyClock, logger: source.logger,
      send: { await sender.send($0, dropped: $1) })
    let task = Task { try await forwarder.run() }
    defer { task.cancel() }
    try await body()
  }

  @Test func eachChangeIsADatagram() async throws {
    let collected = Collected()
    let server = try await DatagramBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(Datagrams(collected))
      }
    }.bind(host: "127.0.0.1", port: 0).get()
    let source = AlarmSource()
    try await forward(source, to: server.localAddress?.port ?? 0, .udp) {
      source.raiseAndClear()
      try await waitUntil("two datagrams") { collected.all.count == 2 }
    }
    // local0 is 16; critical is 2, and what ends is a notice, 5.
    #expect(collected.all.first?.hasPrefix("<130>1 1970-01-01T00:00:01.000Z north switchboard ") == true)
    #expect(collected.all.last?.hasPrefix("<133>1 ") == true)
    #expect(collected.all.last?.contains(#"change="cleared""#) == true)
    try await server.close()
  }

  @Test func overTCPOctetsAreCountedAndALateReceiverGetsAll() async throws {
    let port = try #require(FreePorts.find(1).first)
    let source = AlarmSource()
    let collected = Collected()
    try await forward(source, to: port, .tcp) {
      source.raiseAndClear()
      try await waitUntil("a failure is known") { source.center.overview.forwarding.first?.problem != nil }
      let server = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Streams(collected))
          }
        }.bind(host: "127.0.0.1", port: port).get()
      try await waitUntil("both") { collected.all.joined().contains("alarm cleared") }
      try await server.close()
    }
    var rest = collected.all.joined()[...]
    var messages: [String] = []
    while let space = rest.firstIndex(of: " "), let count = Int(rest[..<space]) {
      let body = rest[rest.index(after: space)...].utf8
      messages.append(String(decoding: body.prefix(count), as: UTF8.self))
      rest = Substring(String(decoding: body.dropFirst(count), as: UTF8.self))
    }
    #expect(rest.isEmpty)
    #expect(messages.count == 2)
    #expect(messages.first?.contains(#"change="raised""#) == true)
    #expect(messages.last?.contains(#"change="cleared""#) == true)
  }
}
