// What the demo was asked to do, checked. Pure.

package struct DemoOptions: Equatable, Sendable {
  package enum Mode: Equatable, Sendable {
    /// A day, generated or recorded.
    case day
    /// Three nodes and nothing else, until a signal.
    case clusterOnly
    /// So many kills and restarts, measured.
    case failoverRuns(Int)
    /// So many leaderships handed over, measured.
    case transferRuns(Int)
  }

  package var mode: Mode
  /// Day seconds per real second.
  package var speed: Double
  package var seed: UInt64
  package var calls: Int
  /// Where in the day a node is killed, from 0 to 1; nil: nowhere.
  package var killAt: Double?
  package var keep: Bool
  /// Nodes are stopped in their tracks (SIGSTOP) instead of killed.
  package var pauses = false

  /// The words of the first thing that is wrong.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(words: String) { description = words }
    package var isRetryable: Bool { false }
  }

  package init(
    clusterOnly: Bool = false, failoverRuns: Int? = nil, speed: Double? = nil, seed: UInt64 = 1,
    calls: Int = 800,
    killAt: Double = 0.5, noKill: Bool = false, keep: Bool = false, transferRuns: Int? = nil
  ) throws(Invalid) {
    guard !clusterOnly || failoverRuns == nil else {
      throw Invalid(words: "--cluster-only and --failover-runs exclude each other: choose one")
    }
    if let failoverRuns, !(1...1_000).contains(failoverRuns) {
      throw Invalid(words: "--failover-runs must be 1 to 1000, is \(failoverRuns)")
    }
    if let transferRuns {
      guard (1...10_000).contains(transferRuns) else {
        throw Invalid(words: "--transfer-runs must be 1 to 10000, is \(transferRuns)")
      }
      guard !clusterOnly, failoverRuns == nil else {
        throw Invalid(
          words: "--transfer-runs, --failover-runs and --cluster-only exclude each other: choose one")
      }
    }
    let speed = speed ?? 600
    guard speed >= 1, speed <= 10_000 else {
      throw Invalid(words: "--speed must be 1 to 10000 (seconds of the day in a real second), is \(speed)")
    }
    guard (0...1).contains(killAt) else {
      throw Invalid(words: "--kill-at must be 0 (start of the day) to 1 (last call), is \(killAt)")
    }
    guard (1...100_000).contains(calls) else {
      throw Invalid(words: "--calls must be 1 to 100000, is \(calls)")
    }
    let runs = failoverRuns.map { Mode.failoverRuns($0) } ?? transferRuns.map { .transferRuns($0) }
    mode = clusterOnly ? .clusterOnly : runs ?? .day
    self.speed = speed
    self.seed = seed
    self.calls = calls
    self.killAt = noKill ? nil : killAt
    self.keep = keep
  }
}
