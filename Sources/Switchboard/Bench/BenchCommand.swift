// `switchboard bench`: measures this machine and this build. Touches a scratch directory and stdout.
internal import ArgumentParser
internal import Foundation

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure this machine and this build.",
    subcommands: [
      Store.self, Calls.self, Codec.self, CommitsBenchCommand.self, FailoverBenchCommand.self,
      ScaleBenchCommand.self, RoutingBenchCommand.self,
      BenchPeerCommand.self,
    ])

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
      try await BenchDirectory.with(on: on) { directory in
        try await StoreBench(directory: directory, seconds: seconds, tail: tail, closed: closed).run()
      }
    }
  }

  struct Calls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "calls", abstract: "Distributed calls between two processes, beside raw TCP.",
      discussion: """
        Two processes on this machine, one event loop each, with mutual TLS 1.3 and without. Beside each figure of ours stands \
        that of a raw TCP ping-pong between two processes, of the same size and with as many messages under way, from the same \
        run. CPU is that of the caller's process and the other's. With --seconds 2 all of it takes about two minutes.
        """)

    @Option(help: "Seconds for each measurement.")
    var seconds: Double = 3

    @Option(parsing: .upToNextOption, help: "Bytes of the argument.")
    var bytes: [Int] = [100, 1024]

    @Option(parsing: .upToNextOption, help: "Callers at once.")
    var callers: [Int] = [1, 64, 256]

    @Option(help: "Whether the links are encrypted: on, off, or both, one after the other.")
    var tls: TLSChoice = .both

    func validate() throws {
      guard seconds > 0, seconds <= 3_600 else {
        throw ValidationError("--seconds must be above 0 and at most 3600")
      }
      guard bytes.allSatisfy({ (80...(1 << 20)).contains($0) }) else {
        throw ValidationError("--bytes must be 80 to 1048576")
      }
      guard callers.allSatisfy({ (1...10_000).contains($0) }) else {
        throw ValidationError("--callers must be 1 to 10000")
      }
    }

    mutating func run() async throws {
      try await BenchDirectory.with(on: NSTemporaryDirectory()) { directory in
        try await CallsBench(
          directory: directory, seconds: seconds, sizes: bytes, callers: callers, tls: tls
        ).run()
      }
    }
  }
}

/// A scratch directory, removed at the end.
enum BenchDirectory {
  static func with(on parent: String, _ body: (String) async throws -> Void) async throws {
    let directory = URL(fileURLWithPath: parent).appendingPathComponent("switchboard-bench-\(getpid())").path
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    } catch {
      throw ExitStatus.failed.because(
        "no scratch directory can be made in \(parent): \(error.localizedDescription)")
    }
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      try await body(directory)
    } catch {
      throw ExitStatus.failed.because("the benchmark cannot go on: \(error)")
    }
  }
}
