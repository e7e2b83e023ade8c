// `switchboard ctl run-alone`, `promote`, `recover` and `rejoin`: what a person decides when nodes cannot. Touches files, stdout.
internal import ArgumentParser
internal import Foundation
internal import NodeStore
internal import PeerTransport

struct CtlRunAlone: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-alone", abstract: "Have the node of a pair that led go on without its standby.",
    discussion: RecoveryOptions.help)

  @OptionGroup var options: RecoveryOptions

  func run() async throws { try await RecoveryRun(options: options, kind: .runAlone).run() }
}

struct CtlPromote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Have the standby of a pair take over.",
    discussion: RecoveryOptions.help)

  @OptionGroup var options: RecoveryOptions

  func run() async throws { try await RecoveryRun(options: options, kind: .promote).run() }
}

struct CtlRecover: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Have one node go on when a majority is gone for good.",
    discussion: RecoveryOptions.help)

  @Flag(
    help:
      "What has happened. Choose the node with the most: run this at each that is left, without a proof, and compare."
  )
  var quorumLost = false

  @OptionGroup var options: RecoveryOptions

  func validate() throws {
    guard quorumLost else { throw ValidationError("say what has happened: --quorum-lost") }
  }

  func run() async throws { try await RecoveryRun(options: options, kind: .quorumLost).run() }
}

struct CtlRejoin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rejoin",
    abstract: "Have a stopped node begin anew, with nothing but what the others give it.",
    discussion: """
      For a machine with an empty disk, and for files that must not be used any more. What is there is moved to a set-aside \
      folder in the data directory. A node that lost its disk while a majority is up needs this not: it does the same by \
      itself. Exit codes: 0 done; 1 nothing was changed; 2 the configuration is wrong; 3 the data directory cannot be used.
      """)

  @Option(help: "The configuration file.")
  var config: String

  @Option(
    help: "The node that is to begin anew, which is this machine's (or SWITCHBOARD_NODE). It must be stopped."
  )
  var node: String?

  @Option(help: "Its data directory, instead of the file's data_directory.")
  var data: String?

  @Option(
    name: .customLong("set-aside"),
    help: ArgumentHelp("That its files are to be set aside; needed when there are any.", valueName: "NAME"))
  var setAside: String?

  func run() throws {
    let settings = try NodeCommand.readSettings(config: config, node: node, set: [], data: data)
    let name = settings.own.name.rawValue
    guard settings.nodes.count > 1 else {
      throw ExitStatus.configuration.because(
        "\(name) is the only node of its cluster: nobody could give it anything")
    }
    let hasFiles = FileManager.default.fileExists(atPath: settings.dataDirectory + "/log.db")
    guard !hasFiles || setAside == name else {
      throw ExitStatus.failed.because(
        "\(settings.dataDirectory) has files, and nothing was changed. If the others have all that counts, repeat this with "
          + "--set-aside \(name)")
    }
    do throws(StoreError) {
      let path = try NodeStore.setAside(directory: settings.dataDirectory, above: 0)
      print(
        "node \(name) begins anew when it is started" + (hasFiles ? "; what it had is in \(path)" : ""))
    } catch {
      throw ExitStatus.dataDirectory.because("\(error)")
    }
  }
}
