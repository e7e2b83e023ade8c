// A short run of the benchmark of calls, both processes and all: whether it measures, not what.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct CallsBenchRunTests {
  @Test func aShortRunPrintsEveryMeasureWithAndWithoutTLS() async throws {
    let run = try await Self.bench("--seconds", "0.1", "--bytes", "100", "--callers", "1", "8")
    #expect(run.status == 0, "\(run.output)")
    let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    for callers in ["1", "8"] {
      let rows = lines.filter { $0.first == callers && $0.count >= 10 }
      #expect(rows.count == 2, "\(run.output)")
      for row in rows { #expect((Double(row[1]) ?? 0) > 10 && (Double(row[2]) ?? 0) > 1, "\(row)") }
    }
    #expect(
      run.output.matches(of: /5 runs in turns with raw TCP: p50 \d+\.\d\d x/).count == 2, "\(run.output)")
    #expect(run.output.matches(of: /one-way, 100 bytes: \d{3,} messages/).count == 2, "\(run.output)")
    let beats = run.output.matches(of: #/sent to delivered: p50 \d+\.\d\d ms .* of (\d+) of (\d+)/#)
    #expect(beats.count == 2, "\(run.output)")
    for beat in beats {
      // Every 10 ms of 0.4 s, none lost.
      let (came, sent) = (Int(beat.1) ?? 0, Int(beat.2) ?? -1)
      #expect(came == sent && sent > 5, "\(run.output)")
    }
  }

  @Test func anUnknownChoiceIsRefused() async throws {
    let run = try await Self.bench("--tls", "maybe")
    #expect(run.status == 64)
    #expect(run.output.contains("--tls"), "\(run.output)")
  }

  private static func bench(_ options: String...) async throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = try BuiltExecutable.find("switchboard")
    process.arguments = ["bench", "calls"] + options
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = try FileHandle(forWritingTo: file)
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    return (process.terminationStatus, String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }
}
