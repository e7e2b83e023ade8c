// One connection to a peer, as calls see it: credit, the peer's methods, the way out.
internal import NIOCore
internal import PeerTransport
internal import Synchronization

/// Lives from a link's `connected` to its `disconnected`. Safe from any thread.
final class CallLink: Sendable {
  /// Calls within this system have no link.
  static let localNumber: UInt32 = 0

  private struct Outbound: Sendable {
    var credit: OutboundCredit
    /// The peer's numbers of this system's targets, by their index.
    var numbers: [Number?] = []
  }

  private struct Inbound: Sendable {
    var credit: InboundCredit
    var report = CreditReport()
  }

  private enum Number: Sendable {
    case known(UInt16)
    case missing
    case incompatible
  }

  private struct MethodName: Hashable, Sendable {
    var type: String
    var method: String
  }

  /// Of this system, never used twice.
  let number: UInt32
  let peer: PeerIdentity
  let sender: PeerSender
  /// The peer relays calls to a leader that this system does not reach.
  let relays: Bool
  private let theirs: [MethodName: (number: UInt16, hash: UInt64)]
  private let outbound: Mutex<Outbound>
  private let inbound: Mutex<Inbound>
  private let lost = Atomic(false)
  private let loop: any EventLoop
  private let cut: @Sendable (String) -> Void

  /// - Parameters:
  ///   - loop: of the links.
  ///   - cut: ends the connection with words, because the peer broke a rule or reads too slowly.
  init(
    number: UInt32, peer: PeerIdentity, sender: PeerSender, greeting: CallGreeting, ownWindow: Int,
    loop: any EventLoop, cut: @escaping @Sendable (String) -> Void
  ) {
    self.number = number
    self.peer = peer
    self.sender = sender
    self.loop = loop
    relays = greeting.features & CallGreeting.relays != 0
    self.cut = cut
    theirs = Dictionary(
      greeting.methods.enumerated().map { position, method in
        (
          MethodName(type: method.type, method: method.method),
          (UInt16(truncatingIfNeeded: position), method.hash)
        )
      }, uniquingKeysWith: { $1 })
    outbound = Mutex(Outbound(credit: OutboundCredit(window: Int(greeting.window))))
    inbound = Mutex(Inbound(credit: InboundCredit(window: ownWindow)))
  }

  /// Bytes under way there and here, and the window there.
  var credit: (out: Int, window: Int, in: Int) {
    let out = outbound.withLock { $0.credit }
    return (out.underWay, out.window, inbound.withLock { $0.credit.underWay })
  }

  /// Set before the calls under way are ended: one that is opened afterwards sees it, and one before is ended with them.
  /// The way out may still take frames then: a link between nodes is two connections, and the first that closes ends it.
  var isLost: Bool {
    get { lost.load(ordering: .acquiring) }
    set { lost.store(newValue, ordering: .releasing) }
  }

  // MARK: calls to the peer

  /// Takes credit for a call.
  /// - Returns: the method's number there.
  func take(_ cost: Int, for target: CallTarget, isOneWay: Bool = false) -> Result<UInt16, ClusterError> {
    outbound.withLock { outbound in
      let number: Number
      if target.index < outbound.numbers.count, let found = outbound.numbers[target.index] {
        number = found
      } else {
        number = find(target)
        while outbound.numbers.count <= target.index { outbound.numbers.append(nil) }
        outbound.numbers[target.index] = number
      }
      switch number {
      case .missing:
        return .failure(.unknownMethod(type: target.method.type, method: target.method.method))
      case .incompatible:
        return .failure(.incompatibleMethod(type: target.method.type, method: target.method.method))
      case .known(let number):
        guard isOneWay ? outbound.credit.tell(cost) : outbound.credit.take(cost) else {
          return .failure(
            .overloaded(
              what: "\(peer.node) has as many calls of this system under way as it allows",
              retryAfterMilliseconds: 50))
        }
        return .success(number)
      }
    }
  }

