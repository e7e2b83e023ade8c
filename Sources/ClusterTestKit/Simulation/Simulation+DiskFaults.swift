// Faults of disks, and the rule for how many may be lost at once.
import NodeStore

extension Simulation {
  func disturbDisk(_ fault: SimulatedFault) -> Bool {
    let victim = anyMember
    let isFatal = fault == .writeError || fault == .syncFails || fault == .readError
    guard nodes[victim].isUp, !isFatal || mayDamage(victim), faults.busy.insert(victim).inserted else {
      return false
    }
    let disk = virtualDisk(victim)
    if isFatal { faults.failing.insert(victim) }
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
      disk.failNextSync(of: random.chance(oneIn: 2) ? "log.db-wal" : "state.db-wal")
      schedule(.endFault(.writeErrors(victim)), in: duration(100, 500))
    }
    return true
  }

  /// Disks are lost one at a time: a minority, as the promise says. Its replicas are replaced before the next goes.
  func mayDamage(_ victim: Int) -> Bool {
    operations.replacing == nil && placed?.lost.isEmpty != false && faults.failing.isEmpty && isMember(victim)
      && nodes.allSatisfy { !isMember($0.index) || !$0.isInDoubt(shape) }
  }

  /// A disk was lost, and the replicas on it have not been replaced yet.
  var isDiskLost: Bool {
    operations.replacing != nil || placed?.lost.isEmpty == false || !faults.failing.isEmpty
      || nodes.contains { if case .lostDisk = $0.stopped { true } else { false } }
  }

  func damageDisk(_ fault: SimulatedFault) -> Bool {
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
        // Beyond the header: of the file, SQLite's; of the WAL, its own. What was written last is at the end of the file.
        let reach = random.chance(oneIn: 2) ? size - 32 : min(size - 32, 8_192)
        for _ in 0...random.next() % 8 {
          disk.flipBit(
            file, offset: size - 1 - Int(random.next() % UInt64(reach)), bit: Int(random.next() % 8))
        }
      }
    default: return false
    }
    disk.repair()
    faults.failing.insert(victim)
    schedule(.start, to: victim, in: fault == .staleRestore || fault == .wipe ? 0 : duration(60, 1_000))
    tellPeers(of: nodes[victim])
    return true
  }
}
