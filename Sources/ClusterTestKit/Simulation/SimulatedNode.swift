// One node of a simulation: its partition hosts, its store and its clocks. Used by one thread.
import ActorCluster
import NodeStore
import PeerTransport
import Raft

/// Why a node is not running, and what an operator has to do about it.
package enum StopReason: Equatable {
  /// It starts again by itself.
  case crashed
  /// Its disk cannot be trusted: a new replica has to take the place of the one on it.
  case lostDisk(String)
}

final class SimulatedNode {
  let index: Int
  let id: NodeID
  /// Counts its starts: what belongs to an earlier life is void.
  var life = 0
  var stopped: StopReason? = .crashed
  /// Which replica of each partition it has: one more after each lost disk.
  var generation = 0
  /// Its replicas join a cluster that exists.
  var isJoining = false

  var store: StoreCore?
  var hosts: [PartitionHost] = []
  /// Up to where each host's applied entries have been compared with those of the others.
  var checked: [LogIndex] = []
  var leaders: [NodeID?] = []
  /// Partitions whose log a majority has confirmed since the start.
  var confirmed: Set<PartitionID> = []
  /// Partitions whose state has been asked for since the start.
  var loading: Set<PartitionID> = []

  var heartbeats = NodeHeartbeats()
  var ticks = 0

  // The log writer.
  var writes: [(PartitionID, PersistRequest)] = []
  var isWriting = false
  /// Microseconds that a write of the log takes.
  var diskLatency: Int64 = 120

  // The event loop.
  var touched: [Bool] = []
  var isTurnScheduled = false
  /// It handles nothing before this.
  var pausedUntil: Int64 = 0
  /// Microseconds between an event and its turn.
  var turnDelay: Int64 = 30

  // Clocks.
  var wallOffset: Int64 = 0
  /// Millionths by which the wall clock runs fast.
  var wallSkew: Int64 = 0
  var isStrobing = false
  var clocks: ClockMedian

  /// Starts that peers have seen, by node.
  var incarnations: [UInt64]

  init(index: Int, shape: SimulationShape) {
    self.index = index
    id = shape.nodeID(index)
    clocks = ClockMedian(nodeCount: shape.members)
    incarnations = Array(repeating: 0, count: shape.nodes)
  }

  var isUp: Bool { stopped == nil }

  /// What it had acknowledged has not been confirmed since it started.
  func isInDoubt(_ shape: SimulationShape) -> Bool { !isUp || confirmed.count < Int(shape.partitions) }

  func wall(_ now: Int64) -> Int64 {
    let milliseconds = now / 1_000
    let strobe = isStrobing && milliseconds / 40 % 2 == 0 ? Int64(3_000) : 0
    return 1_700_000_000_000 + milliseconds + milliseconds * wallSkew / 1_000_000 + wallOffset + strobe
  }

  func moment(_ now: Int64) -> Moment {
    let monotonic = now / 1_000
    clocks.observe(id, wall: wall(now), monotonic: monotonic)
    var moment = Moment(monotonic: monotonic, medianWall: clocks.agreed(monotonic: monotonic))
    if moment.medianWall == nil { moment.anyWall = clocks.median(monotonic: monotonic) }
    return moment
  }
}
