// Deadlines of many things at the cost of none: a pure value.

/// A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): setting and clearing a deadline is a matter of a few array
/// accesses, whatever the number of others. What is set is named by small numbers, which the owner hands out.
///
/// Guarantees: nothing expires before its deadline; `advance` to a time returns everything whose deadline is a slot's width or
/// more before it, and in the order of slots.
package struct TimerWheel: Sendable {
  private static let none: Int32 = -1

  private let slotMilliseconds: Int64
  /// A deadline in the list of its slot.
  private struct Node: Sendable {
    var next: Int32
    /// The slot, as a number below -1, for the first of a list.
    var previous: Int32
    var deadline: Int64
  }

  private var slots: [Int32]
  private var nodes: [Node] = []
  /// All slots up to this one were looked at.
  private var tick: Int64?
  package private(set) var count = 0

  package init(slotMilliseconds: Int64 = 8, slotCount: Int = 1024) {
    self.slotMilliseconds = slotMilliseconds
    slots = Array(repeating: Self.none, count: slotCount)
  }

  /// Sets the deadline of a number that has none.
  package mutating func set(_ number: Int, _ deadline: Int64) {
    while nodes.count <= number { nodes.append(Node(next: Self.none, previous: Self.none, deadline: 0)) }
    // One in the past goes where the next step looks.
    let due = max(deadline / slotMilliseconds, (tick ?? .min) &+ 1)
    let slot = Self.position(due, slots.count)
    let first = slots[slot]
    slots[slot] = Int32(truncatingIfNeeded: number)
    nodes[number] = Node(next: first, previous: Int32(truncatingIfNeeded: -2 - slot), deadline: deadline)
    if first != Self.none { nodes[Int(first)].previous = Int32(truncatingIfNeeded: number) }
    count += 1
  }

  /// Clears the deadline of a number that has one.
  package mutating func clear(_ number: Int) {
    let (before, after) = (nodes[number].previous, nodes[number].next)
    if before <= -2 { slots[Int(-2 - before)] = after } else { nodes[Int(before)].next = after }
    if after != Self.none { nodes[Int(after)].previous = before }
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
        let following = nodes[Int(number)].next
        // Others of this slot are due some rounds later; those of the running slot perhaps a moment later.
        if nodes[Int(number)].deadline <= now {
          clear(Int(number))
          expired.append(Int(number))
        }
        number = following
      }
    }
    return expired
  }

  private static func position(_ tick: Int64, _ count: Int) -> Int {
    let place = tick % Int64(count)
    return Int(place < 0 ? place + Int64(count) : place)
  }
}
