// Between the cluster system and the transport.
internal import Logging
internal import PeerTransport
internal import Raft
internal import Synchronization

/// Carries the transport's events to the system, which is made after it. Events before `attach` cannot be: the
/// transport is started by the system.
final class TransportRelay: Sendable {
  private struct Target: Sendable {
    weak let system: ClusterSystem?
  }

  private let target = Mutex<Target?>(nil)

  func attach(_ system: ClusterSystem) {
    target.withLock { $0 = Target(system: system) }
  }

  func receive(_ event: TransportEvent) {
    // Not the target itself: a copy of a weak reference costs more than a strong one.
    target.withLock { $0?.system }?.received(event)
  }
}

/// Encodes frames and sends them. What a link does not take is dropped: consensus, messages and calls all recover
/// by sending again.
struct TransportLinks: FrameLinks {
  let transport: PeerTransport
  let logger: Logger

  func send(_ frame: Frame, to node: NodeID) {
    _ = trySend(frame, to: node)
  }

  /// The shortest round trip that was seen on the link to a node, in milliseconds; nil while none is known.
  func roundTrip(to node: NodeID) -> Int64? {
    transport.links().lazy.filter { $0.peer == node && $0.role == .node }
      .compactMap(\.minimumRoundTrip).min().map { Int64($0 / .milliseconds(1)) }
  }

  /// Whether the link took it.
  func trySend(_ frame: Frame, to node: NodeID) -> Bool {
    do {
      return transport.send(try frame.encoded(), to: node, lane: frame.lane) == .queued
    } catch {
      logger.error("a frame cannot be encoded", metadata: ["error": "\(error)"])
      return false
    }
  }
}

extension Frame {
  /// Heartbeats wait for nothing, consensus not for calls, and nothing for snapshots.
  var lane: Lane {
    switch self {
    case .ping, .alive: return .control
    case .consensus(let messages):
      let isSnapshot = messages.allSatisfy { if case .snapshot = $0.message.body { true } else { false } }
      return isSnapshot ? .bulk : .consensus
    case .messages, .acknowledgment, .needReplica, .replicaAssigned, .replicaDismissed: return .calls
    }
  }
}
