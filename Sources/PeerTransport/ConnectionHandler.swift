// The channel handler of one connection: carries events into its state machine and the machine's actions
// out. Touches its channel and the clock.

internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// What a connection tells the transport. All calls come on the event loop.
protocol ConnectionOwner: AnyObject {
  /// Who may connect, asked anew for each greeting.
  var admission: Admission { get }
  /// Why the holder of this certificate, which TLS has verified, may not connect all the same.
  func revocation(of certificate: NIOSSLCertificate?) -> Rejection?
  func established(_ connection: ConnectionHandler, peer: PeerIdentity)
  func received(_ connection: ConnectionHandler, frame: ByteBuffer, from peer: PeerIdentity)
  /// Called once for each connection, `peer` is nil when its handshake was not done.
  func closed(_ connection: ConnectionHandler, peer: PeerIdentity?, failure: ConnectionFailure)
}

final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// How long a full turn of writing makes way for what has arrived.
  private static let pause = TimeAmount.microseconds(20)

  let id: ConnectionID
  /// Set when the peer is established; whether frames may go out on it is for the transport to know.
  private(set) var outbox: Outbox?
  /// What the peer said of itself, when it is established.
  private(set) var introduction: ConnectionStateMachine.Introduction?
  let meter = ConnectionMeter()
  private(set) var remoteAddress = "unknown address"
  /// The address without the port, which a stranger changes with every attempt.
  private(set) var remoteHost = "unknown address"
  /// For the transport: the state of its links at which frames of this connection were found to be welcome.
  var welcomeAt: UInt64 = 0

  private var machine: ConnectionStateMachine
  private var greetings = FrameDecoder()
  private var pieces: PieceDecoder
  private var pulse: LinkPulse?
  private var pinging: RepeatedTask?
  private let writer = ConnectionWriter()
  private var context: ChannelHandlerContext?
  private var deadline: Scheduled<Void>?
  private let timing: TransportTiming
  private let limits: TransportLimits
  private weak var owner: (any ConnectionOwner)?

  init(
    id: ConnectionID, machine: consuming ConnectionStateMachine, configuration: TransportConfiguration,
    owner: any ConnectionOwner
  ) {
    self.id = id
    self.machine = machine
    self.timing = configuration.timing
    self.limits = configuration.limits
    self.pieces = PieceDecoder(limits: configuration.limits.frameBytes)
    self.owner = owner
  }

  var dialedNode: NodeID? { if case .dialer(let node) = machine.side { node } else { nil } }

  /// What the peer proved itself with; nil before the TLS handshake is done.
  var peerCertificate: NIOSSLCertificate? { try? context?.pipeline.syncOperations.nioSSL_peerCertificate() }

  // MARK: events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    rememberAddress(context)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: timing.handshakeTimeout.timeAmount) {
      bound.value.run(bound.value.machine.handshakeTimedOut())
    }
  }

  func channelActive(context: ChannelHandlerContext) {
    rememberAddress(context)
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      let certificate = peerCertificate
      if let rejection = owner?.revocation(of: certificate) {
        write(.reject(rejection))
        return close(.refused(rejection))
      }
      secured(certificate?.switchboardURIs ?? [])
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !machine.isClosed else { return }
    if machine.isEstablished {
      pulse?.heard(now: .uptime)
      pieces.append(unwrapInboundIn(data))
    } else {
      greetings.append(unwrapInboundIn(data))
      readGreetings()
      guard machine.isEstablished else { return }
      pieces.append(greetings.takeRest())
    }
    readPieces()
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

  /// Greets without TLS: nobody has proven anything.
  func beginUnsecured() { secured([]) }

  private func secured(_ certificateURIs: [String]) {
    switch machine.secured(certificateURIs: certificateURIs) {
    case .send(let message): write(message)
    case .wait, .ignore: break
    }
  }

  private func rememberAddress(_ context: ChannelHandlerContext) {
    guard let address = context.remoteAddress else { return }
    remoteHost = address.ipAddress ?? "\(address)"
    remoteAddress = HostPort(host: remoteHost, port: address.port ?? 0).description
  }

  // MARK: what comes in

  private func readGreetings() {
    while !machine.isClosed, !machine.isEstablished {
      let message: ByteBuffer
      do throws(FrameDecoder.TooLong) {
        guard let next = try greetings.next(limit: machine.greetingLimit) else { return }
        message = next
      } catch {
        return close(.frameTooLong(length: error.length, limit: error.limit))
      }
      guard let owner else { return close(.closedHere(.stopped)) }
      run(machine.received(message, admission: owner.admission))
    }
  }

  private func readPieces() {
    while !machine.isClosed {
      do throws(PieceViolation) {
        switch try pieces.next() {
        case .frame(let frame, _): received(frame)
        case .link(let payload): receivedMessage(payload)
        case nil: return
        }
      } catch {
        close(ConnectionFailure(error))
      }
    }
    pieces = PieceDecoder(limits: limits.frameBytes)
    greetings = FrameDecoder()
  }

  private func received(_ frame: ByteBuffer) {
    guard machine.carriesFramesIn else { return close(.unexpectedFrame) }
    guard let peer = introduction?.peer, let owner else { return close(.closedHere(.stopped)) }
    meter.received(PieceHeader.wireBytes(ofFrame: frame.readableBytes))
    owner.received(self, frame: frame, from: peer)
  }

  private func receivedMessage(_ payload: ByteBuffer) {
    switch LinkMessage(decoding: payload) {
    case .ping(let number):
      guard pulse?.pinged(now: .uptime) == true else { return close(.pingFlood) }
      // Without room the peer does not read; its next ping finds some, or silence.
      _ = outbox?.put(.pong(number))
    case .pong(let number):
      guard pulse?.ponged(number, now: .uptime) == true else { return close(.pingFlood) }
      meter.roundTrip = pulse?.roundTrip
    case nil:
      close(.malformed("a message of the transport that is none"))
    }
  }

  // MARK: actions of the machine

  private func run(_ action: ConnectionStateMachine.GreetingAction) {
    switch action {
    case .answer(let message):
      write(message)
    case .establish(let introduction, let first):
      if let first { write(first) }
      deadline?.cancel()
      deadline = nil
      establish(introduction)
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

  private func establish(_ introduction: ConnectionStateMachine.Introduction) {
    guard let context else { return }
    self.introduction = introduction
    if introduction.peer.role == .client { pieces.restrictToCalls() }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    // On the loop itself this costs no system call, and runs after all that was read in this turn.
    let drain: @Sendable () -> Void = { bound.value.drain() }
    outbox = Outbox(limits: limits.outboundBytes, frameLimits: limits.frameBytes) { loop.execute(drain) }
    pulse = LinkPulse(interval: timing.pingInterval, silenceLimit: timing.silenceLimit, now: .uptime)
    pinging = loop.scheduleRepeatedTask(initialDelay: .zero, delay: timing.pingInterval.timeAmount) { _ in
      bound.value.beat()
    }
    owner?.established(self, peer: introduction.peer)
  }

  private func beat() {
    switch pulse?.tick(now: .uptime) {
    case .ping(let number):
      if outbox?.put(.ping(number)) != true { pulse?.notSent() }
    case .silent(let silence):
      close(.silent(silence))
    case .wait, nil:
      break
    }
  }

  private func end(_ failure: ConnectionFailure, peer: PeerIdentity?) {
    deadline?.cancel()
    deadline = nil
    pinging?.cancel()
    pinging = nil
    outbox?.close()
    // It wakes this handler, which must not keep itself alive.
    outbox = nil
    context?.close(promise: nil)
    owner?.closed(self, peer: peer, failure: failure)
  }

  // MARK: what goes out

  private func write(_ message: HandshakeMessage) {
    guard let context else { return }
    let payload = message.encoded()
    var frame = context.channel.allocator.buffer(capacity: FrameDecoder.prefixBytes + payload.readableBytes)
    frame.writeInteger(UInt32(payload.readableBytes))
    frame.writeImmutableBuffer(payload)
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
  }

  /// Writes what is queued while the socket takes it. Comes back by itself when it stops before the queue
  /// is empty.
  private func drain() {
    guard let context, let outbox, !machine.isClosed else { return }
    guard writer.drain(outbox, into: context) == .outOfTurn else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    // Not `execute`: a loop runs what is executed before it looks at its sockets again.
    context.eventLoop.scheduleTask(in: Self.pause) { bound.value.drain() }
  }
}

extension Duration {
  /// The monotonic clock of event loops.
  static var uptime: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
