// The protocol of one connection, from TLS to its end. Pure: no sockets, no clock, no logging.

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
    struct AwaitingReady { var hello: HandshakeMessage.Hello }
    struct Established { var peer: PeerIdentity }
  }

  /// What never changes in the life of a connection.
  private struct Setup {
    var side: Side
    var local: PeerIdentity
    var greeting: ByteBuffer
  }

  /// The next state and what to do on the way to it.
  private struct Step: ~Copyable {
    var state: State
    var action: GreetingAction

    init(_ state: consuming State, _ action: GreetingAction) {
      self.state = state
      self.action = action
    }
  }

  private let setup: Setup
  private var state: State

  /// - Parameter greeting: what this side tells a peer that it knows.
  package init(side: Side, local: PeerIdentity, greeting: ByteBuffer = ByteBuffer()) {
    self.init(Setup(side: side, local: local, greeting: greeting), .securing)
  }

  private init(_ setup: Setup, _ state: consuming State) {
    self.setup = setup
    self.state = state
  }

  package var side: Side { setup.side }

  /// The longest message that may come now, before the handshake is done: a greeting comes only from a peer that is
  /// known, or that this side has dialed.
  package var greetingLimit: Int {
    switch state {
    case .greeting: HandshakeMessage.maximumBytes + HandshakeMessage.maximumGreetingBytes
    case .awaitingReady: HandshakeMessage.maximumBytes + HandshakeMessage.maximumGreetingBytes
    default: HandshakeMessage.maximumBytes
    }
  }

  /// Whether frames may come. Between nodes each side sends on the connection that it dialed, so none comes back on it.
  package var carriesFramesIn: Bool { setup.side == .acceptor || setup.local.role == .client }

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

  /// A peer that is known and believed.
  package struct Introduction: Hashable, Sendable {
    package var peer: PeerIdentity
    /// What it tells this side.
    package var greeting: ByteBuffer
    /// The newest version that both speak.
    package var version: UInt16

    package init(
      peer: PeerIdentity, greeting: ByteBuffer = ByteBuffer(),
      version: UInt16 = HandshakeMessage.versions.upperBound
    ) {
      self.peer = peer
      self.greeting = greeting
      self.version = version
    }

    fileprivate init(_ hello: HandshakeMessage.Hello, greeting: ByteBuffer) {
      self.init(
        peer: hello.identity, greeting: greeting,
        version: min(hello.versions.upperBound, HandshakeMessage.versions.upperBound))
    }
  }

  package enum GreetingAction: Equatable {
    /// Answer, and wait for the peer.
    case answer(HandshakeMessage)
    /// The handshake is done. Send the message first, if there is one, then tell the user.
    case establish(Introduction, sendFirst: HandshakeMessage?)
    /// Send this, then close.
    case refuse(Rejection)
    case close(ConnectionFailure)
    case ignore
  }

  /// One message of the handshake has come.
  package mutating func received(_ frame: ByteBuffer, admission: borrowing Admission) -> GreetingAction {
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
    case .established:
      self = Self(setup, .closed)
      return .close(.malformed("a greeting after the end of the handshake"))
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
      return Step(
        .established(.init(peer: hello.identity)),
        .establish(
          Introduction(hello, greeting: hello.greeting), sendFirst: .ready(greeting: setup.greeting)))
    case .success(.reject(let rejection)):
      let dialed = PeerIdentity(
        cluster: setup.local.cluster, node: greeting.dialed, incarnation: 0, role: .node)
      // A node sets its files aside upon this: nobody else may say it.
      guard rejection.code != .earlierEpoch || greeting.certificateURIs == [dialed.certificateURI] else {
        return Step(.closed, .close(.malformed("a refusal by somebody else than the node that was dialed")))
      }
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
        .awaitingReady(.init(hello: hello)),
        .answer(.hello(HandshakeMessage.Hello(identity: setup.local, greeting: setup.greeting))))
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
    case .success(.ready(let greeting)):
      return Step(
        .established(.init(peer: awaiting.hello.identity)),
        .establish(Introduction(awaiting.hello, greeting: greeting), sendFirst: nil))
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
