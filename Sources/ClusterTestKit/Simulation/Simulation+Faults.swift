// Making faults: which, where and for how long is drawn from the seed; when they end, they are taken back.
import ActorCluster
import NodeStore
import Raft

extension Simulation {
  func makeFault() {
    guard !isHealed else { return }
    schedule(.fault, in: profile.pause + Int64(random.next() % profile.spread))
    // A fault that cannot be now gives way to the next of this seed.
    let all = profile.faults
    let first = Int(random.next() % UInt64(all.count))
    for offset in 0..<all.count {
      let fault = all[(first + offset) % all.count]
      guard start(fault) else { continue }
      coverage.count(fault)
      faults.count += 1
      trace.record(.fault, at: now, node: 0, note: fault.rawValue)
      return
    }
  }

  /// A member, any.
  private var anyMember: Int { Int(random.next() % UInt64(shape.members)) }

  /// Microseconds.
  private func duration(_ least: Int64, _ most: Int64) -> Int64 {
    (least + Int64(random.next() % UInt64(most - least))) * 10 * profile.lengthPercent
  }

  private var restartDelay: Int64 {
    (profile.restart + Int64(random.next() % profile.restartSpread)) * 1_000
  }

  /// False if it cannot be made now.
  private func start(_ fault: SimulatedFault) -> Bool {
    switch fault {
    case .partition, .asymmetricPartition, .bridge, .ring, .isolateLeader, .halfOpen: cut(fault)
    case .flap: flap()
    case .reset: reset()
    case .delay, .loss, .duplicate, .reorder, .bandwidth: degrade(fault)
    case .kill, .loseUnsynced, .tornWrite: killSome(fault)
    case .pause: pause()
    case .crashLoop: crashLoop()
    case .throttle: throttle()
    case .clockJump, .clockSkew, .clockStrobe: disturbClock(fault)
    case .diskFull, .diskSlow, .readError, .writeError, .syncFails: disturbDisk(fault)
    case .bitFlip, .truncate, .staleRestore, .wipe: damageDisk(fault)
    case .rollingRestart: startRollingRestart()
    case .addRemoveMember: startMembershipChange()
    case .leaderTransfer: transferLeader()
    }
  }

  // MARK: network

  private func cut(_ fault: SimulatedFault) -> Bool {
    let count = shape.nodes
    let victim = anyMember
    var cuts: [(from: Int, to: Int)] = []
    switch fault {
    case .isolateLeader:
      guard let leader = nodes.firstIndex(where: { $0.isUp && $0.hosts.contains(where: \.isLeader) }) else {
        return false
      }
      for other in 0..<count where other != leader { cuts += [(leader, other), (other, leader)] }
    case .asymmetricPartition:
      let isMute = random.chance(oneIn: 2)
      for other in 0..<count where other != victim { cuts.append(isMute ? (victim, other) : (other, victim)) }
    case .halfOpen:
      let other = (victim + 1) % shape.members
      cuts = [(victim, other)]
    case .bridge:
      // Everybody reaches the victim; the rest falls into two halves.
      for one in 0..<count where one != victim {
        for other in 0..<count where other != victim && one % 2 != other % 2 { cuts.append((one, other)) }
      }
    case .ring:
      let members = shape.members
      for one in 0..<members {
        for other in 0..<members where one != other {
          let distance = (one - other + members) % members
          if distance != 1, distance != members - 1 { cuts.append((one, other)) }
        }
      }
      // Among three everybody is a neighbor: one link is missing there.
      if cuts.isEmpty { cuts = [(victim, (victim + 1) % members), ((victim + 1) % members, victim)] }
    default:
      let size = 1 + Int(random.next() % UInt64(max(1, shape.members / 2)))
      let side = Set((0..<size).map { (victim + $0) % shape.members })
      for one in 0..<count {
        for other in 0..<count where side.contains(one) != side.contains(other) { cuts.append((one, other)) }
      }
    }
    for cut in cuts { network.cut(cut.from, cut.to, true) }
    schedule(.endFault(.cuts(cuts)), in: duration(300, 3_000))
    return true
  }

