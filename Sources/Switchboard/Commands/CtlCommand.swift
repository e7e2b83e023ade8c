// `switchboard ctl`: asks running nodes over their HTTP API.
internal import ArgumentParser

struct CtlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Look at a running cluster, and move its leaderships.",
    subcommands: [
      CtlStatus.self, CtlDrain.self, CtlUndrain.self, CtlTransfer.self, CtlLinks.self, CtlAlarms.self,
      CtlBackup.self, CtlStore.self,
    ])
}
