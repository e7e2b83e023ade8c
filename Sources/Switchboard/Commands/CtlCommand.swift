// `switchboard ctl`: asks running nodes over their HTTP API.
internal import ArgumentParser

struct CtlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Look at a running cluster, move its leaderships, and change its nodes.",
    subcommands: [
      CtlStatus.self, CtlDrain.self, CtlUndrain.self, CtlTransfer.self, CtlMembers.self, CtlAdd.self, CtlRemove.self,
      CtlReplace.self, CtlUpgrade.self, CtlLinks.self, CtlAlarms.self, CtlBackup.self, CtlStore.self,
    ])
}
