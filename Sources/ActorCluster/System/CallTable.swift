// Calls under way from this system: a pure value.
package import NodeStore

/// Calls that wait for an answer. Every one of them ends: by its answer, by the loss of its link, by its caller, or by time.
/// Finding, adding and ending one costs the same whatever their number.
package struct CallTable<Waiter: Sendable>: Sendable {
  /// A call as its owner gets it back.
  package struct Ended: Sendable {
    package var call: UInt64
    /// Nil when nobody waits, or not yet.
    package var waiter: Waiter?
    package var link: UInt32
    package var cost: Int
  }

  private enum State: Sendable {
    case free
    /// Nobody waits yet.
    case open
    case waiting(Waiter)
    /// Nobody waits any more. It stays until its answer comes, because the callee holds it so long.
    case abandoned
  }

  private struct Entry: Sendable {
    var state = State.free
    /// Makes the number of a call that is over mean nothing.
    var generation: UInt64
    var hasDeadline = false
    var link: UInt32 = 0
    /// Of a durable actor's call to another node.
    var partition: PartitionID?
    var cost = 0
  }

  private static var indexBits: UInt64 { 24 }

  private var entries: [Entry] = []
  private var free: [UInt32] = []
  private var wheel = TimerWheel()
  private let firstGeneration: UInt64
  package private(set) var count = 0

  /// - Parameter firstGeneration: another one for each process, so that an answer to a call of an earlier one meets none of this.
  package init(firstGeneration: UInt64 = 0) {
    self.firstGeneration = firstGeneration
  }

  package var timers: Int { wheel.count }

  /// - Parameters:
  ///   - link: over which the answer comes.
  ///   - deadline: when nobody waits any more.
  ///   - partition: whose leader is asked; nil for calls that have only one place to go to.
  package mutating func open(
    link: UInt32, cost: Int, until deadline: Int64, partition: PartitionID? = nil
  ) -> UInt64 {
    let index: Int
    if let last = free.popLast() {
      index = Int(last)
    } else {
      index = entries.count
      entries.append(Entry(generation: firstGeneration))
    }
    let generation = entries[index].generation
    entries[index] = Entry(
      state: .open, generation: generation, hasDeadline: true, link: link, partition: partition, cost: cost)
    wheel.set(index, deadline)
    count += 1
    return Self.number(of: index, generation)
  }

  /// - Returns: false when the call is over or abandoned already.
  package mutating func attach(_ waiter: Waiter, to call: UInt64) -> Bool {
    guard let index = index(of: call), case .open = entries[index].state else { return false }
    entries[index].state = .waiting(waiter)
    return true
  }

  /// The answer has come, or never will: the call is over. Nil when it is not known on that link.
  package mutating func end(_ call: UInt64, link: UInt32) -> Ended? {
    guard let index = index(of: call), entries[index].link == link else { return nil }
    return end(index)
  }

  /// Nobody waits any more. Nil when that was so before.
  package mutating func abandon(_ call: UInt64) -> Ended? {
    guard let index = index(of: call) else { return nil }
    return abandon(index)
  }

  /// Calls whose time is over; like `abandon`.
  package mutating func expired(now: Int64) -> [Ended] {
    wheel.advance(to: now).compactMap { index in
      entries[index].hasDeadline = false
      return abandon(index)
    }
  }

  /// The partition's leader is behind another link: nobody waits any more for those that were asked before; like `abandon`.
  /// Costs as much as the table is large, so it is for changes of leaders only.
  package mutating func abandon(callsTo partition: PartitionID, exceptOver link: UInt32?) -> [Ended] {
    entries.indices.compactMap {
      isUsed($0) && entries[$0].partition == partition && entries[$0].link != link ? abandon($0) : nil
    }
  }

  /// The link is gone, and with it the answers.
  package mutating func lost(_ link: UInt32) -> [Ended] {
    entries.indices.compactMap { isUsed($0) && entries[$0].link == link ? end($0) : nil }
  }

  package mutating func takeAll() -> [Ended] {
    entries.indices.compactMap { isUsed($0) ? end($0) : nil }
  }

  private func number(of index: Int) -> UInt64 {
    Self.number(of: index, entries[index].generation)
  }

  private static func number(of index: Int, _ generation: UInt64) -> UInt64 {
    generation << indexBits | UInt64(index)
  }

  private func isUsed(_ index: Int) -> Bool {
    if case .free = entries[index].state { false } else { true }
  }

  private func index(of call: UInt64) -> Int? {
    let index = Int(call & (1 << Self.indexBits - 1))
    guard index < entries.count, isUsed(index), number(of: index) == call else { return nil }
    return index
  }

  private mutating func end(_ index: Int) -> Ended {
    let ended = ended(index)
    if entries[index].hasDeadline { wheel.clear(index) }
    entries[index] = Entry(generation: entries[index].generation &+ 1)
    free.append(UInt32(truncatingIfNeeded: index))
    count -= 1
    return ended
  }

  private mutating func abandon(_ index: Int) -> Ended? {
    if case .abandoned = entries[index].state { return nil }
    let ended = ended(index)
    entries[index].state = .abandoned
    if entries[index].hasDeadline { wheel.clear(index) }
    entries[index].hasDeadline = false
    return ended
  }

  private func ended(_ index: Int) -> Ended {
    var waiter: Waiter?
    if case .waiting(let waiting) = entries[index].state { waiter = waiting }
    return Ended(
      call: number(of: index), waiter: waiter, link: entries[index].link, cost: entries[index].cost)
  }
}
