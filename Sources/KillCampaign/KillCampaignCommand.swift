// The `kill-campaign` executable: for tests only. Reads its arguments, runs one campaign, prints what came of it.
import ArgumentParser
import Foundation

@main
struct KillCampaignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill-campaign",
    abstract: "Three node processes under kill -9, clients at work, the history checked for linearizability.",
    discussion: """
      Exit codes: 0 linearizable and nothing lost; 1 violated; 2 the check could not \
      decide, or nobody was killed or answered; 3 the campaign itself went wrong; 4 a node ended by itself, did not heal, or gave an answer that no client should see.
      """)

  @Option(help: "How long, in minutes.") var minutes = 10.0
  @Option(help: "Clients, each with one operation at a time.") var clients = 50
  @Option(help: "Keys in use at a time.") var slots = 5
  @Option(help: "Seconds from one kill to the next.") var killEvery = 2.0
  @Option(
    help: "The share of outcomes that shall be unknown, in percent; clients give up earlier or later for it.")
  var unknown = 1.0
  @Option(help: "The seed of kills and operations; without it, a random one.") var seed: UInt64?
  @Option(help: "Where the cluster's files and logs go; it must not exist yet.") var directory: String?
  @Option(help: "The history file.") var out: String?

  func run() async throws {
    do {
      let options = try options()
      say("seed \(options.seed)")
      let report = try await Campaign(options, say: say).run()
      say(report.text)
      throw ExitCode(report.conclusion.rawValue)
    } catch let exit as ExitCode {
      throw exit
    } catch {
      FileHandle.standardError.write(Data("kill-campaign: \(error)\n".utf8))
      throw ExitCode(3)
    }
  }

  private func options() throws -> CampaignOptions {
    guard minutes > 0, clients > 0, slots > 0, slots <= clients, killEvery >= 1.5, unknown >= 0 else {
      throw CampaignError.option(
        "--minutes must be positive, --unknown not negative, --kill-every at least 1.5, --slots between 1 and --clients"
      )
    }
    let seed = seed ?? UInt64.random(in: 0 ... .max)
    let folder = directory ?? "\(NSTemporaryDirectory())kill-campaign-\(seed)"
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw CampaignError.file(path: folder, doing: "used", reason: "it exists; remove it or name another")
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    var options = CampaignOptions(
      duration: .seconds(minutes * 60), clients: clients, slots: slots, killEvery: .seconds(killEvery),
      seed: seed, directory: folder, history: out ?? "\(folder)/history.jsonl",
      nodeExecutable: beside.appendingPathComponent("counter-node").path)
    options.unknownShare = unknown / 100
    return options
  }

  /// At once, also into a pipe.
  @Sendable private func say(_ words: String) { FileHandle.standardOutput.write(Data((words + "\n").utf8)) }
}
