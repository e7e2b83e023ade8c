// The demo's clock: real seconds since its start, and the day's own seconds, which pass faster. Reads the monotonic clock.

/// One second of real time is `speed` seconds of the day.
struct DemoClock: Sendable {
  let speed: Double
  private let start = ContinuousClock.now
  /// Real seconds between the clock's start and the day's.
  private let lead: Double

  /// - Parameter lead: real seconds before the day starts, for the agents to sign in.
  init(speed: Double, lead: Double) {
    self.speed = speed
    self.lead = lead
  }

  /// Real seconds since the start.
  var now: Double { start.duration(to: .now) / .seconds(1) }

  /// Seconds of the day; negative before it starts.
  var dayNow: Double { (now - lead) * speed }

  func sleep(untilDay time: Double) async throws {
    try await ContinuousClock().sleep(until: start + .seconds(lead + time / speed))
  }

  func sleep(daySeconds: Double) async throws {
    try await ContinuousClock().sleep(for: .seconds(max(0, daySeconds) / speed))
  }
}
