// Deals seeds out to worker processes and finds the input that killed one. Starts processes; touches stdout.
internal import ArgumentParser
internal import Foundation

struct FuzzCampaign {
  /// Seeds of one worker process.
  static let batch: UInt64 = 100_000

  let seeds: Range<UInt64>
  let workers: Int
  let isPlanted: Bool

  private struct Tally {
    var malformed = 0
    var value = 0
    var message = 0
  }

  private enum Result: Sendable {
    case done(malformed: Int, value: Int, message: Int)
    /// The worker found a broken rule and said so.
    case broken(String)
    /// The worker died.
    case died(Range<UInt64>, String)
  }

  func run() async throws {
    let start = ContinuousClock.now
    var tally = Tally()
    var next = seeds.lowerBound
    try await withThrowingTaskGroup(of: Result.self) { group in
      func startNext() {
        guard next < seeds.upperBound else { return }
        let batch = next..<min(next + Self.batch, seeds.upperBound)
        next = batch.upperBound
        group.addTask { try await work(batch, traces: false) }
      }
      for _ in 0..<workers { startNext() }
      while let result = try await group.next() {
        switch result {
        case .done(let malformed, let value, let message):
          tally.malformed += malformed
          tally.value += value
          tally.message += message
          startNext()
        case .broken(let words):
          print(words)
          throw ExitCode(1)
        case .died(let batch, let words):
          print(words)
          try await findKiller(in: batch)
          throw ExitCode(1)
        }
      }
    }
    let duration = (ContinuousClock.now - start).components.seconds
    print(
      """
      \(seeds.count) inputs in \(duration) s from seed \(seeds.lowerBound): \(tally.malformed) malformed, \(tally.value) \
      well-formed, \(tally.message) of a type of the product; no crash, no broken rule, and never more than \
      \(FuzzWorker.slackBytes >> 20) MiB for an input
      """)
  }

  /// Runs a batch again, seed by seed, and names the last one.
  private func findKiller(in batch: Range<UInt64>) async throws {
    guard case .died(_, let words) = try await work(batch, traces: true) else {
      print(
        "seeds \(batch.lowerBound) to \(batch.upperBound - 1) killed a worker once, and not when tried again")
      return
    }
    let last = words.split(separator: "\n").last { $0.hasPrefix("trace ") }?.dropFirst(6)
    guard let seed = last.flatMap({ UInt64($0) }) else {
      print("a worker dies before its first input: \(words)")
      return
    }
    let input = FuzzCheck(corpus: try FuzzCorpus()).input(seed: seed).bytes
    print(
      FuzzFailure(
        seed: seed, input: input, rule: "the process died: a trap, or more memory than the input warrants"))
  }

  private func work(_ batch: Range<UInt64>, traces: Bool) async throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      ["--child", "--seed", "\(batch.lowerBound)", "--inputs", "\(batch.count)"]
      + (traces ? ["--traced"] : [])
      + (isPlanted ? ["--planted"] : [])
    process.environment = ProcessInfo.processInfo.environment.merging([
      // The runtime's account of a crash would take minutes to write.
      "SWIFT_BACKTRACE": "enable=no",
      // Large blocks by themselves (glibc), so that none hides in a heap that has grown.
      "MALLOC_MMAP_THRESHOLD_": "65536",
    ]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let words = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let parts = words.split(separator: " ").map { String($0.filter { !$0.isNewline }) }
    if process.terminationReason == .exit, process.terminationStatus == 0, parts.first == "done",
      parts.count == 4
    {
      return .done(
        malformed: Int(parts[1]) ?? 0, value: Int(parts[2]) ?? 0, message: Int(parts[3]) ?? 0)
    }
    if words.hasPrefix("failed ") { return .broken(String(words.dropFirst(7))) }
    let how = process.terminationReason == .exit ? "exit code" : "signal"
    return .died(batch, traces ? words : "a worker ended with \(how) \(process.terminationStatus)")
  }
}
