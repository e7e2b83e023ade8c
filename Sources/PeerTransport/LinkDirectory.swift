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
    var received: ReceivedBytes?
  }

  private struct State {
    var nodes: [NodeID: (peer: PeerIdentity, outbox: Outbox)] = [:]
    var clients: [PeerIdentity: Outbox] = [:]
    /// By connection; an attempt that waits has the number of the attempt.
    var entries: [ConnectionID: Entry] = [:]
    var listeningPort: Int?
  }

  private let state = Mutex(State())

  func outbox(to node: NodeID) -> Outbox? { state.withLock { $0.nodes[node]?.outbox } }

  func outbox(to peer: PeerIdentity) -> Outbox? {
    state.withLock { state in
      switch peer.role {
      case .client: return state.clients[peer]
      case .node:
        guard let link = state.nodes[peer.node], link.peer == peer else { return nil }
        return link.outbox
      }
    }
  }

  func publish(_ peer: PeerIdentity, _ outbox: Outbox) {
    state.withLock { state in
      switch peer.role {
      case .node: state.nodes[peer.node] = (peer, outbox)
      case .client: state.clients[peer] = outbox
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
      LinkStatus(
        peer: entry.peer, role: entry.role, direction: entry.direction, state: entry.state,
        bytesQueued: entry.outbox?.bytesQueued ?? 0, bytesSent: entry.outbox?.bytesSent ?? 0,
        bytesReceived: entry.received?.value ?? 0, since: entry.since)
    }
  }
}

/// Counts the bytes of the frames that one connection delivered.
final class ReceivedBytes: Sendable {
  private let count = Atomic<UInt64>(0)

  var value: UInt64 { count.load(ordering: .relaxed) }
  func add(_ bytes: Int) { count.wrappingAdd(UInt64(bytes), ordering: .relaxed) }
}
