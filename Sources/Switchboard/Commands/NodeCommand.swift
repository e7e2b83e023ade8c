// `switchboard node`: reads the configuration, then runs one node until a signal ends it. Touches files, environment, stderr.
internal import ArgumentParser
internal import Foundation
internal import Logging

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Run one node of a cluster.",
    discussion: """
      The file is the same on all nodes. Every single setting can also come from an environment variable (SWITCHBOARD_ and the \
      keys in upper case, joined with _: SWITCHBOARD_NODES_NORTH_PEER), and over that from --set.

      Settings:
      \(settingsHelp)

      Relative paths start at the file's directory; in variables and flags, at the working directory.

      \(ExitStatus.help)
      """)

  @Option(help: "The configuration file.")
  var config: String

  @Option(help: "Which of the file's nodes this is (or SWITCHBOARD_NODE); needed when there are several.")
  var node: String?

  @Option(help: "The data directory, instead of the file's data_directory.")
  var data: String?

  @Option(help: ArgumentHelp("A setting instead of the file's; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "Only check the configuration and the files that it names.")
  var check = false

  mutating func run() async throws {
    let settings = try Self.readSettings(config: config, node: node, set: set, data: data)
    if check {
      print("the configuration of node \(settings.own.name) of cluster \(settings.cluster) is usable")
      settings.notes.forEach { print("note: \($0)") }
      return
    }
    // A closed stderr must not end a node.
    signal(SIGPIPE, SIG_IGN)
    CertificateWatch.outliveHangups()
    var logger = Logger(label: "switchboard") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = settings.logLevel
    logger[metadataKey: "node"] = "\(settings.own.name)"
    do throws(NodeFailure) {
      try await NodeProcess(settings: settings, logger: logger).run()
    } catch {
      throw error.status.because("\(error)")
    }
  }

  /// What the configuration file, the environment and the flags say together.
  static func readSettings(
    config: String, node: String?, set: [String], data: String?
  ) throws -> NodeSettings {
    let environment = ProcessInfo.processInfo.environment
    let text: String
    switch FileView.system.read(config) {
    case .success(let found): text = found
    case .failure(let failure):
      throw ExitStatus.configuration.because("\(config) cannot be read: \(failure.reason)")
    }
    var input = ConfigurationInput(
      file: config, text: text, node: nil, workingDirectory: FileManager.default.currentDirectoryPath)
    if let node {
      input.node = SettingValue(node, .flag("--node \(node)"))
    } else if let node = environment["SWITCHBOARD_NODE"] {
      input.node = SettingValue(node, .variable("SWITCHBOARD_NODE"))
    }
    input.environment = environment
    input.sets = set
    input.data = data
    do throws(InvalidConfiguration) {
      return try NodeSettingsReader.read(input, files: .system)
    } catch {
      throw ExitStatus.configuration.because("\(error)")
    }
  }

  private static var settingsHelp: String {
    ConfigurationSchema.settings.map { setting in
      let name = "\(setting.path)".replacing("*", with: "NAME")
      let standard = setting.standard.map { " [\($0)]" } ?? ""
      return "  \(name): \(setting.meaning)\(standard)"
    }.joined(separator: "\n")
  }
}
