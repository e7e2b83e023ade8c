// What the environment and the command line put in place of the file's settings. Pure.

/// Settings from outside the file, and what is wrong with them.
struct SettingOverrides {
  private(set) var values: [SettingPath: SettingValue] = [:]
  private(set) var problems: [ConfigurationProblem] = []
  /// For the log: what looks like a mistake, but may be somebody else's.
  private(set) var notes: [String] = []

  /// Variables with the prefix that are not settings of the file.
  private static let otherVariables = ["SWITCHBOARD_NODE", "SWITCHBOARD_API", "SWITCHBOARD_TOKEN"]

  /// Unknown variables are only noted: orchestrators make such for every service of that name.
  init(environment: [String: String], nodes: [String]) {
    let paths = ConfigurationSchema.paths(nodes: nodes)
    for path in paths {
      guard let text = environment[path.variable] else { continue }
      values[path] = SettingValue(text, .variable(path.variable))
    }
    let known = paths.map(\.variable) + Self.otherVariables
    for name in environment.keys.sorted() where name.hasPrefix("SWITCHBOARD_") && !known.contains(name) {
      let suggestion = Suggestion.words(for: name, among: known).map { "; \($0)" } ?? ""
      notes.append("environment variable \(name) is no setting and was ignored\(suggestion)")
    }
  }

  /// - Parameters:
  ///   - sets: `key=value`, as given to `--set`; the last one of a key counts.
  ///   - data: the value of `--data`.
  mutating func add(sets: [String], data: String?, nodes: [String]) {
    let paths = ConfigurationSchema.paths(nodes: nodes)
    for set in sets {
      guard let equals = set.firstIndex(of: "="), equals > set.startIndex else {
        problems.append(
          ConfigurationProblem(
            .flag("--set \(set)"), nil, wrong: "this is not key=value",
            advice: "write for example --set log_level=debug"))
        continue
      }
      let key = String(set[..<equals])
      let path = SettingPath(dotted: key)
      guard paths.contains(path) else {
        let known = paths.map(\.description)
        problems.append(
          ConfigurationProblem(
            .flag("--set \(set)"), key, wrong: "there is no such setting",
            allowed: known.joined(separator: ", "), advice: Suggestion.words(for: key, among: known)))
        continue
      }
      values[path] = SettingValue(String(set[set.index(after: equals)...]), .flag("--set \(set)"))
    }
    if let data { values[["data_directory"]] = SettingValue(data, .flag("--data \(data)")) }
  }
}
