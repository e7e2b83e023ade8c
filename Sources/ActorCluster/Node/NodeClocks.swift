// A node's clocks, and what it knows of the others': a shell around `ClockMedian` and `ClockHealth`. Safe from any thread.
internal import Logging
internal import NIOConcurrencyHelpers
public import NodeStore
public import PeerTransport

/// What a node knows of the cluster's wall clocks.
public struct ClockStatus: Equatable, Sendable {
  /// The clocks of the nodes that are heard less the median of a majority, in milliseconds; none without a majority that agrees.
  public var offsets: [NodeID: Int64]
  /// This node's clock is too far off for it to lead.
  public var isOff: Bool

  package init(offsets: [NodeID: Int64], isOff: Bool) {
    self.offsets = offsets
    self.isOff = isOff
  }
}

final class NodeClocks: Sendable {
  private struct State {
    var median: ClockMedian
    var health: ClockHealth
  }

  private let node: NodeID
  private let clock: ClusterClock
  private let limit: Int64
  private let state: NIOLockedValueBox<State>

  init(node: NodeID, nodeCount: Int, clock: ClusterClock, settings: ClockSettings) {
    self.node = node
    self.clock = clock
    limit = settings.limitMilliseconds
    state = NIOLockedValueBox(
      State(median: ClockMedian(nodeCount: nodeCount), health: ClockHealth(settings: settings)))
  }

  /// How many nodes there are; a majority of them makes a median.
  func setNodeCount(_ count: Int) { state.withLockedValue { $0.median.nodeCount = count } }

  func moment() -> Moment {
    let monotonic = clock.monotonic()
    let wall = clock.wall()
    return state.withLockedValue { state in
      state.median.observe(node, wall: wall, monotonic: monotonic)
      var moment = Moment(monotonic: monotonic, medianWall: state.median.agreed(monotonic: monotonic))
      if moment.medianWall == nil { moment.anyWall = state.median.median(monotonic: monotonic) }
      return moment
    }
  }

  func observe(_ node: NodeID, wall: Int64, roundTrip: Int64) {
    let monotonic = clock.monotonic()
    state.withLockedValue {
      $0.median.observe(node, wall: wall, roundTrip: roundTrip, monotonic: monotonic)
    }
  }

  /// Judges the own clock anew; to be called about twice a second.
  func judge(_ logger: Logger) {
    let now = moment().monotonic
    let alarm = state.withLockedValue {
      $0.health.observe(offset: $0.median.offset(of: node, monotonic: now), at: now)
    }
    guard let alarm else { return }
    logger.log(level: alarm.isOff ? .critical : .notice, "\(alarm.words)")
  }

  /// This node must not lead where another can.
  var isOff: Bool { state.withLockedValue { $0.health.isOff } }

  /// Whether another node's clock is near enough for it to lead. Of one that nobody can judge it is not said to be off.
  func mayLead(_ node: NodeID, at now: Int64) -> Bool {
    guard let offset = state.withLockedValue({ $0.median.offset(of: node, monotonic: now) }) else {
      return true
    }
    return offset.magnitude <= limit.magnitude
  }

  func status() -> ClockStatus {
    let now = moment().monotonic
    return state.withLockedValue {
      ClockStatus(offsets: $0.median.offsets(monotonic: now), isOff: $0.health.isOff)
    }
  }
}

extension ClusterClock {
  /// This clock with the fault `clock.offset`, as it is set at the time.
  public func shifted(by faults: FaultSwitch) -> ClusterClock {
    let wall = self.wall
    return ClusterClock(
      monotonic: monotonic,
      wall: { wall() &+ Int64(faults.current.clockOffset?.milliseconds ?? 0) })
  }
}
