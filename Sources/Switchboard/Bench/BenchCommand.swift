// `switchboard bench`: measures this machine and this build. Touches a scratch directory and stdout.
internal import ArgumentParser
internal import Foundation

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure this machine and this build.", subcommands: [Store.self])

  struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "store", abstract: "The data directory: latency, throughput, bytes written, restart.",
      discussion: """
        Every figure of ours stands beside a floor that was measured in the same run: absolute figures of shared machines say \
        little. The whole run takes a minute or two with the defaults, on an otherwise idle machine. It writes to a directory of \
        its own, which is removed at the end.
        """)

    @Option(help: "Where the scratch directory is made: on the disk that is to be measured.")
    var on: String = "."

    @Option(help: "Seconds for each measurement of latency and throughput.")
    var seconds: Double = 5

    @Option(help: "Entries in the log for the restart.")
    var tail: Int = 1_000_000

    @Option(
      help:
        "Closed interactions in the state file for the other restart; 10000000 takes many minutes and about 8 GB."
    )
    var closed: Int = 200_000

    func validate() throws {
      guard seconds > 0, seconds <= 3_600 else {
        throw ValidationError("--seconds must be above 0 and at most 3600")
      }
      guard tail >= 0, closed >= 0 else { throw ValidationError("--tail and --closed cannot be negative") }
    }

    mutating func run() async throws {
      let directory = URL(fileURLWithPath: on).appendingPathComponent("switchboard-bench-\(getpid())").path
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      } catch {
        throw ExitStatus.failed.because(
          "no scratch directory can be made in \(on): \(error.localizedDescription). Choose another with --on."
        )
      }
      defer { try? FileManager.default.removeItem(atPath: directory) }
      do {
        try await StoreBench(directory: directory, seconds: seconds, tail: tail, closed: closed).run()
      } catch {
        throw ExitStatus.failed.because("the benchmark cannot go on: \(error)")
      }
    }
  }
}
