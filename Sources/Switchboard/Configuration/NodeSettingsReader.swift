// From the texts that configure a node to its settings, or to everything that is wrong with them. Pure: files and environment
// are parameters.
internal import ActorCluster
internal import Gateway
internal import Logging
internal import PeerTransport

/// What a node was started with.
package struct ConfigurationInput: Sendable {
  /// The configuration file as it was named, and its text.
  package var file: String
  package var text: String
  /// The node's name and where it came from; nil when nobody said, which is enough where there is only one node.
  package var node: SettingValue?
  package var environment: [String: String] = [:]
  /// `key=value` of each `--set`, in their order.
  package var sets: [String] = []
  /// The value of `--data`.
  package var data: String?
  /// Relative paths in variables and flags start here; those in the file start at the file's directory.
  package var workingDirectory: String

  package init(file: String, text: String, node: SettingValue?, workingDirectory: String) {
    self.file = file
    self.text = text
    self.node = node
    self.workingDirectory = workingDirectory
  }
}

/// Reads settings: the file, over it the environment, over it the flags.
package struct NodeSettingsReader {
  let input: ConfigurationInput
  let files: FileView
  let document: ConfigurationDocument
  var values: [SettingPath: SettingValue]
  var problems: [ConfigurationProblem]
  var notes: [String]

  /// The settings of one node.
  /// - Throws: every problem at once, not only the first.
  package static func read(
    _ input: ConfigurationInput, files: FileView
  ) throws(InvalidConfiguration) -> NodeSettings {
    var reader = NodeSettingsReader(input, files)
    let settings = reader.settings()
    guard reader.problems.isEmpty, let settings else { throw InvalidConfiguration(reader.problems) }
    return settings
  }

  private init(_ input: ConfigurationInput, _ files: FileView) {
    self.input = input
    self.files = files
    document = ConfigurationDocument(text: input.text, path: input.file)
    var overrides = SettingOverrides(environment: input.environment, nodes: document.nodes)
    overrides.add(sets: input.sets, data: input.data, nodes: document.nodes)
    values = document.values.merging(overrides.values) { _, override in override }
    problems = document.problems + overrides.problems
    notes = overrides.notes
  }

  private mutating func settings() -> NodeSettings? {
    // A file that is no mapping at all has one problem, not one per missing setting.
    if document.values.isEmpty, !document.problems.isEmpty { return nil }
    let cluster = name(["cluster", "name"])
    let partitions = integer(["cluster", "partitions"])
    let nodes = addresses()
    let own = self.own(nodes)
    let directory = dataDirectory(own)
    let tls = TransportTLS(
      certificatePath: existingFile(["tls", "certificate"], own, isSecret: false) ?? "",
      keyPath: existingFile(["tls", "key"], own, isSecret: true) ?? "",
      authorityPath: existingFile(["tls", "authority"], own, isSecret: false) ?? "",
      revocationListPath: existingFile(["tls", "revocation_list"], own, isSecret: false))
    let tokens = self.tokens(own)
    let timing = choice(["timing"]).flatMap(TimingPreset.init(rawValue:))
    let logLevel = choice(["log_level"]).flatMap(Logger.Level.init(rawValue:))
    let chaos = choice(["chaos"])
    let disk = self.disk()
    let clocks = self.clocks()
    let retention = self.retention()
    let stopGrace = Duration.seconds(integer(["stop", "grace_seconds"]) ?? 0)
    let alarms = self.alarms(own)
    let threads = integer(["threads"])
    let joins = choice(["cluster", "join"]) == "yes"
    let founding = self.founding(nodes)
    let raisesLevel = choice(["cluster", "upgrade"]) == "automatic"
    guard let cluster, let partitions, let own, let directory, let timing, let logLevel, let chaos else {
      return nil
    }
    return NodeSettings(
      cluster: cluster, partitions: UInt32(partitions), nodes: nodes, own: own, dataDirectory: directory,
      tls: tls, tokens: tokens, timing: timing, logLevel: logLevel, allowsChaos: chaos == "allowed",
      disk: disk, clocks: clocks, retention: retention, stopGrace: stopGrace, alarms: alarms, joins: joins,
      founding: founding, raisesLevel: raisesLevel,
      threads: threads,
      notes: notes)
  }

  mutating func report(
    _ origin: SettingOrigin, _ key: String?, wrong: String, allowed: String? = nil, advice: String? = nil
  ) {
    problems.append(ConfigurationProblem(origin, key, wrong: wrong, allowed: allowed, advice: advice))
  }

  // MARK: the node

  /// The node that this process is, out of those of the file.
  private mutating func own(_ nodes: [NodeAddresses]) -> NodeAddresses? {
    let names = document.nodes
    guard let given = input.node else {
      if names.count == 1 { return nodes.first }
      if !names.isEmpty {
        report(
          .flag("--node"), nil, wrong: "which of the nodes this one is was not said",
          allowed: names.joined(separator: ", "), advice: "add --node \(names[0]), or set SWITCHBOARD_NODE")
      }
      return nil
    }
    guard names.contains(given.text) else {
      report(
        given.origin, nil, wrong: "there is no node \"\(given.text)\" in \(input.file)",
        allowed: names.joined(separator: ", "),
        advice: Suggestion.words(for: given.text, among: names) ?? "name one of these, or add it to the file")
      return nil
    }
    return nodes.first { $0.name.rawValue == given.text }
  }

  private mutating func tokens(_ own: NodeAddresses?) -> [APIToken] {
    let path: SettingPath = ["api", "tokens"]
    guard let file = existingFile(path, own, isSecret: true), let value = values[path] else { return [] }
    switch files.read(file) {
    case .failure(let failure):
      report(value.origin, "\(path)", wrong: "\(file) cannot be read: \(failure.reason)")
      return []
    case .success(let text):
      let read = TokensFile(text: text, path: file)
      problems += read.problems
      return read.tokens
    }
  }
}
