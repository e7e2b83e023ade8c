// How long to wait before dialing again. Pure: the random number is a parameter.

/// Pauses double from `minimum` to `maximum`; each is drawn evenly from its upper half, so that nodes that
/// lost the same peer do not come back together.
package struct Backoff: Hashable, Sendable {
  package let minimum: Duration
  package let maximum: Duration
  /// How many pauses there were since the last success.
  package private(set) var failures = 0

  package init(minimum: Duration, maximum: Duration) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The next pause, at most `maximum` and at least half of `minimum`.
  package mutating func next(random: UInt64) -> Duration {
    var ceiling = minimum
    for _ in 0..<min(failures, 62) where ceiling < maximum { ceiling *= 2 }
    if ceiling > maximum { ceiling = maximum }
    failures += 1
    // Integers only: 1024 steps between one half and the whole.
    return (ceiling / 2048) * (1024 + Int(random % 1025))
  }

  package mutating func reset() { failures = 0 }
}
