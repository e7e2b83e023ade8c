// The `switchboard` executable: its subcommands.
import ArgumentParser

@main
struct SwitchboardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "switchboard",
    abstract: "A contact-center cluster node, and the tools around it.",
    subcommands: [
      NodeCommand.self, DemoCommand.self, PKICommand.self, CtlCommand.self, CheckCommand.self,
      BenchCommand.self,
    ])
}
