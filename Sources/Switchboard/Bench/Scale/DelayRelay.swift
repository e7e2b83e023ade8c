// The distance between the nodes of a benchmark: a process that hands on what comes, later. Touches the network.
internal import Foundation
internal import NIOCore
internal import NIOPosix

/// One way from a node to another: where the first one dials, and where the other listens.
struct DelayRoute: Codable, Equatable, Sendable {
  var port: Int
  var target: BenchCluster.Address
}

/// Every byte is late by the same time in each direction, whatever the load. Needs no rights, unlike the kernel's netem.
struct DelayRelay: Codable, Sendable {
  private static let file = "/relay.json"

  var milliseconds: Int64
  var routes: [DelayRoute]

  init(milliseconds: Int64, routes: [DelayRoute]) {
    (self.milliseconds, self.routes) = (milliseconds, routes)
  }

  init(readingFrom directory: String) throws {
    self = try JSONDecoder().decode(
      DelayRelay.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + Self.file)))
  }

  func save(in directory: String) throws {
    try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: directory + Self.file))
  }

  /// Makes the nodes of a cluster that is not started yet dial each other through a relay.
  static func between(nodesOf cluster: inout BenchCluster, milliseconds: Int64) throws -> DelayRelay {
    let pairs = BenchCluster.nodes.flatMap { from in
      BenchCluster.nodes.filter { $0 != from }.map { (from, $0) }
    }
    guard let ports = LocalPorts.free(pairs.count) else {
      throw BenchFailure("no free ports on 127.0.0.1: end programs that use many")
    }
    var routes: [DelayRoute] = []
    for ((from, to), port) in zip(pairs, ports) {
      guard let target = cluster.listening[to] else { continue }
      cluster.detours["\(from)-\(to)"] = BenchCluster.Address(host: "127.0.0.1", port: port)
      routes.append(DelayRoute(port: port, target: target))
    }
    return DelayRelay(milliseconds: milliseconds, routes: routes)
  }

  /// Runs until the benchmark's process is gone.
  func run(ready: (Int) -> Void) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    for route in routes {
      _ = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        .childChannelOption(.autoRead, value: false)
        .childChannelInitializer { accepted in
          // On the same loop: the two ends may then use each other without a lock.
          ClientBootstrap(group: accepted.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: route.target.host, port: route.target.port)
            .flatMap { dialed in
              do {
                let delay = TimeAmount.milliseconds(milliseconds)
                try accepted.pipeline.syncOperations.addHandler(LateBytes(to: dialed, delay: delay))
                try dialed.pipeline.syncOperations.addHandler(LateBytes(to: accepted, delay: delay))
                for channel in [accepted, dialed] { channel.setOption(.autoRead, value: true).whenSuccess {} }
                return accepted.eventLoop.makeSucceededVoidFuture()
              } catch {
                return accepted.eventLoop.makeFailedFuture(error)
              }
            }
        }
        .bind(host: "127.0.0.1", port: route.port).get()
    }
    ready(routes.first?.port ?? 0)
    while getppid() != 1 { try await Task.sleep(for: .seconds(1)) }
  }
}

/// One direction of one connection. The end of the connection is as late as its bytes.
private final class LateBytes: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// Past it nothing more is read until some of it went out.
  private static let limit = 64 << 20

  private let other: any Channel
  private let delay: TimeAmount
  private var waiting = CircularBuffer<(due: NIODeadline, bytes: ByteBuffer)>()
  private var held = 0

  init(to other: any Channel, delay: TimeAmount) {
    self.other = other
    self.delay = delay
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    held += bytes.readableBytes
    waiting.append((.now() + delay, bytes))
    if held > Self.limit { context.channel.setOption(.autoRead, value: false).whenSuccess {} }
    let (this, channel) = (NIOLoopBound(self, eventLoop: context.eventLoop), context.channel)
    context.eventLoop.scheduleTask(in: delay) { this.value.release(channel) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let other = other
    context.eventLoop.scheduleTask(in: delay) { other.close(promise: nil) }
    context.fireChannelInactive()
  }

  /// In the order in which they came, whatever the order of the tasks.
  private func release(_ channel: any Channel) {
    let now = NIODeadline.now()
    let wasFull = held > Self.limit
    while let first = waiting.first, first.due <= now {
      waiting.removeFirst()
      held -= first.bytes.readableBytes
      other.write(first.bytes, promise: nil)
    }
    other.flush()
    if wasFull, held <= Self.limit { channel.setOption(.autoRead, value: true).whenSuccess {} }
  }
}
