// Drops open operations that no order needs. Pure.

/// Operations of unknown outcome that can be left out without changing the answer: if an order with them exists, the same
/// order without them is one too. What each rule rests on is said at the rule.
enum OpenRelevance {
  /// An open write of a value that no one has seen can be left out: whatever came while the register held that value did
  /// not depend on it. That needs that nobody depends on what the value is *not* (a failed `cas`) nor adds to it.
  static func register(_ meant: [Meant<RegisterStep>]) -> [Meant<RegisterStep>] {
    var seen: Set<Int> = [0]
    for one in meant {
      switch one.step {
      case .mismatch, .begin, .openAdd: return meant
      case .read(let value): seen.insert(value)
      case .swap(let from, _), .openSwap(let from, _): seen.insert(from)
      case .write, .impossible: break
      }
    }
    return meant.filter { one in
      guard one.operation.isOpen else { return true }
      switch one.step {
      case .write(let value), .openSwap(_, let value): return seen.contains(value)
      default: return true
      }
    }
  }

  /// An open enqueue of a value that nobody is known to have dequeued can be left out, together with the open dequeue that
  /// may have taken it: the others keep their order, and a queue that was empty still is.
  static func queue(_ meant: [Meant<QueueStep>]) -> [Meant<QueueStep>] {
    var seen: Set<Int> = []
    for one in meant { if case .dequeue(let value) = one.step { seen.insert(value) } }
    return meant.filter { one in
      guard one.operation.isOpen, case .enqueue(let value) = one.step else { return true }
      return seen.contains(value)
    }
  }
}
