// How far a clock may be off, in the configuration.
import ActorCluster
import Switchboard
import Testing

@Suite struct ClockSettingsTests {
  @Test func theLimitIsReadAndHasAStandard() throws {
    let standard = try NodeSettingsReader.read(input(), files: FakeDisk().view)
    #expect(standard.clocks == ClockSettings())
    let set = try NodeSettingsReader.read(
      input(soundFile + "\nclock:\n  limit_milliseconds: 250"), files: FakeDisk().view)
    #expect(set.clocks.limitMilliseconds == 250)
    #expect(!problems(soundFile + "\nclock:\n  limit_milliseconds: 1").isEmpty)
  }
}