  private func flap() -> Bool {
    let first = anyMember
    let second = (first + 1 + Int(random.next() % UInt64(shape.members - 1))) % shape.members
    schedule(.endFault(.flap(first: first, second: second, remaining: 8, isCut: false)), in: 1_000)
    return true
  }

  /// Connections break and are made again: what was under way is lost, and both sides hear of it.
  private func reset() -> Bool {
    let node = nodes[anyMember]
    guard node.isUp else { return false }
    for other in nodes where other.index != node.index && other.isUp { connect(node, other) }
    return true
  }

  private func degrade(_ fault: SimulatedFault) -> Bool {
    guard !faults.hasBadQuality else { return false }
    faults.hasBadQuality = true
    switch fault {
    case .delay:
      network.quality.delay = 5_000 + Int64(random.next() % 60_000)
      network.quality.jitter = 30_000
    case .loss: network.quality.lost = 20_000 + random.next() % 200_000
    case .duplicate: network.quality.duplicated = 200_000
    case .reorder: network.quality.reordered = 300_000
    default: network.quality.occupancy = 500 + Int64(random.next() % 2_000)
    }
    schedule(.endFault(.quality), in: duration(1_000, 4_000))
    return true
  }

  // MARK: processes

  /// Kills one node, several, or all at once. What the disk had not synced is lost, or torn.
  private func killSome(_ fault: SimulatedFault) -> Bool {
    let isEverybody = random.chance(oneIn: 4)
    if profile.killsAtPromises, random.chance(oneIn: 2) {
      guard awaitedKill == nil else { return false }
      awaitedKill = (powerLoss: fault != .kill, all: isEverybody)
      return true
    }
    return kill(isEverybody ? Array(0..<shape.nodes) : [anyMember], powerLoss: fault != .kill)
  }

  private func kill(_ candidates: [Int], powerLoss: Bool) -> Bool {
    let victims = candidates.filter { nodes[$0].isUp }
    guard !victims.isEmpty else { return false }
    if victims.count >= shape.members { coverage.count(.restartsOfAll) }
    for victim in victims { kill(nodes[victim], powerLoss: powerLoss) }
    return true
  }

  /// A node has just sent a vote or an acknowledgment, was elected, or told a client that something is done: the moment
  /// for a kill that was waiting, of this node or of all.
  func promised(_ node: SimulatedNode) {
    guard let kill = awaitedKill, random.chance(oneIn: 3) else { return }
    awaitedKill = nil
    schedule(.kill(powerLoss: kill.powerLoss, all: kill.all), to: node.index, in: Int64(random.next() % 400))
  }

  func killAtPromise(_ node: Int, powerLoss: Bool, all: Bool) {
    guard !isHealed else { return }
    _ = kill(all ? Array(0..<shape.nodes) : [node], powerLoss: powerLoss)
  }

  /// - Parameter powerLoss: else the machine lives on, and its page cache with it.
  func kill(_ node: SimulatedNode, powerLoss: Bool, restartIn delay: Int64? = nil) {
    guard node.isUp else { return }
    if !node.writes.isEmpty, random.chance(oneIn: 2) {
      // In the middle of a write: it reaches the files and nobody is told. With a power loss it may be torn.
      if powerLoss { virtualDisk(node.index).freeze(afterChanges: Int(random.next() % 6)) }
      _ = node.store?.write(node.writes)
    }
    // The disk dies before the connections do: closing them must not reach the files.
    if powerLoss, isDiskLost {
      // A torn tail cannot be told from a damaged one: beside a lost disk that would be two of three.
      virtualDisk(node.index).crash()
    } else if powerLoss {
      virtualDisk(node.index).crash(using: &random)
    }
    stop(node, because: .crashed)
    virtualDisk(node.index).repair()
    if random.chance(oneIn: 3), faults.oldDisks[node.index] == nil {
      faults.oldDisks[node.index] = virtualDisk(node.index).image()
    }
    schedule(.start, to: node.index, in: delay ?? restartDelay)
    tellPeers(of: node)
  }

