// A wire between two transports that remembers what went over it and can be cut so that neither end is told.

import NIOCore
import NIOPosix
import PeerTransport
import Synchronization

/// Listens on a port and passes bytes to another and back.
final class Relay: Sendable {
  private struct State {
    var isFrozen = false
    var forward: [UInt8] = []
  }

  private final class Pipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let other: any Channel
    private let takes: @Sendable (ByteBuffer) -> Bool

    init(to other: any Channel, takes: @escaping @Sendable (ByteBuffer) -> Bool) {
      self.other = other
      self.takes = takes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      if takes(bytes) { other.writeAndFlush(bytes, promise: nil) }
    }
    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private let state: MutexBox<State>
  private let listener: any Channel
  let address: HostPort

  init(to target: HostPort) async throws {
    let state = MutexBox(State())
    self.state = state
    address = HostPort(host: "127.0.0.1", port: Ports.free())
    // One loop for both ends of each wire.
    let group = MultiThreadedEventLoopGroup.singleton.next()
    listener = try await ServerBootstrap(group: group)
      .childChannelInitializer { inner in
        ClientBootstrap(group: group)
          .channelInitializer { outer in
            outer.eventLoop.makeCompletedFuture {
              try outer.pipeline.syncOperations.addHandler(
                Pipe(to: inner) { _ in state.value.withLock { !$0.isFrozen } })
            }
          }
          .connect(host: target.host, port: target.port)
          .flatMapThrowing { outer in
            try inner.pipeline.syncOperations.addHandler(
              Pipe(to: outer) { bytes in
                state.value.withLock { state in
                  if state.forward.count < 1 << 20 { state.forward += bytes.readableBytesView }
                  return !state.isFrozen
                }
              })
          }
      }
      .bind(host: address.host, port: address.port).get()
  }

  /// From now on bytes vanish, and no end learns of it.
  func freeze() { state.value.withLock { $0.isFrozen = true } }

  /// What the dialers sent, encrypted as it was.
  var recorded: [UInt8] { state.value.withLock { $0.forward } }

  func close() async { try? await listener.close().get() }
}
