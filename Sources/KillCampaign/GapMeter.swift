// How long nothing was acknowledged after each kill. Pure.

/// The longest time between two acknowledgments, from one kill to the next: of anything, and within one slot (the clients
/// of one key, so of one partition). Nanoseconds.
package struct GapMeter: Sendable {
  package private(set) var overall: [Int64] = []
  package private(set) var bySlot: [Int64] = []
  private var last: Int64
  private var lastOfSlot: [Int64]
  private var longest: Int64 = 0
  private var longestOfSlot: Int64 = 0
  private var hasKilled = false
  /// The longest gap of anything, and when it ended.
  package private(set) var worst: (length: Int64, end: Int64) = (0, 0)

  package init(slots: Int, now: Int64) {
    last = now
    lastOfSlot = Array(repeating: now, count: slots)
  }

  package mutating func acknowledged(slot: Int, now: Int64) {
    longest = max(longest, now - last)
    if now - last > worst.length { worst = (now - last, now) }
    longestOfSlot = max(longestOfSlot, now - lastOfSlot[slot])
    last = now
    lastOfSlot[slot] = now
  }

  /// A new kill, or the end: the time since the kill before is closed.
  package mutating func killed(now: Int64) {
    if hasKilled {
      overall.append(max(longest, now - last))
      bySlot.append(max(longestOfSlot, lastOfSlot.map { now - $0 }.max() ?? 0))
    }
    hasKilled = true
    longest = 0
    longestOfSlot = 0
  }
}
