// Whether the other end of a connection still answers, and how fast. Pure: the time is a parameter.

/// Pings the peer once an interval, measures the round trip, notices silence, and limits what a peer can make this side
/// answer.
package struct LinkPulse: Sendable {
  package struct RoundTrip: Hashable, Sendable {
    /// Smoothed as TCP does it (RFC 6298): each sample counts one eighth.
    package var smoothed: Duration
    package var minimum: Duration
    package var last: Duration

    package init(smoothed: Duration, minimum: Duration, last: Duration) {
      self.smoothed = smoothed
      self.minimum = minimum
      self.last = last
    }
  }

  package enum Tick: Hashable, Sendable {
    /// Send a ping with this number.
    case ping(UInt64)
    case wait
    /// Nothing came for so long: the peer or the network is gone.
    case silent(Duration)
  }

  /// So many pings, and pongs that nobody waits for, may come at once, and so many each second.
  package static let allowance = 16

  package private(set) var roundTrip: RoundTrip?
  private let interval: Duration
  private let silenceLimit: Duration
  private var lastHeard: Duration
  private var lastTick: Duration
  private var number: UInt64 = 0
  /// The ping that is not answered yet. One at a time: a peer that was stopped does not wake up to a pile of them.
  private var outstanding: (number: UInt64, at: Duration)?
  private var tokens = allowance
  private var lastRefill: Duration

  package init(interval: Duration, silenceLimit: Duration, now: Duration) {
    self.interval = interval
    self.silenceLimit = silenceLimit
    lastHeard = now
    lastTick = now
    lastRefill = now
  }

  /// Bytes came, of whatever kind.
  package mutating func heard(now: Duration) { lastHeard = now }

  /// To be called once an interval.
  package mutating func tick(now: Duration) -> Tick {
    // This side stood still itself; what came meanwhile may not have been read yet.
    if now - lastTick > interval * 2 { lastHeard = now }
    lastTick = now
    let silence = now - lastHeard
    if silence >= silenceLimit { return .silent(silence) }
    if let outstanding, now - outstanding.at < silenceLimit { return .wait }
    number += 1
    outstanding = (number, now)
    return .ping(number)
  }

  /// The ping could not be sent.
  package mutating func notSent() { outstanding = nil }

  /// - Returns: whether to answer. If not, the peer asks more than any should.
  package mutating func pinged(now: Duration) -> Bool { spend(now) }

  /// - Returns: false for a peer that answers what nobody asked, again and again.
  package mutating func ponged(_ number: UInt64, now: Duration) -> Bool {
    guard let asked = outstanding, asked.number == number else { return spend(now) }
    outstanding = nil
    let sample = now - asked.at
    if let old = roundTrip {
      roundTrip = RoundTrip(
        smoothed: old.smoothed + (sample - old.smoothed) / 8, minimum: min(old.minimum, sample), last: sample)
    } else {
      roundTrip = RoundTrip(smoothed: sample, minimum: sample, last: sample)
    }
    return true
  }

  private mutating func spend(_ now: Duration) -> Bool {
    let share = Duration.seconds(1) / Self.allowance
    let passed = now - lastRefill
    let gained =
      passed >= .seconds(1)
      ? Self.allowance : Int(passed.components.attoseconds / share.components.attoseconds)
    if gained > 0 {
      tokens = min(Self.allowance, tokens + gained)
      lastRefill = tokens == Self.allowance ? now : lastRefill + share * gained
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}
