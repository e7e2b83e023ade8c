// The channel handler of one connection: carries events into its state machine and the machine's actions
// out. Touches its channel.

internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// What a connection tells the transport. All calls come on the event loop.
protocol ConnectionOwner: AnyObject {
  /// Who may connect, asked anew for each greeting.
  var admission: Admission { get }
  func established(_ connection: ConnectionHandler, peer: PeerIdentity)
  func received(_ connection: ConnectionHandler, frame: ByteBuffer, from peer: PeerIdentity)
  /// Called once for each connection, `peer` is nil when its handshake was not done.
  func closed(_ connection: ConnectionHandler, peer: PeerIdentity?, failure: ConnectionFailure)
}

final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The most bytes written in one turn of the event loop; what is left waits for the next, so that others
  /// get theirs.
  private static let bytesPerTurn = 4 << 20

  let id: ConnectionID
  /// Set when the peer is established and this side sends to it here.
  private(set) var outbox: Outbox?
  let receivedBytes = ReceivedBytes()
  private(set) var remoteAddress = "unknown address"
  /// The address without the port, which a stranger changes with every attempt.
  private(set) var remoteHost = "unknown address"

  private var machine: ConnectionStateMachine
  private var decoder = FrameDecoder()
  private var context: ChannelHandlerContext?
  private var deadline: Scheduled<Void>?
  private let handshakeTimeout: TimeAmount
  private let outboundLimit: Int
  private weak var owner: (any ConnectionOwner)?

  init(
    id: ConnectionID, machine: consuming ConnectionStateMachine, configuration: TransportConfiguration,
    owner: any ConnectionOwner
  ) {
    self.id = id
    self.machine = machine
    self.handshakeTimeout = configuration.timing.handshakeTimeout.timeAmount
    self.outboundLimit = configuration.limits.outboundBytesPerPeer
    self.owner = owner
  }

  var dialedNode: NodeID? { if case .dialer(let node) = machine.side { node } else { nil } }

  // MARK: events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    rememberAddress(context)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: handshakeTimeout) {
      bound.value.run(bound.value.machine.handshakeTimedOut())
    }
  }

  func channelActive(context: ChannelHandlerContext) {
    rememberAddress(context)
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
      switch machine.secured(certificateURIs: certificate?.switchboardURIs ?? []) {
      case .send(let message): write(message)
      case .wait, .ignore: break
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !machine.isClosed else { return }
    decoder.append(unwrapInboundIn(data))
    while !machine.isClosed {
      let frame: ByteBuffer
      do throws(FrameDecoder.TooLong) {
        guard let next = try decoder.next(limit: machine.frameLimit) else { return }
        frame = next
      } catch {
        return close(.frameTooLong(length: error.length, limit: error.limit))
      }
      guard let owner else { return close(.closedHere(.stopped)) }
      run(machine.received(frame, admission: owner.admission))
    }
    decoder = FrameDecoder()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { drain() }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let failure = ConnectionFailure(channelError: error) { close(failure) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    close(.closedByPeer)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    close(.closedByPeer)
    self.context = nil
  }

  // MARK: what the transport asks for

  /// Ends the connection. Nothing more is delivered from here on.
  func close(_ failure: ConnectionFailure) { run(machine.failed(failure)) }

  private func rememberAddress(_ context: ChannelHandlerContext) {
    guard let address = context.remoteAddress else { return }
    remoteHost = address.ipAddress ?? "\(address)"
    remoteAddress = HostPort(host: remoteHost, port: address.port ?? 0).description
  }

  // MARK: actions of the machine

  private func run(_ action: ConnectionStateMachine.FrameAction) {
    switch action {
    case .deliver(let frame, let peer):
      receivedBytes.add(FrameDecoder.prefixBytes + frame.readableBytes)
      owner?.received(self, frame: frame, from: peer)
    case .answer(let message):
      write(message)
    case .establish(let peer, let first):
      if let first { write(first) }
      deadline?.cancel()
      deadline = nil
      openOutbox(to: peer)
      owner?.established(self, peer: peer)
    case .refuse(let rejection):
      write(.reject(rejection))
      end(.refused(rejection), peer: nil)
    case .close(let failure):
      end(failure, peer: nil)
    case .ignore:
      break
    }
  }

  private func run(_ action: ConnectionStateMachine.FailureAction) {
    switch action {
    case .close(let failure, let peer): end(failure, peer: peer)
    case .ignore: break
    }
  }

  private func end(_ failure: ConnectionFailure, peer: PeerIdentity?) {
    deadline?.cancel()
    deadline = nil
    outbox?.close()
    context?.close(promise: nil)
    owner?.closed(self, peer: peer, failure: failure)
  }

  private func write(_ message: HandshakeMessage) {
    guard let context else { return }
    var frame = context.channel.allocator.buffer(capacity: 192)
    let payload = message.encoded()
    frame.writeInteger(UInt32(payload.readableBytes))
    frame.writeImmutableBuffer(payload)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  // MARK: sending

  /// Between nodes only the dialer sends; between a client and a node both do.
  private func openOutbox(to peer: PeerIdentity) {
    guard let context, dialedNode != nil || peer.role == .client else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    outbox = Outbox(limit: outboundLimit) { loop.execute { bound.value.drain() } }
  }

  /// Writes what is queued while the socket takes it. Comes back by itself when it stops before the queue
  /// is empty.
  private func drain() {
    guard let context, let outbox, !machine.isClosed else { return }
    var budget = Self.bytesPerTurn
    while context.channel.isWritable {
      guard budget > 0 else {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.eventLoop.execute { bound.value.drain() }
      }
      var group = 0
      var isEmpty = false
      while group < Outbox.pieceBytes {
        guard let chunk = outbox.take() else {
          isEmpty = true
          break
        }
        let size = chunk.readableBytes
        group += size
        context.write(wrapOutboundOut(chunk)).whenSuccess { outbox.sent(size) }
      }
      guard group > 0 else { return }
      budget -= group
      context.flush()
      if isEmpty { return }
    }
  }
}
