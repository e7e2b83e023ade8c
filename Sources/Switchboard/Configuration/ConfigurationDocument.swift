// The configuration file as a flat table of settings with their positions. Pure: text in, table and problems out.
internal import Yams

/// What the file says, before anything overrides it and before values are checked.
struct ConfigurationDocument {
  private(set) var values: [SettingPath: SettingValue] = [:]
  /// Where each key stands, to point at when its value, or something in it, is missing.
  private var places: [SettingPath: SettingOrigin] = [:]
  /// Settings and sections that are there, but are no single value or no mapping; each is among the problems already.
  private(set) var unreadable: Set<SettingPath> = []
  /// The names of the nodes, sorted.
  private(set) var nodes: [String] = []
  private(set) var problems: [ConfigurationProblem] = []
  let path: String

  /// - Parameter path: the file's name, for positions.
  init(text: String, path: String) {
    self.path = path
    do throws(ConfigurationProblem) {
      guard let root = try YAMLText.compose(text, path: path) else {
        problems = [
          ConfigurationProblem(
            .wholeFile(path: path), nil, wrong: "it is empty",
            advice: "start from cluster-config/three-node.yaml")
        ]
        return
      }
      read(root, at: [])
    } catch {
      problems = [error]
    }
    nodes.sort()
  }

  /// The place of a setting's key, or of the nearest section around it.
  func place(of path: SettingPath) -> SettingOrigin {
    var path = path
    while true {
      if let origin = places[path] { return origin }
      if path.keys.isEmpty { return .wholeFile(path: self.path) }
      path.keys.removeLast()
    }
  }

  private mutating func read(_ node: Node, at path: SettingPath) {
    let origin = YAMLText.origin(of: node, path: self.path)
    if ConfigurationSchema.isSection(path) {
      guard case .mapping(let mapping) = node else {
        let allowed = ConfigurationSchema.keys(at: path).map { "the keys \($0.joined(separator: ", "))" }
        problems.append(
          ConfigurationProblem(
            origin, path.keys.isEmpty ? nil : "\(path)",
            wrong: "this must be a mapping, but is \(kind(node))",
            allowed: allowed ?? "one key per node, each with peer and api",
            advice: "write the keys below it, indented"))
        unreadable.insert(path)
        return
      }
      for (key, value) in mapping { read(key: key, value, in: path) }
    } else {
      read(scalar: node, at: path, origin)
    }
  }

  private mutating func read(key: Node, _ value: Node, in path: SettingPath) {
    let origin = YAMLText.origin(of: key, path: self.path)
    guard case .scalar(let scalar) = key else {
      problems.append(
        ConfigurationProblem(
          origin, path.keys.isEmpty ? nil : "\(path)", wrong: "a key must be a word, but is \(kind(key))"))
      return
    }
    let child = path.child(scalar.string)
    if let known = ConfigurationSchema.keys(at: path) {
      guard known.contains(scalar.string) else {
        problems.append(
          ConfigurationProblem(
            origin, "\(child)", wrong: "there is no such key", allowed: known.joined(separator: ", "),
            advice: Suggestion.words(for: scalar.string, among: known) ?? "remove it"))
        return
      }
    } else {
      nodes.append(scalar.string)
    }
    places[child] = origin
    read(value, at: child)
  }

  private mutating func read(scalar node: Node, at path: SettingPath, _ origin: SettingOrigin) {
    guard case .scalar(let scalar) = node else {
      problems.append(
        ConfigurationProblem(
          origin, "\(path)", wrong: "this must be a single value, but is \(kind(node))",
          allowed: ConfigurationSchema.setting(at: path)?.kind.words))
      unreadable.insert(path)
      return
    }
    let isNothing = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    guard !isNothing else { return }
    values[path] = SettingValue(scalar.string, origin)
  }

  private func kind(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "the value \"\(scalar.string)\""
    case .mapping: "a mapping"
    case .sequence: "a list"
    default: "something else"
    }
  }
}

extension SettingKind {
  /// What is allowed, in words.
  var words: String {
    switch self {
    case .name: "1 to 63 characters of a-z, 0-9 and -, neither first nor last a -"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): words.joined(separator: ", ")
    case .size(let range):
      "a size from \(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound)), for example 512 MB or 2 GB"
    case .address: "host:port with a port from 1 to 65535, for example 127.0.0.1:7101"
    case .url: "https://host/path; http://127.0.0.1/path on this machine"
    case .path: "a path; ${node} stands for the node's name"
    }
  }
}