  /// Half of the time a closed socket and a refused connection tell the others at once.
  func tellPeers(of node: SimulatedNode) {
    guard random.chance(oneIn: 2) else { return }
    for other in nodes where other.index != node.index && other.isUp {
      guard network.reaches(other.index, node.index) else { continue }
      schedule(.gone(node.index), to: other.index, in: 500 + Int64(random.next() % 3_000))
    }
  }

  private func pause() -> Bool {
    let node = nodes[anyMember]
    guard node.isUp, node.pausedUntil <= now else { return false }
    node.pausedUntil = now + duration(200, 3_000)
    return true
  }

  private func crashLoop() -> Bool {
    let victim = anyMember
    guard nodes[victim].isUp, faults.busy.insert(victim).inserted else { return false }
    schedule(.endFault(.crashLoop(victim, remaining: 4)), in: 1_000)
    return true
  }

  private func throttle() -> Bool {
    let victim = anyMember
    guard faults.busy.insert(victim).inserted else { return false }
    nodes[victim].turnDelay = 5_000 + Int64(random.next() % 20_000)
    schedule(.endFault(.throttle(victim)), in: duration(500, 3_000))
    return true
  }

  private func disturbClock(_ fault: SimulatedFault) -> Bool {
    let victim = faults.wrongClock ?? anyMember
    guard faults.busy.insert(victim).inserted else { return false }
    faults.wrongClock = victim
    switch fault {
    case .clockJump: nodes[victim].wallOffset = Int64(random.next() % 7_200_000) - 3_600_000
    case .clockSkew: nodes[victim].wallSkew = Int64(random.next() % 100_000) - 50_000
    default: nodes[victim].isStrobing = true
    }
    schedule(.endFault(.clock(victim)), in: duration(2_000, 10_000))
    return true
  }

  // MARK: disks

  private func disturbDisk(_ fault: SimulatedFault) -> Bool {
    let victim = anyMember
    let isFatal = fault == .writeError || fault == .syncFails || fault == .readError
    guard nodes[victim].isUp, !isFatal || mayDamage(victim), faults.busy.insert(victim).inserted else {
      return false
    }
    let disk = virtualDisk(victim)
    switch fault {
    case .diskSlow:
      nodes[victim].diskLatency = 20_000 + Int64(random.next() % 100_000)
      schedule(.endFault(.slowDisk(victim)), in: duration(500, 3_000))
    case .diskFull:
      disk.full(afterBytes: Int(random.next() % 20_000))
      schedule(.endFault(.fullDisk(victim)), in: duration(500, 3_000))
    case .readError:
      disk.failReads()
      schedule(.endFault(.readErrors(victim)), in: duration(300, 1_500))
    case .writeError:
      disk.failWrites()
      schedule(.endFault(.writeErrors(victim)), in: duration(100, 500))
    default:
      disk.failNextSync(of: "log.db-wal")
      schedule(.endFault(.writeErrors(victim)), in: duration(100, 500))
    }
    return true
  }

  /// Disks are lost one at a time: a minority, as the promise says. Its replicas are replaced before the next goes.
  private func mayDamage(_ victim: Int) -> Bool {
    operations.replacing == nil && (0..<shape.members).allSatisfy { !nodes[$0].isInDoubt(shape) }
      && (!operations.spareIsMember || !nodes[shape.spare].isInDoubt(shape))
  }

  /// A disk was lost, and the replicas on it have not been replaced yet.
  private var isDiskLost: Bool {
    operations.replacing != nil || nodes.contains { if case .lostDisk = $0.stopped { true } else { false } }
  }

