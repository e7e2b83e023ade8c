// Single settings: from text to a checked value, or a problem. Pure.
internal import PeerTransport

extension NodeSettingsReader {
  /// The value of a setting; its standard value when nothing sets it. A missing required one is a problem.
  mutating func required(_ path: SettingPath) -> SettingValue? {
    if let value = values[path] { return value }
    guard let setting = ConfigurationSchema.setting(at: path), !document.unreadable.contains(path) else {
      return nil
    }
    if let standard = setting.standard {
      return SettingValue(standard, document.place(of: path))
    }
    if setting.isRequired, !isInsideUnreadable(path) {
      report(
        document.place(of: path), "\(path)", wrong: "it is missing", allowed: setting.kind.words,
        advice: "add it: \(setting.meaning)")
    }
    return nil
  }

  mutating func name(_ path: SettingPath) -> String? {
    guard let value = required(path) else { return nil }
    guard NodeID(validating: value.text) != nil else {
      return refuse(value, path, "\"\(value.text)\" is no name")
    }
    return value.text
  }

  mutating func integer(_ path: SettingPath) -> Int? {
    guard let value = required(path) else { return nil }
    guard let number = Int(value.text) else {
      return refuse(value, path, "\"\(value.text)\" is not a whole number")
    }
    guard case .integer(let range)? = ConfigurationSchema.setting(at: path)?.kind, range.contains(number)
    else {
      return refuse(value, path, "\(number) is out of range")
    }
    return number
  }

  mutating func choice(_ path: SettingPath) -> String? {
    guard let value = required(path) else { return nil }
    guard case .choice(let words)? = ConfigurationSchema.setting(at: path)?.kind, words.contains(value.text)
    else {
      var words: [String] = []
      if case .choice(let known)? = ConfigurationSchema.setting(at: path)?.kind { words = known }
      return refuse(
        value, path, "\"\(value.text)\" is not one of the words that it may be",
        advice: Suggestion.words(for: value.text, among: words))
    }
    return value.text
  }

  // MARK: paths

  mutating func dataDirectory(_ own: NodeAddresses?) -> String? {
    let path: SettingPath = ["data_directory"]
    guard let value = required(path), let directory = resolved(value, path, own) else { return nil }
    if case .file = files.look(directory) {
      return refuse(value, path, "\(directory) is a file, not a directory", advice: "name another place")
    }
    return directory
  }

  /// - Parameter isSecret: others must not be able to read it.
  mutating func existingFile(_ path: SettingPath, _ own: NodeAddresses?, isSecret: Bool) -> String? {
    guard let value = required(path), let file = resolved(value, path, own) else { return nil }
    let look = files.look(file)
    let advice = ConfigurationSchema.setting(at: path).map { "it must be \($0.meaning)" }
    switch look {
    case .missing:
      return refuse(value, path, "\(file) does not exist", allowed: "a file", advice: advice)
    case .directory:
      return refuse(value, path, "\(file) is a directory", allowed: "a file", advice: advice)
    case .file(let mode, _):
      guard isSecret, look.isExposed else { return file }
      return refuse(
        value, path, "\(file) has mode \(String(mode, radix: 8)), which lets others read a secret",
        allowed: "mode 600 or less",
        advice: "chmod 600 \(file), and replace its content if others had access")
    }
  }

  /// The absolute path with `${node}` filled in. Without a known node nothing is resolved, and nothing said again.
  private mutating func resolved(_ value: SettingValue, _ path: SettingPath, _ own: NodeAddresses?) -> String?
  {
    guard !value.text.isEmpty else { return refuse(value, path, "it is empty") }
    let text = value.text.replacing("${node}", with: own?.name.rawValue ?? "${node}")
    let rest = value.text.replacing("${node}", with: "")
    guard !rest.contains("${") else {
      return refuse(
        value, path, "\"\(value.text)\" has a placeholder that is not known", allowed: "${node}",
        advice: "only ${node} is filled in")
    }
    guard own != nil || text == rest else { return nil }
    var base = input.workingDirectory
    if case .file = value.origin { base = Paths.absolute(Paths.parent(of: input.file), in: base) }
    return Paths.absolute(text, in: base)
  }

  private mutating func refuse<Value>(
    _ value: SettingValue, _ path: SettingPath, _ wrong: String, allowed: String? = nil, advice: String? = nil
  ) -> Value? {
    report(
      value.origin, "\(path)", wrong: wrong,
      allowed: allowed ?? ConfigurationSchema.setting(at: path)?.kind.words, advice: advice)
    return nil
  }

  /// Whether a section around the setting is no mapping, which was reported.
  private func isInsideUnreadable(_ path: SettingPath) -> Bool {
    path.keys.indices.contains { document.unreadable.contains(SettingPath(Array(path.keys[..<$0]))) }
  }
}

/// Paths as text.
enum Paths {
  /// `path` itself when it is absolute, else below `directory`; with `.` and `..` worked out.
  static func absolute(_ path: String, in directory: String) -> String {
    let full = path.hasPrefix("/") ? path : directory + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") {
      switch part {
      case ".": break
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
