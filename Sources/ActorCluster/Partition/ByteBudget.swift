// How many bytes may go in a second: a value.

/// A token bucket that may be overdrawn once: whoever comes while there is anything left gets all that it asked for, and
/// the next one waits until that has been made up for.
package struct ByteBudget: Sendable {
  private let bytesPerSecond: Int64
  private var balance: Int64
  private var last: Int64?

  /// - Parameter bytesPerSecond: also what may go at once after a pause.
  package init(bytesPerSecond: Int) {
    self.bytesPerSecond = Int64(max(1, bytesPerSecond))
    balance = self.bytesPerSecond
  }

  /// - Parameter now: milliseconds on a clock that only runs forward.
  package mutating func isOpen(at now: Int64) -> Bool {
    let elapsed = max(0, now - (last ?? now))
    last = now
    // A second makes up for all that a second may spend.
    balance = min(bytesPerSecond, balance + min(elapsed, 3_600_000) * bytesPerSecond / 1_000)
    return balance > 0
  }

  package mutating func spend(_ bytes: Int) { balance -= Int64(bytes) }
}
