// How much a check may use, and what is left of it. The only clock is the closure that the caller gives.

/// What a check may use. A limit that is reached makes the answer "unknown", never "ok".
public struct CheckLimits: Sendable {
  /// For the whole check, not counting the shortening of what was found.
  public var time: Duration
  /// In bytes, for the memory of one search.
  public var memory: Int
  /// For each key; nil for no limit.
  public var steps: Int?

  public init(time: Duration = .seconds(60), memory: Int = 2 << 30, steps: Int? = nil) {
    self.time = time
    self.memory = memory
    self.steps = steps
  }
}

/// Which limit was reached.
public enum CheckLimit: String, Sendable {
  case time
  case memory
  case steps
}

struct Budget {
  var limits: CheckLimits
  /// When it is used up, on the clock of `elapsed`.
  var deadline: Duration
  let elapsed: () -> Duration
  private(set) var steps = 0

  init(_ limits: CheckLimits, elapsed: @escaping () -> Duration) {
    self.limits = limits
    self.elapsed = elapsed
    deadline = limits.time
  }

  private static let slice = 16_384

  /// Runs a search until it ends or a limit is reached; `limit` is nil if it ended.
  mutating func run<Machine>(_ search: inout LinearizabilitySearch<Machine>) -> (
    isLinearizable: Bool, limit: CheckLimit?
  ) {
    var left = limits.steps ?? Int.max
    while true {
      let slice = min(left, Self.slice)
      guard slice > 0 else { return (false, .steps) }
      guard elapsed() < deadline else { return (false, .time) }
      let before = search.steps
      let progress = search.advance(limit: slice)
      left -= slice
      steps += search.steps - before
      switch progress {
      case .linearizable: return (true, nil)
      case .impossible: return (false, nil)
      case .outOfMemory: return (false, .memory)
      case .paused: continue
      }
    }
  }
}
