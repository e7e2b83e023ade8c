// The demo's lines while it runs: one that is rewritten on a terminal, one every few seconds elsewhere. Writes to stdout.
internal import Foundation
internal import Synchronization

final class Progress: Sendable {
  private let isTerminal: Bool
  /// The length of the line that the next one is written over.
  private let lastLength = Mutex(0)

  init() { isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

  /// Milliseconds between two progress lines.
  var interval: Int { isTerminal ? 500 : 5_000 }

  /// A line that stays.
  func say(_ text: String) { write(text, stays: true) }

  /// A line that the next one replaces, where that is possible.
  func update(_ text: String) { write(text, stays: !isTerminal) }

  private func write(_ text: String, stays: Bool) {
    lastLength.withLock { length in
      var line = text
      if isTerminal {
        if !stays { line = String(line.prefix(columns - 1)) }
        line = "\r" + line + String(repeating: " ", count: max(0, length - line.count))
      }
      length = stays ? 0 : text.count
      FileHandle.standardOutput.write(Data((line + (stays ? "\n" : "")).utf8))
    }
  }

  private var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 100
  }

  /// One line about the day so far.
  static func line(_ ledger: Ledger, day: Double, of plan: DayPlan, onDuty: Int, note: String) -> String {
    let share = plan.lastArrival > 0 ? max(0, min(1, day / plan.lastArrival)) : 1
    let words = [
      "\((share * 100).text(0))% of the day", "arrived \(ledger.arrived) of \(plan.calls.count)",
      "waiting \(ledger.waiting)", "talking \(ledger.talking)", "answered \(ledger.answered)",
      "hung up \(ledger.abandoned)", "agents \(onDuty)",
    ]
    return (words + (note.isEmpty ? [] : [note])).joined(separator: "  ")
  }
}
