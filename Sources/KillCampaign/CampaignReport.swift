// What came of a campaign: the table that is printed, and the exit code. Pure.
import Foundation

/// Everything that was measured and found.
package struct CampaignReport: Sendable {
  package enum Conclusion: Int32, Sendable {
    /// Linearizable, nothing lost.
    case ok = 0
    /// The history has no explanation, or something acknowledged is not there.
    case violated = 1
    /// The checker could not decide all of it, or there was nothing to decide: no kill, or no acknowledgment.
    case undecided = 2
    /// A node ended by itself, did not heal, or gave an answer that no client should see.
    case misbehaved = 4
  }

  package var options: CampaignOptions
  package var counts: CampaignCounts
  package var verdict: CampaignVerdict
  package var kills: Int
  package var restarts: Int
  /// Nodes that ended without being killed.
  package var crashes: [String]
  /// Keys that could not be read at the end.
  package var unread: [String]

  package init(
    options: CampaignOptions, counts: CampaignCounts, verdict: CampaignVerdict, kills: Int, restarts: Int,
    crashes: [String], unread: [String]
  ) {
    self.options = options
    self.counts = counts
    self.verdict = verdict
    self.kills = kills
    self.restarts = restarts
    self.crashes = crashes
    self.unread = unread
  }

  package var conclusion: Conclusion {
    if !verdict.violations.isEmpty || !verdict.lost.isEmpty || !verdict.doubled.isEmpty { return .violated }
    if !crashes.isEmpty || !unread.isEmpty || !verdict.unread.isEmpty || !counts.surprises.isEmpty {
      return .misbehaved
    }
    if !undecided.isEmpty || verdict.linearizableKeys < counts.keys.count { return .undecided }
    return .ok
  }

  /// What the checker left open, and what the campaign never put to the test.
  private var undecided: [String] {
    var undecided = verdict.undecided
    if kills == 0 { undecided.append("no node was killed") }
    if counts.ok == 0 { undecided.append("nothing was acknowledged") }
    return undecided
  }

  package var seconds: Double { Double(counts.nanoseconds) / 1e9 }
  package var operations: Int { counts.operations }

  /// Other operations on the same key that were under way at some moment of an operation, averaged over operations.
  package var overlapPerKey: Double {
    let pairs = counts.keys.reduce(0) { $0 + $1.overlappingPairs }
    return operations > 0 ? 2 * Double(pairs) / Double(operations) : 0
  }

  package var text: String {
    let name = "Three processes under kill -9 every \(options.killEvery), \(options.clients) clients"
    let width = rows.map(\.0.count).max() ?? 0
    var lines = ["", "\(name), seed \(options.seed)", ""]
    lines += rows.map { "  \($0.0.padding(toLength: width, withPad: " ", startingAt: 0))   \($0.1)" }
    for (title, items) in findings where !items.isEmpty {
      lines += ["", "\(title):"] + items.prefix(20).map { "  - \($0)" }
      if items.count > 20 { lines.append("  - and \(items.count - 20) more") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var findings: [(String, [String])] {
    [
      ("NOT LINEARIZABLE", verdict.violations), ("LOST", verdict.lost), ("TWICE", verdict.doubled),
      ("Undecided", undecided), ("Ended without being killed", crashes),
      ("Could not be read at the end", unread), ("Errors that no client should see", counts.surprises),
    ]
  }

  private var rows: [(String, String)] {
    let keyOperations = counts.keys.map { Double($0.invoked) }
    return [
      ("duration", "\(text(seconds, 1)) s"),
      ("kills / restarts", "\(kills) / \(restarts)"),
      ("operations", "\(operations), \(text(Double(operations) / max(seconds, 0.001), 0)) a second"),
      (
        "ok / failed / unknown",
        "\(counts.ok) / \(counts.failed) / \(counts.unknown) (\(text(100 * counts.unknownShare, 2)) % unknown)"
      ),
      ("calls are given up after", patience),
      ("operations under way, average over time", text(counts.overlap.timeAverage, 1)),
      ("operations that overlap one, average", text(counts.overlap.averageOverlap, 1)),
      ("… on the same key", text(overlapPerKey, 1)),
      (
        "longest gap between acknowledgments, any key",
        gaps(counts.gaps.overall) + ", that until \(text(Double(counts.gaps.worst.end) / 1e9, 1)) s"
      ),
      ("… in one slot of \(options.clients / max(1, options.slots)) clients", gaps(counts.gaps.bySlot)),
      (
        "keys",
        "\(counts.keys.count), operations on one: \(text(percentile(keyOperations, 50), 0)) (p50), "
          + "\(text(keyOperations.max() ?? 0, 0)) (max)"
      ),
      ("linearizable", linearizable),
      ("keys found linearizable", "\(verdict.linearizableKeys) of \(counts.keys.count)"),
      (
        "time of the check",
        "\(text(verdict.time / .seconds(1), 1)) s, slowest key "
          + "\(text(verdict.slowestKey / .milliseconds(1), 0)) ms, at most \(verdict.peakEvents) events in memory"
      ),
      (
        "acknowledged and lost",
        "\(verdict.lost.count) of \(verdict.countersCounted) counters (\(verdict.acknowledgedAdds) additions)"
          + (verdict.unread.isEmpty ? "" : "; \(verdict.unread.count) keys were not read and are not judged")
      ),
      ("had their effect twice", "\(verdict.doubled.count) counters"),
      ("history", options.history),
    ]
  }

  private var linearizable: String {
    if !verdict.violations.isEmpty { return "NO" }
    let isComplete = verdict.undecided.isEmpty && verdict.unread.isEmpty
    return isComplete && verdict.linearizableKeys == counts.keys.count ? "yes" : "unknown"
  }

  private var patience: String {
    guard let patience = counts.patience else { return "unknown" }
    return
      "\(text(patience.least, 0)) to \(text(patience.most, 0)) ms, one of eight after \(Patience.patient) ms or more"
  }

  private func gaps(_ nanoseconds: [Int64]) -> String {
    let values = nanoseconds.map { Double($0) / 1e6 }
    guard !values.isEmpty else { return "no kill" }
    return
      "\(text(percentile(values, 50), 0)) ms (p50 over kills), \(text(percentile(values, 90), 0)) (p90), "
      + "\(text(values.max() ?? 0, 0)) (max)"
  }

  /// The nearest rank; 0 without values.
  private func percentile(_ values: [Double], _ percent: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let rank = Int((percent / 100 * Double(values.count)).rounded(.up))
    return values.sorted()[min(values.count, max(1, rank)) - 1]
  }

  private func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
