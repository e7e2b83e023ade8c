// The protocol of one connection, from TLS to the last frame. Pure: no sockets, no clock, no logging.

package import NIOCore

/// Dialer: securing → greeting → established → closed. Acceptor: securing → awaitingHello → awaitingReady →
/// established → closed.
///
/// Guarantees: a peer is established only after TLS verified its certificate and ``Admission`` believed its
/// greeting; no frame is delivered before that, nor after the connection failed; every failure is reported
/// once, the first one.
package struct ConnectionStateMachine: ~Copyable {
  package enum Side: Hashable, Sendable {
    /// This side dialed that node.
    case dialer(NodeID)
    case acceptor
  }

  private enum State: ~Copyable {
    case securing
    case greeting(Greeting)
    case awaitingHello(AwaitingHello)
    case awaitingReady(AwaitingReady)
    case established(Established)
    case closed

    struct Greeting {
      var dialed: NodeID
      var certificateURIs: [String]
    }
    struct AwaitingHello { var certificateURIs: [String] }
    struct AwaitingReady { var peer: PeerIdentity }
    struct Established {
      var peer: PeerIdentity
      var receives: Bool
    }
  }

  /// What never changes in the life of a connection.
  private struct Setup {
    var side: Side
    var local: PeerIdentity
    var maximumFrameBytes: Int
  }

  /// The next state and what to do on the way to it.
  private struct Step: ~Copyable {
    var state: State
    var action: FrameAction

    init(_ state: consuming State, _ action: FrameAction) {
      self.state = state
      self.action = action
    }
  }

  private let setup: Setup
  private var state: State

  package init(side: Side, local: PeerIdentity, maximumFrameBytes: Int) {
    self.init(Setup(side: side, local: local, maximumFrameBytes: maximumFrameBytes), .securing)
  }

  private init(_ setup: Setup, _ state: consuming State) {
    self.setup = setup
    self.state = state
  }

  package var side: Side { setup.side }

  /// The longest frame that may come now: before the handshake is done, a greeting.
  package var frameLimit: Int {
    isEstablished ? setup.maximumFrameBytes : HandshakeMessage.maximumBytes
  }

  package var isEstablished: Bool {
    switch state {
    case .established: true
    default: false
    }
  }

  package var isClosed: Bool {
    switch state {
    case .closed: true
    default: false
    }
  }

  package enum SecuredAction: Equatable {
    case send(HandshakeMessage)
    case wait
    case ignore
  }

  /// TLS is done: the peer's certificate chains to the authority and carries these URIs.
  package mutating func secured(certificateURIs: [String]) -> SecuredAction {
    let setup = setup
    switch consume self.state {
    case .securing:
      switch setup.side {
      case .dialer(let dialed):
        self = Self(setup, .greeting(.init(dialed: dialed, certificateURIs: certificateURIs)))
        return .send(.hello(HandshakeMessage.Hello(identity: setup.local)))
      case .acceptor:
        self = Self(setup, .awaitingHello(.init(certificateURIs: certificateURIs)))
        return .wait
      }
    case let other:
      self = Self(setup, other)
      return .ignore
    }
  }

  package enum FrameAction: Equatable {
    /// Give the frame to the user.
    case deliver(ByteBuffer, from: PeerIdentity)
    /// Answer, and wait for the peer.
    case answer(HandshakeMessage)
    /// The handshake is done. Send the message first, if there is one, then tell the user.
    case establish(PeerIdentity, sendFirst: HandshakeMessage?)
    /// Send this, then close.
    case refuse(Rejection)
    case close(ConnectionFailure)
    case ignore
  }

  /// One frame has come.
  package mutating func received(_ frame: ByteBuffer, admission: borrowing Admission) -> FrameAction {
    let setup = setup
    switch consume self.state {
    case .securing:
      self = Self(setup, .closed)
      return .close(.malformed("a frame before the end of the TLS handshake"))
    case .greeting(let greeting):
      let step = Self.answered(frame, greeting, setup, admission)
      self = Self(setup, step.state)
      return step.action
    case .awaitingHello(let awaiting):
      let step = Self.greeted(frame, awaiting, setup, admission)
      self = Self(setup, step.state)
      return step.action
    case .awaitingReady(let awaiting):
      let step = Self.confirmed(frame, awaiting)
      self = Self(setup, step.state)
      return step.action
    case .established(let established):
      guard established.receives else {
        self = Self(setup, .closed)
        return .close(.unexpectedFrame)
      }
      self = Self(setup, .established(established))
      return .deliver(frame, from: established.peer)
    case .closed:
      self = Self(setup, .closed)
      return .ignore
    }
  }

  package enum FailureAction: Equatable {
    /// Close the channel, and report why. `established` is the peer, if the handshake was done.
    case close(ConnectionFailure, established: PeerIdentity?)
    /// It was reported before.
    case ignore
  }

  /// The stream cannot be read on, the channel is closed, or this side wants it to be.
  package mutating func failed(_ failure: ConnectionFailure) -> FailureAction {
    let setup = setup
    switch consume self.state {
    case .established(let established):
      self = Self(setup, .closed)
      return .close(failure, established: established.peer)
    case .closed:
      self = Self(setup, .closed)
      return .ignore
    default:
      self = Self(setup, .closed)
      return .close(failure, established: nil)
    }
  }

  /// The time for the handshake is over.
  package mutating func handshakeTimedOut() -> FailureAction {
    if isEstablished { return .ignore }
    return failed(.handshakeTimeout)
  }

  private static func answered(
    _ frame: ByteBuffer, _ greeting: State.Greeting, _ setup: Setup, _ admission: borrowing Admission
  ) -> Step {
    switch decode(frame) {
    case .success(.hello(let hello)):
      if let rejection = admission.rejection(
        of: hello, certificateURIs: greeting.certificateURIs, dialed: greeting.dialed)
      {
        return Step(.closed, .refuse(rejection))
      }
      // Between nodes each side sends on the connection that it dialed, so nothing comes back on it.
      let established = State.Established(peer: hello.identity, receives: setup.local.role == .client)
      return Step(.established(established), .establish(hello.identity, sendFirst: .ready))
    case .success(.reject(let rejection)):
      return Step(.closed, .close(.refusedByPeer(rejection)))
    case .success(.ready):
      return Step(.closed, .close(.malformed("a confirmation instead of an answer to the hello")))
    case .failure(let malformed):
      return Step(.closed, .refuse(Rejection(code: .malformed, words: malformed.detail)))
    }
  }

  private static func greeted(
    _ frame: ByteBuffer, _ awaiting: State.AwaitingHello, _ setup: Setup, _ admission: borrowing Admission
  ) -> Step {
    switch decode(frame) {
    case .success(.hello(let hello)):
      if let rejection = admission.rejection(
        of: hello, certificateURIs: awaiting.certificateURIs, dialed: nil)
      {
        return Step(.closed, .refuse(rejection))
      }
      return Step(
        .awaitingReady(.init(peer: hello.identity)),
        .answer(.hello(HandshakeMessage.Hello(identity: setup.local))))
    case .success(.reject(let rejection)):
      return Step(.closed, .close(.refusedByPeer(rejection)))
    case .success(.ready):
      return Step(.closed, .close(.malformed("a confirmation before the hello")))
    case .failure(let malformed):
      return Step(.closed, .refuse(Rejection(code: .malformed, words: malformed.detail)))
    }
  }

  private static func confirmed(_ frame: ByteBuffer, _ awaiting: State.AwaitingReady) -> Step {
    switch decode(frame) {
    case .success(.ready):
      let established = State.Established(peer: awaiting.peer, receives: true)
      return Step(.established(established), .establish(awaiting.peer, sendFirst: nil))
    case .success(.reject(let rejection)):
      return Step(.closed, .close(.refusedByPeer(rejection)))
    case .success(.hello):
      return Step(.closed, .close(.malformed("a second hello")))
    case .failure:
      return Step(
        .closed, .refuse(Rejection(code: .malformed, words: "a frame before the end of the handshake")))
    }
  }

  private static func decode(_ frame: ByteBuffer) -> Result<HandshakeMessage, HandshakeMessage.Malformed> {
    do throws(HandshakeMessage.Malformed) {
      return .success(try HandshakeMessage(decoding: frame))
    } catch {
      return .failure(error)
    }
  }
}
