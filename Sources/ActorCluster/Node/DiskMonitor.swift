// Watches the node's disk and says what it is fit for. A shell around `DiskHealth` and `DiskPeers`; safe from any thread.
internal import Dispatch
internal import Logging
internal import NIOConcurrencyHelpers
public import NodeStore
public import PeerTransport

/// What a node knows of its disk, and of the other nodes' disks.
public struct DiskStatus: Sendable {
  public var level: DiskLevel
  /// Nil before the first look, and where nobody can say.
  public var space: DiskSpace?
  public var files: StoreSizes?
  /// What the other nodes that are heard say of theirs.
  public var peers: [NodeID: DiskLevel]
}

final class DiskMonitor: Sendable {
  private struct State {
    var health: DiskHealth
    var peers = DiskPeers()
    var space: DiskSpace?
    var files: StoreSizes?
    var isLooking = false
    /// What the next ping says.
    var microseconds: UInt64?
  }

  private let store: NodeStore
  private let logger: Logger
  private let state: NIOLockedValueBox<State>
  /// Asking for the room of a disk that hangs may hang: not on an event loop.
  private let looks = DispatchQueue(label: "disk space", qos: .utility)

  init(store: NodeStore, settings: DiskSettings, logger: Logger) {
    self.store = store
    self.logger = logger
    state = NIOLockedValueBox(State(health: DiskHealth(settings: settings)))
  }

  var level: DiskLevel { state.withLockedValue { $0.health.level } }

  /// What pings say of this node.
  var report: (level: DiskLevel, microseconds: UInt64?) {
    state.withLockedValue { ($0.health.level, $0.microseconds) }
  }

  /// Judges anew; to be called about twice a second. Does not block.
  func observe(at now: Int64) {
    look()
    let statistics = store.statistics()
    let alarms = state.withLockedValue { state in
      state.microseconds = statistics.recentCommitNanoseconds.map { $0 / 1_000 }
      var seen = DiskObservation()
      seen.space = state.space
      seen.isFull = statistics.isLogFull || statistics.isStateFull
      seen.commitMicroseconds = state.microseconds
      seen.others = state.peers.commitMicroseconds(at: now)
      return state.health.observe(seen, at: now)
    }
    for alarm in alarms {
      switch alarm.level {
      case .well: logger.notice("\(alarm.words)")
      case .low: logger.warning("\(alarm.words)")
      case .slow, .reserved: logger.error("\(alarm.words)")
      case .full: logger.critical("\(alarm.words)")
      }
    }
  }

  /// A look that does not come back is waited for without end, and its last answer stands.
  private func look() {
    let isFirst = state.withLockedValue { state in
      defer { state.isLooking = true }
      return !state.isLooking
    }
    guard isFirst else { return }
    looks.async { [self] in
      let (disk, files) = store.space()
      state.withLockedValue { state in
        state.isLooking = false
        state.space = disk ?? state.space
        state.files = files ?? state.files
      }
    }
  }

  func received(level: String?, microseconds: UInt64?, from node: NodeID, at now: Int64) {
    state.withLockedValue {
      $0.peers.received(level: level, microseconds: microseconds, from: node, at: now)
    }
  }

  func mayLead(_ node: NodeID, at now: Int64) -> Bool {
    state.withLockedValue { $0.peers.mayLead(node, at: now) }
  }

  func refuge(for partition: PartitionID, at now: Int64, isCaughtUp: (NodeID) -> Bool) -> NodeID? {
    let peers = state.withLockedValue { $0.peers }
    return peers.refuge(for: partition, at: now, isCaughtUp: isCaughtUp)
  }

  func status(at now: Int64) -> DiskStatus {
    state.withLockedValue {
      DiskStatus(level: $0.health.level, space: $0.space, files: $0.files, peers: $0.peers.levels(at: now))
    }
  }
}
