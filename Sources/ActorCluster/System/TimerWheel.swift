// Deadlines of many things at the cost of none: a pure value.

/// A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): setting and clearing a deadline is a matter of a few array
/// accesses, whatever the number of others. What is set is named by small numbers, which the owner hands out.
///
/// Guarantees: nothing expires before its deadline; `advance` to a time returns everything whose deadline is a slot's width or
/// more before it, and in the order of slots.
package struct TimerWheel: Sendable {
  private static let none: Int32 = -1

  private let slotMilliseconds: Int64
  private var slots: [Int32]
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var deadlines: [Int64] = []
  /// All slots up to this one were looked at.
  private var tick: Int64?
  package private(set) var count = 0

  package init(slotMilliseconds: Int64 = 8, slotCount: Int = 1024) {
    self.slotMilliseconds = slotMilliseconds
    slots = Array(repeating: Self.none, count: slotCount)
  }

  /// Sets the deadline of a number that has none.
  package mutating func set(_ number: Int, _ deadline: Int64) {
    while next.count <= number {
      next.append(Self.none)
      previous.append(Self.none)
      deadlines.append(0)
    }
    // One in the past goes where the next step looks.
    let due = max(deadline / slotMilliseconds, (tick ?? .min) &+ 1)
    let slot = Self.position(due, slots.count)
    deadlines[number] = deadline
    next[number] = slots[slot]
    // The slot, for a number that has none before it.
    previous[number] = Int32(truncatingIfNeeded: -2 - slot)
    if slots[slot] != Self.none { previous[Int(slots[slot])] = Int32(truncatingIfNeeded: number) }
    slots[slot] = Int32(truncatingIfNeeded: number)
    count += 1
  }

  /// Clears the deadline of a number that has one.
  package mutating func clear(_ number: Int) {
    let (before, after) = (previous[number], next[number])
    if before <= -2 { slots[Int(-2 - before)] = after } else { next[Int(before)] = after }
    if after != Self.none { previous[Int(after)] = before }
    count -= 1
  }

  /// The numbers whose deadline has come; they have none any more.
  package mutating func advance(to now: Int64) -> [Int] {
    let target = now / slotMilliseconds
    // Once around is enough, and needed the first time.
    let oldest = target - Int64(slots.count) + 1
    let first = max((tick ?? oldest) + 1, oldest)
    guard first <= target else { return [] }
    // What the running slot keeps is looked at again.
    tick = target - 1
    var expired: [Int] = []
    guard count > 0 else { return expired }
    for due in first...target {
      var number = slots[Self.position(due, slots.count)]
      while number != Self.none {
        let following = next[Int(number)]
        // Others of this slot are due some rounds later; those of the running slot perhaps a moment later.
        if deadlines[Int(number)] <= now {
          clear(Int(number))
          expired.append(Int(number))
        }
        number = following
      }
    }
    return expired
  }

  private static func position(_ tick: Int64, _ count: Int) -> Int {
    Int(((tick % Int64(count)) + Int64(count)) % Int64(count))
  }
}
