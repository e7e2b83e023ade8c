// The watermarks of the disk: from texts to checked values, or problems. Pure.
internal import ActorCluster
internal import ContactCenter

/// Bytes as people write them.
enum SizeText {
  /// `512 MB` and `2GB` are powers of two. Nil for anything else.
  static func bytes(_ text: String) -> UInt64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = UInt64(digits) else { return nil }
    let shift: UInt64
    switch text.dropFirst(digits.count).drop(while: { $0 == " " }).uppercased() {
    case "MB": shift = 20
    case "GB": shift = 30
    default: return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : bytes
  }

  static func text(_ bytes: UInt64) -> String {
    bytes >= 1 << 30 && bytes % (1 << 30) == 0 ? "\(bytes >> 30) GB" : "\(bytes >> 20) MB"
  }
}

extension NodeSettingsReader {
  /// The standard values where a setting is wrong, which is reported.
  mutating func disk() -> DiskSettings {
    var settings = DiskSettings()
    let low: SettingPath = ["disk", "low"]
    settings.lowBytes = size(low)
    settings.reserveBytes = size(["disk", "reserve"]) ?? settings.reserveBytes
    if let factor = integer(["disk", "slow_factor"]) { settings.slowFactor = UInt64(factor) }
    if let milliseconds = integer(["disk", "slow_milliseconds"]) {
      settings.slowMilliseconds = UInt64(milliseconds)
    }
    if let bytes = settings.lowBytes, bytes < settings.reserveBytes, let value = values[low] {
      report(
        value.origin, "\(low)",
        wrong: "\(SizeText.text(bytes)) is below disk.reserve, so the alarm would come too late",
        allowed: "at least \(SizeText.text(settings.reserveBytes))", advice: "raise it, or lower disk.reserve"
      )
    }
    return settings
  }

  mutating func retention() -> RetentionSettings {
    var settings = RetentionSettings()
    if let days = integer(["retention", "interaction_days"]) {
      settings.milliseconds = [Interaction.actorType: Int64(days) * 86_400_000]
    }
    settings.stateBytes = size(["retention", "state_size"]).map { Int(clamping: $0) }
    return settings
  }

  private mutating func size(_ path: SettingPath) -> UInt64? {
    guard let value = required(path), case .size(let range)? = ConfigurationSchema.setting(at: path)?.kind
    else { return nil }
    guard let bytes = SizeText.bytes(value.text) else {
      report(
        value.origin, "\(path)", wrong: "\"\(value.text)\" is no size", allowed: SettingKind.size(range).words
      )
      return nil
    }
    guard range.contains(bytes) else {
      report(
        value.origin, "\(path)", wrong: "\(value.text) is out of range",
        allowed: SettingKind.size(range).words)
      return nil
    }
    return bytes
  }
}
