// `switchboard demo`: a contact center on three nodes of this machine, one of which dies. Parses flags; the rest is `DemoRun`.
internal import ArgumentParser
internal import Foundation

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run a day of a contact center on three local nodes, kill one of them halfway, and count.",
    discussion: """
      Makes a throw-away certificate authority and three nodes on loopback. Callers call, wait and hang up, agents answer and wrap \
      up. Halfway the node that leads the busiest partition is killed (SIGKILL) and later started again. At the end the demo \
      compares what was acknowledged to it with what the files of the three stopped nodes hold.

      Exit codes: 0 everything is conserved; 1 something is not, and it says what; 2 the options or the file are wrong; 3 the \
      cluster could not be run; 130 or 143 interrupted.
      """)

  @Option(help: "A record of calls (tab-separated) to replay; without one, the day is generated.")
  var data: String?

  @Option(help: "The day of the record, such as 1999-02-01; the first in the file when left out.")
  var day: String?

  @Option(help: "Seconds of the day that pass in a real second. [600]")
  var speed: Double?

  @Option(help: "Makes the generated day; the same seed, the same day.")
  var seed: UInt64 = 1

  @Option(help: "How many calls the generated day has.")
  var calls: Int = 800

  @Option(help: "Where to keep everything; a new temporary directory when left out.")
  var directory: String?

  @Option(help: "When to kill a node: 0 is the start of the day, 1 the last call.")
  var killAt: Double = 0.5

  @Flag(help: "Kill nothing.")
  var noKill = false

  @Flag(help: "Keep the directory. It is always kept when something was violated.")
  var keep = false

  @Flag(help: "Only start three nodes; stop them upon SIGTERM or Ctrl-C.")
  var clusterOnly = false

  @Option(help: "Instead of a day: kill and restart a node so many times, and report the failover times.")
  var failoverRuns: Int?

  @Flag(help: "With --failover-runs: stop the node in its tracks (SIGSTOP), and let it go on afterwards.")
  var pause = false

  @Option(
    help: "Instead of a day: hand a leadership over so many times, and report how long commands waited.")
  var transferRuns: Int?

  mutating func run() async throws {
    var options: DemoOptions
    let plan: DayPlan
    do {
      options = try DemoOptions(
        clusterOnly: clusterOnly, failoverRuns: failoverRuns, speed: speed, seed: seed, calls: calls,
        killAt: killAt,
        noKill: noKill, keep: keep, transferRuns: transferRuns)
      options.pauses = pause
      plan = try makePlan(options)
    } catch {
      throw ExitStatus.configuration.because("\(error)")
    }
    let run = DemoRun(options: options, plan: plan, directory: directory)
    do {
      guard try await run.run() else { throw ExitStatus.failed.exitCode }
    } catch let interrupted as DemoInterrupted {
      throw ExitCode(interrupted.exitCode)
    } catch let code as ExitCode {
      throw code
    } catch {
      throw ExitStatus.dataDirectory.because("\(error)")
    }
  }

  private func makePlan(_ options: DemoOptions) throws -> DayPlan {
    guard let data else {
      if let day {
        throw DemoOptions.Invalid(words: "--day \(day) needs --data: a generated day has no date")
      }
      return DayGenerator(seed: options.seed, calls: options.calls).plan()
    }
    guard let bytes = FileManager.default.contents(atPath: data) else {
      throw DemoOptions.Invalid(words: "--data \(data) cannot be read: name an existing file")
    }
    guard bytes.count <= 256 << 20 else {
      throw DemoOptions.Invalid(words: "--data \(data) has more than 256 MiB: cut it to the days of interest")
    }
    do {
      return try BankDay(file: BankFile(parsing: String(decoding: bytes, as: UTF8.self)), day: day).plan()
    } catch {
      throw DemoOptions.Invalid(words: "\(data): \(error)")
    }
  }
}
