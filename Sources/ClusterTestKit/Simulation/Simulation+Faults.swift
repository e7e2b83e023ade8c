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
      switch start(fault) {
      case .impossible: continue
      case .waits: return
      case .made: return made(fault)
      }
    }
  }

  func made(_ fault: SimulatedFault) {
    coverage.count(fault)
    faults.count += 1
    trace.record(.fault, at: now, node: -1, note: fault.rawValue)
  }

  /// A member, any.
  var anyMember: Int { Int(random.next() % UInt64(shape.isPlaced ? shape.nodes : shape.members)) }

  /// Microseconds.
  func duration(_ least: Int64, _ most: Int64) -> Int64 {
    (least + Int64(random.next() % UInt64(most - least))) * 10 * profile.lengthPercent
  }

  private var restartDelay: Int64 {
    (profile.restart + Int64(random.next() % profile.restartSpread)) * 1_000
  }

  private enum Start {
    case impossible
    case made
    /// It counts when its moment has come.
    case waits
  }

  private func start(_ fault: SimulatedFault) -> Start {
    if isAwaited(fault) {
      guard faults.awaited == nil || now - faults.awaitedSince > 3_000_000 else { return .impossible }
      wait(for: awaited(fault))
      return .waits
    }
    return make(fault) ? .made : .impossible
  }

  private func isAwaited(_ fault: SimulatedFault) -> Bool {
    switch fault {
    case .kill, .loseUnsynced, .tornWrite: profile.killsAtPromises && random.chance(oneIn: 2)
    case .isolateLeader: profile.cutsAtPromises && random.chance(oneIn: 2)
    default: false
    }
  }

  private func awaited(_ fault: SimulatedFault) -> AwaitedFault {
    switch fault {
    case .kill: .kill(powerLoss: nil, all: random.chance(oneIn: 4))
    case .loseUnsynced: .kill(powerLoss: .losesAll, all: random.chance(oneIn: 4))
    case .tornWrite: .kill(powerLoss: .tears, all: random.chance(oneIn: 4))
    default:
      isolation(of: PartitionID(rawValue: UInt32(random.next() % UInt64(shape.partitions))))
    }
  }

  private func wait(for fault: AwaitedFault) {
    faults.awaited = fault
    faults.awaitedSince = now
  }

  private func isolation(of partition: PartitionID, after last: PromiseMoment? = nil) -> AwaitedFault {
    let moments = PromiseMoment.allCases
    let next: PromiseMoment? =
      switch last {
      // Who is elected alone, and who then gets its older entries accepted.
      case .acknowledgment, .answer: .vote
      case .vote: .acknowledgment
      case .election, nil: nil
      }
    let any = moments[Int(random.next() % UInt64(moments.count))]
    return .isolate(
      friend: random.chance(oneIn: 4) ? shape.spare : nil, partition: partition,
      at: random.chance(oneIn: 4) ? any : next ?? any)
  }

  /// False if it cannot be made now.
  private func make(_ fault: SimulatedFault) -> Bool {
    switch fault {
    case .partition, .asymmetricPartition, .bridge, .ring, .isolateLeader, .halfOpen: cut(fault)
    case .flap: flap()
    case .reset: reset()
    case .delay, .loss, .duplicate, .reorder, .bandwidth: degrade(fault)
    case .kill: killSome(powerLoss: nil)
    case .loseUnsynced: killSome(powerLoss: .losesAll)
    case .tornWrite: killSome(powerLoss: .tears)
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

  // MARK: processes

  /// Kills one node, or all at once.
  private func killSome(powerLoss: PowerLoss?) -> Bool {
    kill(random.chance(oneIn: 4) ? Array(0..<shape.nodes) : [anyMember], powerLoss: powerLoss)
  }

  private func kill(_ candidates: [Int], powerLoss: PowerLoss?) -> Bool {
    let victims = candidates.filter { nodes[$0].isUp }
    // A torn tail cannot be told from a damaged one: beside a lost disk that would be two of three.
    guard !victims.isEmpty, powerLoss != .tears || !isDiskLost else { return false }
    if victims.count >= shape.members { coverage.count(.restartsOfAll) }
    for victim in victims { kill(nodes[victim], powerLoss: powerLoss) }
    return true
  }

  /// A node has just promised something: the moment for a fault that was waiting.
  /// - Parameter receiver: of the vote or the acknowledgment: who leads, or is about to.
  func promised(
    _ moment: PromiseMoment, by node: SimulatedNode, _ partition: PartitionID, to receiver: Int? = nil
  ) {
    guard let fault = faults.awaited else { return }
    var victim = node.index
    if case .isolate(_, let awaited, let at) = fault {
      guard awaited == partition, at == moment else { return }
      victim = receiver ?? victim
    }
    guard random.chance(oneIn: 2) else { return }
    faults.awaited = nil
    schedule(.awaited(fault), to: victim, in: Int64(random.next() % 400))
  }

  /// While a leader changes the members: it is left alone with the node that joins or leaves.
  func cutOff(_ leader: Int, with node: Int) {
    guard profile.cutsAtPromises, !isHealed, random.chance(oneIn: 3) else { return }
    schedule(
      .isolate(friend: node == leader ? nil : node), to: leader,
      in: random.chance(oneIn: 2) ? 0 : Int64(random.next() % 2_000))
  }

  func isolate(_ victim: Int, friend: Int?) {
    guard !isHealed else { return }
    let side = [victim] + (friend.map { [$0] } ?? [])
    let others = (0..<shape.nodes).filter { !side.contains($0) }
    make(side.flatMap { one in others.flatMap { [(one, $0), ($0, one)] } })
    made(friend == nil ? .isolateLeader : .partition)
  }

  func make(_ fault: AwaitedFault, at victim: Int) {
    guard !isHealed else { return }
    switch fault {
    case .kill(let powerLoss, let all):
      guard kill(all ? Array(0..<shape.nodes) : [victim], powerLoss: powerLoss) else { return }
      switch powerLoss {
      case nil: made(.kill)
      case .losesAll: made(.loseUnsynced)
      case .tears: made(.tornWrite)
      }
    case .isolate(let friend, let partition, let moment):
      isolate(victim, friend: friend)
      // Often the next leader too: what one has appended alone meets what the others have.
      if !random.chance(oneIn: 4) { wait(for: isolation(of: partition, after: moment)) }
    }
  }

  /// - Parameter powerLoss: without one the machine lives on, and its page cache with it.
  func kill(_ node: SimulatedNode, powerLoss: PowerLoss?, restartIn delay: Int64? = nil) {
    guard node.isUp else { return }
    if !node.writes.isEmpty, random.chance(oneIn: 2) {
      // In the middle of a write: some of it reaches the files, and nobody is told.
      virtualDisk(node.index).freeze(afterChanges: Int(random.next() % 6))
      _ = node.store?.write(node.writes)
    }
    // The disk dies before the connections do: closing them must not reach the files.
    switch powerLoss {
    case nil: break
    case .losesAll: virtualDisk(node.index).crash()
    case .tears: virtualDisk(node.index).crash(using: &random)
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
      // Else its next start tells what it has lost.
      if nodes[node].isUp { faults.failing.remove(node) }
    case .crashLoop(let node, let remaining):
      guard remaining > 0, !isHealed else {
        faults.busy.remove(node)
        return
      }
      kill(nodes[node], powerLoss: random.chance(oneIn: 2) ? .losesAll : nil, restartIn: duration(20, 60))
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
