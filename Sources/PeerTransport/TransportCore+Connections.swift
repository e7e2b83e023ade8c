// What connections report to the transport: the new peer, the frame, the end, and the line in the log. On
// the event loop.

internal import Logging
internal import NIOCore

extension TransportCore: ConnectionOwner {
  func established(_ connection: ConnectionHandler, peer: PeerIdentity) {
    let id = connection.id
    unfinished.removeAll { $0 == id }
    // It left while its handshake was under way.
    if peer.role == .node, links[peer.node] == nil { return connection.close(.closedHere(.notAMember)) }
    // The own epoch may have changed since the greeting.
    guard peer.role == .client || mayMeet(peer) else {
      connection.close(.closedHere(.replaced))
      if let node = connection.dialedNode {
        dialFailed(node, attempt: id, .closedHere(.replaced), refused: false)
      }
      return
    }
    if peer.role == .node {
      admission.highestIncarnation[peer.node] = max(
        peer.incarnation, admission.highestIncarnation[peer.node] ?? 0)
    }
    show(peer.node, peer.role, connection.dialedNode == nil ? .accepted : .dialed, id, .ready)
    if connection.dialedNode != nil {
      update(peer.node) { link, _ in link.opened(id, peer: peer) }
    } else if peer.role == .node {
      update(peer.node) { link, core in
        link.accepted(id, peer: peer, now: core.now(), next: core.nextID(), random: core.randomBits())
      }
    } else {
      if let old = clients[peer] { connections[old]?.close(.closedHere(.replaced)) }
      clients[peer] = id
      let same = clients.filter { $0.key.node == peer.node }.values.sorted()
      if same.count > configuration.limits.connectionsPerClient, let oldest = same.first {
        connections[oldest]?.close(.closedHere(.replaced))
      }
      admission.hasRoomForClients = clients.count < configuration.limits.clients
      announce(peer, connection)
    }
  }

  func received(_ connection: ConnectionHandler, frame: ByteBuffer, from peer: PeerIdentity) {
    // Between nodes both sides wait for both connections, but while a link is replaced news on one
    // connection may overtake news on the other. A frame outside of an announced link cannot be delivered,
    // nor can those after it, which would leave a gap. Looked up again only after something has changed.
    if connection.welcomeAt != changes {
      if peer.role == .node, configuration.identity.role == .node, links[peer.node]?.announced != peer {
        return connection.close(.closedHere(.replaced))
      }
      connection.welcomeAt = changes
    }
    onEvent(.frame(from: peer, frame))
  }

  func closed(_ connection: ConnectionHandler, peer: PeerIdentity?, failure: ConnectionFailure) {
    let id = connection.id
    connections[id] = nil
    directory.hide(id)
    unfinished.removeAll { $0 == id }
    if let kind = failure.refusalKind, !isStopped { board.refused(kind) }
    guard let peer else {
      if let node = connection.dialedNode {
        if case .refusedByPeer(let rejection) = failure, rejection.code == .staleIncarnation, !isStopped {
          onEvent(.outdated(by: node))
        }
        if case .refusedByPeer(let rejection) = failure, rejection.code == .earlierEpoch, !isStopped {
          onEvent(.superseded(by: node, notice: rejection.notice ?? ByteBuffer()))
        }
        dialFailed(node, attempt: id, failure, refused: false)
      } else {
        logFailure("closed a connection before its handshake was done", connection, failure)
      }
      return
    }
    switch failure {
    // Closed because the link's other connection was, which has said why.
    case .closedHere: break
    case .silent: logFailure("gave up the connection to \(peer)", connection, failure)
    default:
      if case .protocolViolation = failure.disconnectReason {
        logFailure("cut off \(peer)", connection, failure)
      }
    }
    let reason = failure.disconnectReason
    switch peer.role {
    case .node:
      guard !isStopped else { return }
      update(peer.node, waitingBecause: failure.description) { link, core in
        link.closed(id, reason: reason, now: core.now(), next: core.nextID(), random: core.randomBits())
      }
    case .client:
      guard clients[peer] == id else { return }
      clients[peer] = nil
      admission.hasRoomForClients = clients.count < configuration.limits.clients
      withdraw(peer, reason)
    }
  }

  /// Between nodes it is enough to close the connection on which the peer sends: its link ends with it.
  func cut(_ peer: PeerIdentity, because words: String) {
    if peer.role == .client {
      if let id = clients[peer] { connections[id]?.close(.cut(words)) }
      return
    }
    let isClient = configuration.identity.role == .client
    let sending = connections.values.first { connection in
      connection.introduction?.peer == peer && (connection.dialedNode != nil) == isClient
    }
    if links[peer.node]?.announced == peer { sending?.close(.cut(words)) }
  }

  /// This node's files are of another epoch now. Peers of others are cut off.
  func setEpoch(_ epoch: UInt64, notice: ByteBuffer) {
    admission.local.epoch = epoch
    admission.notice = notice
    for id in connections.keys.sorted() {
      guard let peer = connections[id]?.introduction?.peer, peer.role == .node, !mayMeet(peer) else {
        continue
      }
      connections[id]?.close(.cut("it is of epoch \(peer.epoch), and this node is of epoch \(epoch) now"))
    }
  }

  private func mayMeet(_ peer: PeerIdentity) -> Bool {
    configuration.identity.role == .client || [0, peer.epoch].contains(admission.local.epoch)
      || peer.epoch == 0
  }

  private func logFailure(_ what: String, _ connection: ConnectionHandler, _ failure: ConnectionFailure) {
    log(
      what + ", peer \(connection.remoteAddress)", subject: "\(connection.remoteHost) \(failure.kind)",
      failure)
  }

  func log(_ what: String, subject: String, _ failure: ConnectionFailure) {
    guard !isStopped, let suppressed = refusals.due(subject, now: now()) else { return }
    let more = suppressed == 0 ? "" : " (and \(suppressed) more like it)"
    logger.warning("\(what): \(failure)\(more)")
  }
}