  private func find(_ target: CallTarget) -> Number {
    guard let found = theirs[MethodName(type: target.method.type, method: target.method.method)] else {
      return .missing
    }
    return found.hash == target.method.hash ? .known(found.number) : .incompatible
  }

  func returned(_ cost: Int, isOneWay: Bool = false) {
    outbound.withLock { $0.credit.returned(cost, isOneWay: isOneWay) }
  }

  func answered(_ cost: Int) { outbound.withLock { $0.credit.answered(cost) } }

  /// The peer says how much it is done with.
  func finished(_ total: UInt64) {
    if !outbound.withLock({ $0.credit.finished(total) }) {
      cut("it gives back more credit for calls than it was asked to keep")
    }
  }

  // MARK: calls of the peer

  /// Counts a call; cuts the link when the peer has no credit for it.
  func received(_ cost: Int, isOneWay: Bool) -> Bool {
    guard inbound.withLock({ $0.credit.received(cost, isOneWay: isOneWay) }) else {
      cut("it has more calls under way here than it has credit for")
      return false
    }
    return true
  }

  func answer(_ call: UInt64, _ cost: Int, with answer: CallAnswer) {
    inbound.withLock { $0.credit.answered(cost) }
    switch sender.send(writing: { $0.writeAnswer(answer, to: call) }) {
    case .queued, .notConnected: break
    case .frameTooLarge:
      let refusal = CallAnswer.failed(.remoteFailure("the reply is longer than a frame may be"))
      if sender.send(writing: { $0.writeAnswer(refusal, to: call) }) == .overloaded { tooSlow() }
    case .overloaded: tooSlow()
    }
  }

  func finishedOneWay(_ cost: Int) {
    let isFirst = inbound.withLock { $0.report.add($0.credit.finishedOneWay(cost)) }
    guard isFirst else { return }
    if loop.inEventLoop { loop.execute { self.tellFinished() } } else { tellFinished() }
  }

  private func tellFinished() {
    if let total = inbound.withLock({ $0.report.take() }) { control { $0.writeCredit(total) } }
  }

  /// A short frame that goes before calls.
  func control(_ writing: (inout ByteBuffer) -> Void) {
    if sender.send(lane: .control, writing: writing) == .overloaded { tooSlow() }
  }

  func breaksRule(_ words: String) { cut(words) }

  /// An answer that is dropped would never be heard of again: what the peer has asked is asked anew on another link.
  private func tooSlow() { cut("it reads its answers too slowly") }
}

/// The links of a system by peer. Safe from any thread.
final class CallLinks: Sendable {
  private struct State: Sendable {
    var byPeer: [PeerIdentity: CallLink] = [:]
    var byNode: [NodeID: CallLink] = [:]
    /// Most frames come from the peer of the frame before.
    var last: CallLink?
    /// Most calls go to the node of the call before.
    var lastCalled: CallLink?
    var lastNumber = CallLink.localNumber
  }

  private let state = Mutex(State())

  func makeNumber() -> UInt32 {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  func insert(_ link: CallLink) {
    state.withLock { state in
      state.byPeer[link.peer] = link
      state.lastCalled = nil
      if link.peer.role == .node { state.byNode[link.peer.node] = link }
    }
  }

  func remove(_ peer: PeerIdentity) -> CallLink? {
    state.withLock { state in
      guard let link = state.byPeer.removeValue(forKey: peer) else { return nil }
      if state.byNode[peer.node] === link { state.byNode[peer.node] = nil }
      if state.last === link { state.last = nil }
      state.lastCalled = nil
      return link
    }
  }

  func link(to node: NodeID) -> CallLink? {
    state.withLock { state in
      if let last = state.lastCalled, last.peer.node == node { return last }
      state.lastCalled = state.byNode[node]
      return state.lastCalled
    }
  }

  func link(of peer: PeerIdentity) -> CallLink? {
    state.withLock { state in
      if let last = state.last, last.peer == peer { return last }
      state.last = state.byPeer[peer]
      return state.last
    }
  }

  var all: [CallLink] {
    state.withLock { $0.byPeer.values.sorted { $0.number < $1.number } }
  }
}