  private func damageDisk(_ fault: SimulatedFault) -> Bool {
    let victim = fault == .staleRestore ? faults.oldDisks.keys.sorted().first { nodes[$0].isUp } : anyMember
    guard let victim, mayDamage(victim) else { return false }
    let disk = virtualDisk(victim)
    switch fault {
    case .staleRestore:
      // Its peers, who have seen its later starts, are there to say so.
      guard let image = faults.oldDisks[victim], (0..<shape.members).allSatisfy({ nodes[$0].isUp }),
        nodes.allSatisfy({
          $0.index == victim || $0.index == shape.spare
            || $0.incarnations[victim] == nodes[victim].incarnations[victim]
        })
      else { return false }
      faults.oldDisks[victim] = nil
      stop(nodes[victim], because: .crashed)
      disk.restore(image)
    case .wipe:
      guard nodes.contains(where: { $0.index != victim && $0.isUp && $0.incarnations[victim] > 0 }) else {
        return false
      }
      stop(nodes[victim], because: .crashed)
      disk.wipe()
    case .truncate, .bitFlip:
      stop(nodes[victim], because: .crashed)
      // Somebody edits the files while the machine is off.
      disk.crash(keptNames: { $0 }, keepUnsynced: { _ in .kept })
      let file = fault == .bitFlip && random.chance(oneIn: 2) ? "log.db" : "log.db-wal"
      let size = disk.size(of: file)
      guard size > 64 else {
        schedule(.start, to: victim, in: 1_000)
        return false
      }
      if fault == .truncate {
        // Within a frame: what ends with a whole transaction cannot be told from a log that never was longer.
        disk.truncate(file, to: max(33, size - 1 - Int(random.next() % UInt64(min(size - 34, 4_000)))))
      } else {
        // Beyond the header: of the file, SQLite's; of the WAL, its own.
        disk.flipBit(file, offset: 32 + Int(random.next() % UInt64(size - 32)), bit: Int(random.next() % 8))
      }
    default: return false
    }
    disk.repair()
    schedule(.start, to: victim, in: fault == .staleRestore || fault == .wipe ? 0 : duration(60, 1_000))
    tellPeers(of: nodes[victim])
    return true
  }

  // MARK: ending

  func end(_ fault: ActiveFault) {
    switch fault {
    case .cuts(let cuts):
      guard !isHealed else { return }
      for cut in cuts { network.cut(cut.from, cut.to, false) }
      reconnect()
    case .quality:
      guard !isHealed else { return }
      network.quality = .init()
      faults.hasBadQuality = false
    case .flap(let first, let second, let remaining, let isCut):
      guard !isHealed else { return }
      network.cut(first, second, !isCut)
      network.cut(second, first, !isCut)
      if isCut { reconnect() }
      guard remaining > 0 || !isCut else { return }
      schedule(
        .endFault(.flap(first: first, second: second, remaining: remaining - 1, isCut: !isCut)),
        in: duration(40, 400))
    case .throttle(let node):
      nodes[node].turnDelay = 30
      faults.busy.remove(node)
    case .clock(let node):
      nodes[node].wallOffset = 0
      nodes[node].wallSkew = 0
      nodes[node].isStrobing = false
      faults.busy.remove(node)
    case .slowDisk(let node):
      nodes[node].diskLatency = 120
      faults.busy.remove(node)
    case .fullDisk(let node), .writeErrors(let node), .readErrors(let node):
      virtualDisk(node).repair()
      faults.busy.remove(node)
    case .crashLoop(let node, let remaining):
      guard remaining > 0, !isHealed else {
        faults.busy.remove(node)
        return
      }
      kill(nodes[node], powerLoss: random.chance(oneIn: 2), restartIn: duration(20, 60))
      schedule(.endFault(.crashLoop(node, remaining: remaining - 1)), in: duration(80, 300))
    }
  }

  private func reconnect() {
    for node in nodes where node.isUp {
      for other in nodes[(node.index + 1)...] where other.isUp { connect(node, other) }
    }
  }

  func virtualDisk(_ node: Int) -> VirtualDisk { files.disk("n\(node + 1)") }
}
