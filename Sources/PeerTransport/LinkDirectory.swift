// What other threads may see of the links: where to send, and how the links are. Written by the transport's
// event loop only.

internal import NIOCore
internal import Synchronization

/// One lock around a few dictionaries; nothing is called while it is held but the queues, which have locks
/// of their own.
final class LinkDirectory: Sendable {
  struct Entry: Sendable {
    var peer: NodeID
    var role: PeerRole
    var direction: LinkStatus.Direction
    var state: LinkStatus.State
    var since: ContinuousClock.Instant
    var outbox: Outbox?
    var meter: ConnectionMeter?
    var introduction: ConnectionStateMachine.Introduction?
    var address: String?
  }

  private struct State {
    var nodes: [NodeID: PeerSender] = [:]
    var clients: [PeerIdentity: PeerSender] = [:]
    /// By connection; an attempt that waits has the number of the attempt.
    var entries: [ConnectionID: Entry] = [:]
    var listeningPort: Int?
  }

  private let state = Mutex(State())

  func sender(to node: NodeID) -> PeerSender? { state.withLock { $0.nodes[node] } }

  func sender(to peer: PeerIdentity) -> PeerSender? {
    state.withLock { state in
      switch peer.role {
      case .client: return state.clients[peer]
      case .node:
        guard let sender = state.nodes[peer.node], sender.peer == peer else { return nil }
        return sender
      }
    }
  }

  func publish(_ sender: PeerSender) {
    state.withLock { state in
      switch sender.peer.role {
      case .node: state.nodes[sender.peer.node] = sender
      case .client: state.clients[sender.peer] = sender
      }
    }
  }

  func withdraw(_ peer: PeerIdentity) {
    state.withLock { state in
      switch peer.role {
      case .node: state.nodes[peer.node] = nil
      case .client: state.clients[peer] = nil
      }
    }
  }

  func show(_ id: ConnectionID, _ entry: Entry) { state.withLock { $0.entries[id] = entry } }
  func hide(_ id: ConnectionID) { state.withLock { $0.entries[id] = nil } }

  var listeningPort: Int? {
    get { state.withLock { $0.listeningPort } }
    set { state.withLock { $0.listeningPort = newValue } }
  }

  /// Sorted by peer, dialed before accepted, older before newer.
  func statuses() -> [LinkStatus] {
    let entries = state.withLock { $0.entries }
    return entries.sorted { left, right in
      (left.value.peer, left.value.direction == .dialed ? 0 : 1, left.key)
        < (right.value.peer, right.value.direction == .dialed ? 0 : 1, right.key)
    }.map { _, entry in
      let sent = entry.outbox?.figures ?? Outbox.Figures()
      let received = entry.meter?.figures ?? ConnectionMeter.Figures()
      return LinkStatus(
        peer: entry.peer, role: entry.role, direction: entry.direction, state: entry.state,
        incarnation: entry.introduction?.peer.incarnation, address: entry.address,
        version: entry.introduction?.version, roundTrip: received.roundTrip?.smoothed,
        lastRoundTrip: received.roundTrip?.last, minimumRoundTrip: received.roundTrip?.minimum,
        queued: sent.queued, bytesSent: sent.bytesSent, bytesReceived: received.bytes,
        framesSent: sent.framesSent, framesReceived: received.frames, since: entry.since)
    }
  }
}

/// What one connection received and measured. Written by its event loop.
final class ConnectionMeter: Sendable {
  struct Figures {
    var bytes: UInt64 = 0
    var frames: UInt64 = 0
    var roundTrip: LinkPulse.RoundTrip?
  }

  private let bytes = Atomic<UInt64>(0)
  private let frames = Atomic<UInt64>(0)
  private let measured = Mutex<LinkPulse.RoundTrip?>(nil)

  var figures: Figures {
    Figures(
      bytes: bytes.load(ordering: .relaxed), frames: frames.load(ordering: .relaxed), roundTrip: roundTrip)
  }

  var roundTrip: LinkPulse.RoundTrip? {
    get { measured.withLock { $0 } }
    set { measured.withLock { $0 = newValue } }
  }

  /// One frame, with its headers.
  func received(_ size: Int) {
    bytes.wrappingAdd(UInt64(size), ordering: .relaxed)
    frames.wrappingAdd(1, ordering: .relaxed)
  }
}
