// Faults of links: cut, slow, lossy, reset. Which and where is drawn from the seed.
import ActorCluster

extension Simulation {
  func cut(_ fault: SimulatedFault) -> Bool {
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
      var side = Set((0..<size).map { (victim + $0) % shape.members })
      if random.chance(oneIn: 2) { side.insert(shape.spare) }
      for one in 0..<count {
        for other in 0..<count where side.contains(one) != side.contains(other) { cuts.append((one, other)) }
      }
    }
    make(cuts)
    return true
  }

  func make(_ cuts: [(from: Int, to: Int)]) {
    for cut in cuts { network.cut(cut.from, cut.to, true) }
    schedule(.endFault(.cuts(cuts)), in: duration(300, 3_000))
  }

  func flap() -> Bool {
    let first = anyMember
    let second = (first + 1 + Int(random.next() % UInt64(shape.members - 1))) % shape.members
    schedule(.endFault(.flap(first: first, second: second, remaining: 8, isCut: false)), in: 1_000)
    return true
  }

  /// Connections break and are made again: what was under way is lost, and both sides hear of it.
  func reset() -> Bool {
    let node = nodes[anyMember]
    let others = nodes.filter {
      $0.index != node.index && $0.isUp && network.reaches(node.index, $0.index)
        && network.reaches($0.index, node.index)
    }
    guard node.isUp, !others.isEmpty else { return false }
    for other in others { connect(node, other) }
    return true
  }

  func degrade(_ fault: SimulatedFault) -> Bool {
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
}
