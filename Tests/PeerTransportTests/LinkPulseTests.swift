// Pings, round trips, silence and floods, with a clock that is a number.

import PeerTransport
import Testing

struct LinkPulseTests {
  private func pulse() -> LinkPulse {
    LinkPulse(interval: .seconds(1), silenceLimit: .seconds(5), now: .zero)
  }

  @Test func aPeerThatAnswersIsMeasured() {
    var pulse = pulse()
    #expect(pulse.tick(now: .zero) == .ping(1))
    #expect(pulse.roundTrip == nil)
    #expect(pulse.ponged(1, now: .milliseconds(8)) == true)
    #expect(
      pulse.roundTrip == .init(smoothed: .milliseconds(8), minimum: .milliseconds(8), last: .milliseconds(8)))
    pulse.heard(now: .milliseconds(8))
    #expect(pulse.tick(now: .seconds(1)) == .ping(2))
    #expect(pulse.ponged(2, now: .milliseconds(1_016)) == true)
    #expect(
      pulse.roundTrip == .init(smoothed: .milliseconds(9), minimum: .milliseconds(8), last: .milliseconds(16))
    )
  }

  @Test func silenceEndsTheConnectionAndOtherTrafficDoesNot() {
    var pulse = pulse()
    #expect(pulse.tick(now: .zero) == .ping(1))
    for second in 1...4 { #expect(pulse.tick(now: .seconds(second)) == .wait) }
    #expect(pulse.tick(now: .seconds(5)) == .silent(.seconds(5)))

    var talking = self.pulse()
    var pings = 0
    for second in 0...60 {
      talking.heard(now: .seconds(second))
      switch talking.tick(now: .seconds(second)) {
      case .ping: pings += 1
      case .wait: break
      case .silent: Issue.record("it was not silent")
      }
    }
    // A ping that is lost is given up after the silence limit, so that the round trip comes back.
    #expect(pings == 13)
  }

  @Test func aPauseOfThisSideIsNotTheSilenceOfTheOther() {
    var pulse = pulse()
    #expect(pulse.tick(now: .zero) == .ping(1))
    // The loop stood still for a minute; what the peer sent is still to be read.
    #expect(pulse.tick(now: .seconds(60)) == .ping(2))
    for second in 61...64 { #expect(pulse.tick(now: .seconds(second)) == .wait) }
    #expect(pulse.tick(now: .seconds(65)) == .silent(.seconds(5)))
  }

  @Test func aPingThatDidNotGoOutIsTriedAgain() {
    var pulse = pulse()
    #expect(pulse.tick(now: .zero) == .ping(1))
    pulse.notSent()
    #expect(pulse.tick(now: .seconds(1)) == .ping(2))
  }

  @Test func moreThanTheAllowanceIsAFlood() {
    var pulse = pulse()
    for _ in 0..<LinkPulse.allowance { #expect(pulse.pinged(now: .zero) == true) }
    #expect(pulse.pinged(now: .zero) == false)
    // It comes back with time, and pongs that nobody asked for draw on it, too.
    #expect(pulse.pinged(now: .milliseconds(70)) == true)
    #expect(pulse.ponged(99, now: .milliseconds(80)) == false)
    for _ in 0..<LinkPulse.allowance { #expect(pulse.ponged(99, now: .seconds(3)) == true) }
    #expect(pulse.ponged(99, now: .seconds(3)) == false)
    // As many as a second allows, for ever.
    for number in 0..<1_000 {
      #expect(pulse.pinged(now: .seconds(10) + .milliseconds(63) * number) == true, "\(number)")
    }
  }
}
