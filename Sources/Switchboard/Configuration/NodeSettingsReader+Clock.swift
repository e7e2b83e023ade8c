// When a clock is too far off to lead: from text to a checked value. Pure.
internal import ActorCluster

extension NodeSettingsReader {
  /// The standard value where a setting is wrong, which is reported.
  mutating func clocks() -> ClockSettings {
    var settings = ClockSettings()
    if let milliseconds = integer(["clock", "limit_milliseconds"]) {
      settings.limitMilliseconds = Int64(milliseconds)
    }
    return settings
  }
}
