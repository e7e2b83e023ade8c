// What one node knows about its link to another: the connection that it dials, the one that it accepts, and
// what it has told its user. Pure: time and randomness are parameters, sockets are numbers.

/// Numbers the connections and the attempts to dial of one transport, in order of their start.
package typealias ConnectionID = UInt64

/// A link is up while both connections are: the dialed one to send on, the accepted one to receive on, both
/// to the same incarnation. A client dials only; its link is up while the dialed connection is.
///
/// Guarantees:
/// - `announce` and `withdraw` alternate.
/// - The first connection of an announced link that closes withdraws it and closes the other one, so that
///   both ends agree and no frame is delivered outside of an announced link. A newer connection of the peer
///   has the same effect on the older.
/// - Dialing follows a loss, and a call of the peer, at once, but not twice within `calm`: two nodes that
///   keep cutting each other's links cannot spin.
package struct NodeLink {
  package enum Action: Hashable, Sendable {
    /// Start dialing; the attempt's result comes back with this number.
    case dial(ConnectionID)
    /// Call ``NodeLink/timerFired(_:)`` with this number after that time.
    case schedule(ConnectionID, after: Duration)
    case close(ConnectionID, DisconnectReason)
    /// The link is up; frames to the peer go out on this connection.
    case announce(PeerIdentity, sendOn: ConnectionID)
    case withdraw(PeerIdentity, DisconnectReason)
    /// Nobody listens at the peer's address any more.
    case refused
  }

  private enum Dialed {
    case stopped
    case waiting(ConnectionID)
    case dialing(ConnectionID)
    case open(ConnectionID, PeerIdentity)
  }

  package static let calm: Duration = .milliseconds(100)

  /// Whether the link needs an accepted connection too, which it does between nodes.
  package let isMutual: Bool
  package private(set) var announced: PeerIdentity?
  private var dialed = Dialed.stopped
  private var accepted: (id: ConnectionID, peer: PeerIdentity)?
  private var backoff: Backoff
  private var lastDialAfterLoss: Duration?
  private var lastDialAfterCall: Duration?
  private var hasLostLink = false
  private var hasReportedRefusal = false

  package init(isMutual: Bool, backoff: Backoff) {
    self.isMutual = isMutual
    self.backoff = backoff
  }

  package var isWaiting: Bool { if case .waiting = dialed { true } else { false } }

  /// - Parameter next: a number for an attempt, never used before; each event that takes one may use it
  ///   once.
  package mutating func start(next: ConnectionID) -> [Action] {
    guard case .stopped = dialed else { return [] }
    dialed = .dialing(next)
    return [.dial(next)]
  }

  package mutating func timerFired(_ attempt: ConnectionID) -> [Action] {
    guard case .waiting(attempt) = dialed else { return [] }
    dialed = .dialing(attempt)
    return [.dial(attempt)]
  }

  /// The user wants the node dialed now. Does nothing while an attempt is under way or its connection is
  /// open.
  package mutating func redial(next: ConnectionID) -> [Action] {
    backoff.reset()
    guard case .waiting = dialed else { return [] }
    dialed = .dialing(next)
    return [.dial(next)]
  }

  /// The attempt led to no connection, or to one that failed before its handshake was done.
  /// - Parameter refused: the peer's machine answered that nobody listens.
  package mutating func dialFailed(
    _ attempt: ConnectionID, refused: Bool, next: ConnectionID, random: UInt64
  ) -> [Action] {
    guard case .dialing(attempt) = dialed else { return [] }
    dialed = .waiting(next)
    let retry = Action.schedule(next, after: backoff.next(random: random))
    guard refused, hasLostLink, !hasReportedRefusal else { return [retry] }
    hasReportedRefusal = true
    return [.refused, retry]
  }

  /// The dialed connection's handshake is done.
  package mutating func opened(_ attempt: ConnectionID, peer: PeerIdentity) -> [Action] {
    guard case .dialing(attempt) = dialed else { return [.close(attempt, .replaced)] }
    dialed = .open(attempt, peer)
    var actions: [Action] = []
    if let old = accepted, old.peer.incarnation < peer.incarnation {
      accepted = nil
      actions.append(.close(old.id, .replaced))
    }
    return actions + announceIfUp()
  }

  /// An accepted connection's handshake is done.
  package mutating func accepted(
    _ id: ConnectionID, peer: PeerIdentity, now: Duration, next: ConnectionID, random: UInt64
  ) -> [Action] {
    var actions: [Action] = []
    if let old = accepted {
      accepted = nil
      actions.append(.close(old.id, .replaced))
      if announced != nil { actions += breakLink(.replaced, now: now, next: next, random: random) }
    }
    if case .open(let stale, let old) = dialed, old.incarnation < peer.incarnation {
      actions.append(.close(stale, .replaced))
      actions += lost(now: now, next: next, random: random)
    }
    accepted = (id, peer)
    // The peer is alive: an attempt to dial it that waits for a long backoff need not.
    if case .waiting = dialed, Self.isCalm(since: lastDialAfterCall, now) {
      lastDialAfterCall = now
      dialed = .dialing(next)
      actions.append(.dial(next))
    }
    return actions + announceIfUp()
  }

  /// A connection whose handshake was done has closed.
  package mutating func closed(
    _ id: ConnectionID, reason: DisconnectReason, now: Duration, next: ConnectionID, random: UInt64
  ) -> [Action] {
    if case .open(id, _) = dialed {
      guard announced == nil else { return breakLink(reason, now: now, next: next, random: random) }
      dialed = .waiting(next)
      return [.schedule(next, after: backoff.next(random: random))]
    }
    guard let current = accepted, current.id == id else { return [] }
    accepted = nil
    guard announced != nil else { return [] }
    return breakLink(reason, now: now, next: next, random: random)
  }

  /// Ends the link for good.
  package mutating func stop(because reason: DisconnectReason = .stopped) -> [Action] {
    var actions: [Action] = []
    if let peer = announced { actions.append(.withdraw(peer, reason)) }
    if case .open(let id, _) = dialed { actions.append(.close(id, reason)) }
    if let old = accepted { actions.append(.close(old.id, reason)) }
    announced = nil
    accepted = nil
    dialed = .stopped
    return actions
  }

  private mutating func announceIfUp() -> [Action] {
    guard announced == nil, case .open(let id, let peer) = dialed else { return [] }
    if isMutual { guard let accepted, accepted.peer == peer else { return [] } }
    announced = peer
    backoff.reset()
    hasLostLink = false
    hasReportedRefusal = false
    return [.announce(peer, sendOn: id)]
  }

  /// An announced link has lost one of its connections: the user hears of it first, then the other one
  /// goes, then dialing starts.
  private mutating func breakLink(
    _ reason: DisconnectReason, now: Duration, next: ConnectionID, random: UInt64
  ) -> [Action] {
    var actions: [Action] = []
    if let peer = announced { actions.append(.withdraw(peer, reason)) }
    announced = nil
    hasLostLink = true
    // Closing what is closed already does nothing.
    if case .open(let id, _) = dialed { actions.append(.close(id, reason)) }
    if let old = accepted { actions.append(.close(old.id, reason)) }
    accepted = nil
    return actions + lost(now: now, next: next, random: random)
  }

  private mutating func lost(now: Duration, next: ConnectionID, random: UInt64) -> [Action] {
    guard Self.isCalm(since: lastDialAfterLoss, now) else {
      dialed = .waiting(next)
      return [.schedule(next, after: backoff.next(random: random))]
    }
    lastDialAfterLoss = now
    dialed = .dialing(next)
    return [.dial(next)]
  }

  private static func isCalm(since last: Duration?, _ now: Duration) -> Bool {
    guard let last else { return true }
    return now - last >= calm
  }
}
