// `switchboard check`: reads a recorded history and checks it against a model. Touches files, the clock, stdout and stderr.
public import ArgumentParser
public import HistoryChecker

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a recorded history: linearizability, exactly-once, conservation.",
    discussion: """
      The file has one event per line, as JSON: {"process": 3, "type": "invoke", "f": "write", "key": "x", "value": 1, "time": 12}. \
      docs/histories.md says what each model's functions are.

      \(CheckExit.help)
      """)

  @Argument(help: "The history: JSON lines.")
  var history: String

  @Option(help: "register, kv, queue or contact-center.")
  var model: Model

  @Option(help: "Seconds after which the answer is \"unknown\"; shortening what was found may take 20 more.")
  var timeLimit: Int = 60

  @Option(
    name: .customLong("memory-limit-mb"),
    help: "For the memory of the search; past it the answer is \"unknown\".")
  var memoryLimit: Int = 2048

  @Option(help: "Also draw what was found, as an HTML page.")
  var html: String?

  @Flag(help: "Print the answer as JSON.")
  var json = false

  mutating func validate() throws {
    guard (1...1_000_000).contains(timeLimit) else {
      throw ValidationError("--time-limit must be 1 to 1000000 seconds")
    }
    guard (1...1_000_000).contains(memoryLimit) else {
      throw ValidationError("--memory-limit-mb must be 1 to 1000000")
    }
  }

  mutating func run() throws {
    let limits = CheckLimits(time: .seconds(timeLimit), memory: memoryLimit << 20)
    let report: CheckReport
    do throws(CheckFailure) {
      report = try CheckRun(file: history, model: model, limits: limits).report()
    } catch {
      throw error.exit()
    }
    let answer = CheckAnswer(report, json: json, title: "History \(history)")
    let exit = answer.give(picture: html, say: { print($0) }, complain: { CheckFailure.say($0) })
    guard exit == .ok else { throw ExitCode(exit.rawValue) }
  }
}

extension Model: ExpressibleByArgument {}
