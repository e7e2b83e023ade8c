// The watermarks of the disk in the configuration: what they may be, and the words for what they may not.
import ActorCluster
import Switchboard
import Testing

@Suite struct DiskSettingsTests {
  private func disk(_ lines: String) throws -> DiskSettings {
    try NodeSettingsReader.read(input(soundFile + "\ndisk:\n" + lines), files: FakeDisk().view).disk
  }

  @Test func withoutAnyTheStandardHolds() throws {
    let settings = try NodeSettingsReader.read(input(), files: FakeDisk().view)
    #expect(settings.disk == DiskSettings())
    #expect(settings.disk.reserveBytes == 256 << 20)
    #expect(settings.disk.lowBytes == nil)
  }

  @Test func sizesAreReadWithTheirUnits() throws {
    let settings = try disk("  low: 3 GB\n  reserve: 512MB\n  slow_factor: 4\n  slow_milliseconds: 50")
    #expect(settings.lowBytes == 3 << 30)
    #expect(settings.reserveBytes == 512 << 20)
    #expect(settings.slowFactor == 4)
    #expect(settings.slowMilliseconds == 50)
    #expect(try disk("  reserve: 1 gb").reserveBytes == 1 << 30)
  }

  @Test(arguments: ["2", "2 TB", "-1 GB", "GB", "1.5 GB", "0x10 MB", "99999999999999999999 GB", "1 GB 2"])
  func whatIsNoSizeIsRefused(text: String) {
    let found = problems(soundFile + "\ndisk:\n  reserve: \"\(text)\"")
    #expect(
      found == [
        "/etc/sw/cluster.yaml:20:12: disk.reserve: \"\(text)\" is no size; allowed: a size from 1 MB to 1048576 GB, for example "
          + "512 MB or 2 GB"
      ])
  }

  @Test func whatIsOutOfRangeIsRefused() {
    #expect(
      problems(soundFile + "\ndisk:\n  reserve: 0 MB\n  slow_factor: 1") == [
        "/etc/sw/cluster.yaml:20:12: disk.reserve: 0 MB is out of range; allowed: a size from 1 MB to 1048576 GB, for example "
          + "512 MB or 2 GB",
        "/etc/sw/cluster.yaml:21:16: disk.slow_factor: 1 is out of range; allowed: a whole number from 2 to 1000",
      ])
    #expect(
      problems(soundFile + "\ndisk:\n  low: 100 MB") == [
        "/etc/sw/cluster.yaml:20:8: disk.low: 100 MB is below disk.reserve, so the alarm would come too late; allowed: at least "
          + "256 MB; raise it, or lower disk.reserve"
      ])
  }

  @Test func aVariableAndAFlagOverrideTheFile() throws {
    var input = input(soundFile + "\ndisk:\n  reserve: 300 MB")
    input.environment = ["SWITCHBOARD_DISK_RESERVE": "400 MB"]
    #expect(try NodeSettingsReader.read(input, files: FakeDisk().view).disk.reserveBytes == 400 << 20)
    input.sets = ["disk.reserve=500 MB"]
    #expect(try NodeSettingsReader.read(input, files: FakeDisk().view).disk.reserveBytes == 500 << 20)
  }
}
