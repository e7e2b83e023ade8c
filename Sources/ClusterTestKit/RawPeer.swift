// A peer that follows no rules: sends what it is told over TCP, or over TLS with any certificate. For the
// tests of hostile input.

package import NIOCore
internal import NIOPosix
internal import NIOSSL
package import PeerTransport
internal import Synchronization

package final class RawPeer: Sendable {
  private final class Received: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let received: @Sendable (ByteBuffer) -> Void
    init(received: @escaping @Sendable (ByteBuffer) -> Void) { self.received = received }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private let channel: any Channel
  private let store: Received

  /// - Parameter reads: whether what comes is read at all.
  package init(to address: HostPort, tls: TransportTLS? = nil, reads: Bool = true) async throws {
    let store = Received()
    self.store = store
    let context = try tls.map { files in
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .file(files.authorityPath)
      configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(files.certificatePath).map {
        .certificate($0)
      }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: files.keyPath, format: .pem))
      return try NIOSSLContext(configuration: configuration)
    }
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: context, serverHostname: nil))
          }
          try channel.pipeline.syncOperations.addHandler(
            Collector { buffer in store.bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) } })
        }
      }
      .connect(host: address.host, port: address.port).get()
  }

  package func send(_ buffer: ByteBuffer) { channel.writeAndFlush(buffer, promise: nil) }

  /// One frame with its length.
  package func sendFrame(_ payload: ByteBuffer) {
    var frame = ByteBuffer(integer: UInt32(payload.readableBytes))
    frame.writeImmutableBuffer(payload)
    send(frame)
  }

  /// Piece headers are written as they are given.
  package func sendPiece(_ bits: UInt32, _ payload: ByteBuffer) {
    var piece = ByteBuffer(integer: bits)
    piece.writeImmutableBuffer(payload)
    send(piece)
  }

  package func sendPiece(_ lane: Lane, isLast: Bool = true, _ payload: ByteBuffer) {
    sendPiece(PieceHeader(lane: lane, isLast: isLast, length: payload.readableBytes).bits, payload)
  }

  /// The end of the handshake.
  package func ready() { sendFrame(HandshakeMessage.ready(greeting: ByteBuffer()).encoded()) }

  package func hello(_ identity: PeerIdentity, versions: ClosedRange<UInt16> = HandshakeMessage.versions) {
    sendFrame(
      HandshakeMessage.hello(HandshakeMessage.Hello(versions: versions, identity: identity)).encoded())
  }

  package var isClosed: Bool { !channel.isActive }
  package var received: [UInt8] { store.bytes.withLock { $0 } }

  /// The greetings that came.
  package var answers: [HandshakeMessage] {
    var decoder = FrameDecoder()
    decoder.append(ByteBuffer(bytes: received))
    var found: [HandshakeMessage] = []
    while let frame = try? decoder.next(limit: 1 << 20), let message = try? HandshakeMessage(decoding: frame)
    {
      found.append(message)
    }
    return found
  }

  package var rejection: Rejection? {
    if case .reject(let rejection) = answers.last { rejection } else { nil }
  }

  package func close() async { try? await channel.close().get() }
}
