// The lines that the benchmark of calls prints. Pure.
internal import Foundation

enum CallsTable {
  static func title(tls: Bool) -> String {
    tls ? "Mutual TLS 1.3" : "Without TLS (only this benchmark can do that, and only on loopback)"
  }

  static func header(bytes: Int, allocations: Bool) -> String {
    line(
      [
        "callers", "calls/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/call", "floor/s", "floor p50",
        "of floor",
      ]
        + (allocations ? ["blocks/call"] : []), title: "\(bytes) bytes")
  }

  static func row(_ callers: Int, _ ours: CallsFigures, floor: CallsFigures) -> String {
    line(
      [
        "\(callers)", whole(ours.callsPerSecond), micros(ours.roundTrips(50)), micros(ours.roundTrips(99)),
        micros(ours.roundTrips(99.9)),
        ours.processor.map { "\(micros($0.own)) + \(micros($0.peer))" } ?? "-", whole(floor.callsPerSecond),
        micros(floor.roundTrips(50)),
        String(format: "%.1f%%", 100 * ours.callsPerSecond / max(1, floor.callsPerSecond)),
      ] + (ours.allocations.map { [String(format: "%.1f + %.1f", $0.own, $0.peer)] } ?? []), title: "")
  }

  static func alternated(_ runs: AlternatedRuns) -> String? {
    guard let median = runs.median else { return nil }
    let all = runs.ratios.map { String(format: "%.2f", $0) }.joined(separator: " ")
    return String(
      format: "    one caller, %d runs in turns with raw TCP: p50 %.2f x the floor's (%@; aim: at most 1.2)",
      runs.ratios.count, median, all)
  }

  static func oneWay(_ bytes: Int, _ perSecond: Double) -> String {
    "  one-way, \(bytes) bytes: \(whole(perSecond)) messages/s (aim: at least 1000000)"
  }

  static func heartbeats(_ figures: HeartbeatFigures, callers: Int) -> String {
    func words(_ values: Percentiles) -> String {
      "p50 \(millis(values(50)))  p99 \(millis(values(99)))  max \(millis(values.max))"
    }
    return """
        heartbeats while \(callers) callers and a snapshot fill the link (\(whole(figures.calls.callsPerSecond)) calls/s, \
      \(whole(figures.bulkBytesPerSecond / 1_048_576)) MiB/s of bulk\(figures.pauses == 0 ? "" : ", which paused \(figures.pauses) times"))
          one way, from sent to delivered: \(words(figures.delays)) of \(figures.delays.count) of \(figures.sent) (aim: p99 below 5 ms)
          sent later than due:             \(words(figures.lateness))
      """
  }

  private static let widths = [9, 10, 9, 9, 10, 15, 10, 11, 10, 15]

  private static func line(_ cells: [String], title: String) -> String {
    zip(cells, widths).reduce(title.padding(toLength: 12, withPad: " ", startingAt: 0)) { line, cell in
      line + String(repeating: " ", count: max(1, cell.1 - cell.0.count)) + cell.0
    }
  }

  private static func whole(_ number: Double) -> String { String(format: "%.0f", number) }

  private static func micros(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.1f", $0 * 1e6) } ?? "-"
  }

  private static func millis(_ seconds: Double?) -> String {
    seconds.map { String(format: "%.2f ms", $0 * 1e3) } ?? "-"
  }
}
