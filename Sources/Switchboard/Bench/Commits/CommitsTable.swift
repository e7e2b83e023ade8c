// Lines of the benchmark of commits. Pure: values in, text out.
internal import Foundation

/// What one measurement came to.
package struct CommitsFigures: Equatable, Sendable {
  package var inFlight: Int
  package var commitsPerSecond: Double
  /// From the call to its answer.
  package var latencies: CommitLatency
  /// Processor seconds for each commit, of the client and of all nodes together.
  package var clientProcessor: Double?
  package var nodesProcessor: Double?
  /// Bytes that the nodes wrote to their disks for each commit, all together.
  package var diskBytes: Double?
}

/// Seconds.
package struct CommitLatency: Equatable, Sendable {
  package var p50: Double
  package var p99: Double
  package var p999: Double

  package init(p50: Double, p99: Double, p999: Double) { (self.p50, self.p99, self.p999) = (p50, p99, p999) }
}

/// The line of a script that measures a peer.
package enum PeerLine {
  /// `commits IN-FLIGHT PER-SECOND P50 P99 P99.9 CPU BYTES`: microseconds, and per commit; nil for any other line.
  package static func figures(in line: some StringProtocol) -> CommitsFigures? {
    let words = line.split(separator: " ")
    guard words.count == 8, words[0] == "commits", let inFlight = Int(words[1]) else { return nil }
    let numbers = words[2...].compactMap { Double($0) }
    guard numbers.count == 6, numbers.allSatisfy(\.isFinite) else { return nil }
    return CommitsFigures(
      inFlight: inFlight, commitsPerSecond: numbers[0],
      latencies: CommitLatency(p50: numbers[1] / 1e6, p99: numbers[2] / 1e6, p999: numbers[3] / 1e6),
      nodesProcessor: numbers[4] / 1e6, diskBytes: numbers[5])
  }
}

package enum CommitsTable {
  package static func line(_ figures: CommitsFigures, hasAim: Bool = true) -> String {
    let times = figures.latencies
    var words = String(format: "  %4d in flight  %8.0f/s", figures.inFlight, figures.commitsPerSecond)
    words += "  p50 \(millis(times.p50))  p99 \(millis(times.p99))  p99.9 \(millis(times.p999))"
    if let client = figures.clientProcessor, let nodes = figures.nodesProcessor {
      words += String(format: "  CPU client %.1f + nodes %.1f µs", client * 1e6, nodes * 1e6)
    } else if let nodes = figures.nodesProcessor {
      words += String(format: "  CPU members %.1f µs", nodes * 1e6)
    }
    if let bytes = figures.diskBytes { words += String(format: "  written %.0f bytes", bytes) }
    return words + (hasAim ? aim(figures) : "")
  }

  static func floor(sync: Percentiles, roundTrip: Percentiles) -> String {
    "  fdatasync of 4 KiB  p50 \(millis(sync(50)))  p99 \(millis(sync(99)))\n"
      + "  TCP ping-pong       p50 \(millis(roundTrip(50)))  p99 \(millis(roundTrip(99)))"
  }

  /// Ours beside a peer's with as many in flight.
  package static func comparison(_ ours: CommitsFigures, with peer: CommitsFigures) -> String {
    String(
      format: "                  ours: %.1f x its commits a second, %.2f x its p50",
      ours.commitsPerSecond / peer.commitsPerSecond, ours.latencies.p50 / peer.latencies.p50)
  }

  private static func aim(_ figures: CommitsFigures) -> String {
    guard figures.clientProcessor != nil else { return "" }
    return switch figures.inFlight {
    case 64: "  (aim: at least 28000/s)"
    case 256: "  (aim: at least 45000/s)"
    default: ""
    }
  }

  static func millis(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.2f ms", $0 * 1e3) } ?? "none"
  }
}
