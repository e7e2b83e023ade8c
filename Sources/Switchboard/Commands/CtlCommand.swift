// `switchboard ctl`: asks running nodes over their HTTP API.
internal import ArgumentParser

struct CtlCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl",
    abstract:
      "Look at a running cluster, move its leaderships, change its nodes, and decide when nodes cannot.",
    subcommands: [
      CtlStatus.self, CtlDrain.self, CtlUndrain.self, CtlTransfer.self, CtlMembers.self, CtlAdd.self,
      CtlRemove.self, CtlReplace.self, CtlUpgrade.self, CtlLinks.self, CtlAlarms.self, CtlBackup.self,
      CtlStore.self, CtlRunAlone.self, CtlPromote.self, CtlRecover.self, CtlRejoin.self,
    ])
}
