// Runs the script that measures etcd, and reads its lines. Touches processes.
internal import Foundation

struct EtcdRun {
  let script: String
  let directory: String
  let seconds: Double
  let inFlight: [Int]

  /// None, with the script's words printed, where etcd is not installed.
  func run() throws -> [CommitsFigures] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: script)
    process.arguments = [String(seconds), directory + "/etcd"] + inFlight.map(String.init)
    let output = Pipe()
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw BenchFailure("\(script) cannot be run: \(error.localizedDescription)")
    }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchFailure("\(script) failed: \(text)")
    }
    var figures: [CommitsFigures] = []
    for line in text.split(separator: "\n") {
      if let read = PeerLine.figures(in: line) { figures.append(read) } else { print("  \(line)") }
    }
    return figures
  }
}
