// How long what is done is kept, as the configuration says it.
import ActorCluster
import Switchboard
import Testing

@Suite struct RetentionSettingsTests {
  private func retention(_ lines: String) throws -> RetentionSettings {
    try NodeSettingsReader.read(input(soundFile + "\nretention:\n" + lines), files: FakeDisk().view).retention
  }

  @Test func withoutAnyInteractionsAreKeptForMoreThanAYear() throws {
    let settings = try NodeSettingsReader.read(input(), files: FakeDisk().view).retention
    #expect(settings.milliseconds == ["interaction": 400 * 86_400_000])
    #expect(settings.stateBytes == nil)
  }

  @Test func daysAndSizeAreRead() throws {
    let settings = try retention("  interaction_days: 30\n  state_size: 20 GB")
    #expect(settings.milliseconds == ["interaction": 30 * 86_400_000])
    #expect(settings.stateBytes == 20 << 30)
  }

  @Test func whatIsOutOfRangeIsRefused() {
    #expect(
      problems(soundFile + "\nretention:\n  interaction_days: 0") == [
        "/etc/sw/cluster.yaml:20:21: retention.interaction_days: 0 is out of range; allowed: a whole number from 1 to 36500"
      ])
  }
}
