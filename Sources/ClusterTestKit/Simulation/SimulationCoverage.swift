// What simulations have gone through, summed over seeds: a value.

/// Counts of faults and of the situations that they are meant to cause. A zero is a hole in the simulation.
package struct SimulationCoverage: Sendable {
  package enum Situation: String, CaseIterable, Sendable {
    case commands = "commands acknowledged"
    case elections
    case witnessElections = "elections of a witness"
    case truncations
    case snapshots = "snapshots installed"
    case compactions
    case deduplications = "deduplicated commands"
    case reconfigurations = "memberships committed"
    case jointConfigurations = "joint configurations"
    case replacements = "replicas replaced"
    case moves = "steps to where a partition is to be"
    case nodesAdded = "nodes added"
    case nodesRemoved = "nodes removed until nothing of them was left"
    case placements = "times that all partitions got to where they are to be"
    case restartsOfAll = "restarts of all nodes at once"
    case cutTails = "torn tails cut"
    case damageFound = "damage refused at the start"
    case staleRefused = "stale restores refused"
    case wipedRefused = "wiped disks refused"
    case suspects = "suspects after a failed write"
    case reloads = "states loaded anew"
    case actorLoads = "loads of actors"
    case retentions = "retired actors deleted"
    case timers = "timers fired"
    case messages = "durable messages applied"
    case repeatedCommands = "commands sent more than once"
    case created = "interactions created"
    case requeued = "interactions requeued"
    case completed = "interactions completed by an agent"
    case abandoned = "interactions abandoned"
    case replicasCompared = "states of replicas compared"
  }

  package var faults: [SimulatedFault: UInt64] = [:]
  package var situations: [Situation: UInt64] = [:]
  package var fewestCommands = UInt64.max
  package var fewestFaults = UInt64.max
  package var seeds: UInt64 = 0

  package init() {}

  package mutating func count(_ fault: SimulatedFault) { faults[fault, default: 0] += 1 }

  package mutating func count(_ situation: Situation, _ times: UInt64 = 1) {
    situations[situation, default: 0] += times
  }

  /// Adds what one seed, or another sum, counted.
  package mutating func add(_ other: SimulationCoverage) {
    faults.merge(other.faults) { $0 + $1 }
    situations.merge(other.situations) { $0 + $1 }
    fewestCommands = min(
      fewestCommands, other.seeds == 0 ? other.situations[.commands] ?? 0 : other.fewestCommands)
    fewestFaults = min(
      fewestFaults, other.seeds == 0 ? other.faults.values.reduce(0, +) : other.fewestFaults)
    seeds += max(1, other.seeds)
  }

  /// What never happened.
  package var holes: [String] {
    SimulatedFault.allCases.filter { faults[$0, default: 0] == 0 }.map(\.rawValue)
      + Situation.allCases.filter { situations[$0, default: 0] == 0 }.map(\.rawValue)
  }

  package var lines: [String] {
    (SimulatedFault.allCases.map { ($0.rawValue, faults[$0, default: 0]) }
      + Situation.allCases.map { ($0.rawValue, situations[$0, default: 0]) })
      .map { name, count in
        name + String(repeating: " ", count: max(1, 44 - name.count)) + "\(count)"
      }
  }
}

/// The faults of the catalogue that have a meaning without a kernel, by their ids.
package enum SimulatedFault: String, CaseIterable, Sendable {
  case partition = "net.partition"
  case asymmetricPartition = "net.partition-asymmetric"
  case bridge = "net.bridge"
  case ring = "net.ring"
  case isolateLeader = "net.isolate-leader"
  case flap = "net.flap"
  case delay = "net.delay"
  case loss = "net.loss"
  case duplicate = "net.duplicate"
  case reorder = "net.reorder"
  case bandwidth = "net.bandwidth"
  case halfOpen = "net.half-open"
  case reset = "net.reset"
  case kill = "proc.kill"
  case pause = "proc.pause"
  case crashLoop = "proc.crash-loop"
  case throttle = "proc.throttle"
  case clockJump = "clock.jump"
  case clockSkew = "clock.skew"
  case clockStrobe = "clock.strobe"
  case diskFull = "disk.full"
  case diskSlow = "disk.slow"
  case readError = "disk.eio-read"
  case writeError = "disk.eio-write"
  case syncFails = "disk.fsync-fail"
  case loseUnsynced = "disk.lose-unsynced"
  case tornWrite = "disk.torn-write"
  case bitFlip = "disk.bitflip"
  case truncate = "disk.truncate"
  case staleRestore = "disk.stale-restore"
  case wipe = "disk.wipe"
  case rollingRestart = "ops.rolling-restart"
  case addRemoveMember = "ops.add-remove-member"
  case leaderTransfer = "ops.leader-transfer"
}
