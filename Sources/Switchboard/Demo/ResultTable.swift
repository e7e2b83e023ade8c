// The table at the end of a demo. Pure: values in, text out.

/// What is printed when the day is over.
package struct ResultTable: Equatable, Sendable {
  /// The time from the kill of a process to the next acknowledged command, for each partition that it led.
  package struct Failover: Equatable, Sendable {
    package var node: String
    package var milliseconds: [Double]

    package init(node: String, milliseconds: [Double]) {
      self.node = node
      self.milliseconds = milliseconds
    }
  }

  package var title: String
  package var verdict: DemoVerdict
  package var ledger: Ledger
  /// Any node's files, when they agree; the first's otherwise.
  package var files: NodeSnapshot?
  /// Day seconds per real second.
  package var speed: Double
  package var failovers: [Failover]
  package var recorded: RecordedFigures?

  package init(
    title: String, verdict: DemoVerdict, ledger: Ledger, files: NodeSnapshot?, speed: Double,
    failovers: [Failover],
    recorded: RecordedFigures?
  ) {
    self.title = title
    self.verdict = verdict
    self.ledger = ledger
    self.files = files
    self.speed = speed
    self.failovers = failovers
    self.recorded = recorded
  }

  package var text: String {
    var lines = ["", title, ""]
    lines += Self.aligned(rows)
    if let recorded { lines += [""] + comparison(with: recorded) }
    if let haste { lines += ["", haste] }
    lines.append("")
    if verdict.isConserved {
      lines.append("Everything is conserved: the ledger and the files of all nodes agree.")
    } else {
      lines.append("NOT conserved:")
      lines += verdict.violations.prefix(50).map { "  - \($0)" }
      if verdict.violations.count > 50 { lines.append("  - and \(verdict.violations.count - 50) more") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What the cluster adds to every call counts `speed` times in the day: past this many seconds of the day, waits and
  /// abandonments say more about the machine than about the day.
  static let hasteLimit = 20.0

  private var haste: String? {
    guard let median = Percentiles(ledger.answerLatencies)(50), median * speed > Self.hasteLimit else {
      return nil
    }
    return
      "This machine is slow for this speed: answering an offer took \(Self.ms(median * 1_000)) (median), "
      + "\(Self.seconds(median * speed)) of the day. Waits are only comparable at a lower SPEED."
  }

  private var waits: Percentiles { Percentiles((files?.waits ?? []).map { $0 * speed }) }

  private var rows: [[String]] {
    let offers = Percentiles(ledger.offerLatencies.map { $0 * 1_000 })
    var rows: [[String]] = [
      ["arrived", count(files?.interactions.count), "acknowledged to the callers: \(ledger.arrived)"],
      ["answered", count(files?.answered), "acknowledged to the agents: \(ledger.answered)"],
      [
        "abandoned by their own patience", count(files?.abandoned),
        "acknowledged to the callers: \(ledger.abandoned)",
      ],
      ["still waiting", count(files?.waiting), ""],
      ["lost", "\(verdict.lost)", "must be 0"],
      ["answered twice", "\(verdict.answeredTwice)", "must be 0"],
      ["agents over capacity", "\(verdict.agentsAboveCapacity)", "must be 0"],
    ]
    rows += failovers.map { failover in
      let times = Percentiles(failover.milliseconds)
      return [
        "failover after kill -9 of \(failover.node)", "\(Self.ms(times.max))",
        "slowest of \(times.count) partitions, median \(Self.ms(times(50)))",
      ]
    }
    rows += [
      [
        "wait until answered, p50 / p95", "\(Self.seconds(waits(50))) / \(Self.seconds(waits(95)))",
        "in the day's time",
      ],
      [
        "offer latency, p50 / p99", "\(Self.ms(offers(50))) / \(Self.ms(offers(99)))",
        "real time, from the call to its agent's desktop, \(offers.count) calls that found an agent free",
      ],
    ]
    return rows
  }

  private func comparison(with recorded: RecordedFigures) -> [String] {
    let rows = [
      ["", "here", "in the file"],
      ["answered", count(files?.answered), "\(recorded.answered)"],
      ["abandoned", count(files?.abandoned), "\(recorded.abandoned)"],
      ["mean wait of the answered", Self.seconds(waits.mean), Self.seconds(recorded.meanWaitSeconds)],
    ]
    return Self.aligned(rows) + [
      "The file has \(recorded.calls) calls that day: \(recorded.leftBeforeQueue) hung up before the queue and "
        + "\(recorded.phantoms) phantoms were not replayed.",
      "At this speed, 10 ms of real time count as \((speed / 100).text(1)) s of waiting.",
    ]
  }

  private func count(_ number: Int?) -> String { number.map { "\($0)" } ?? "unknown" }

  private static func ms(_ value: Double?) -> String { value.map { "\($0.text(1)) ms" } ?? "–" }
  private static func seconds(_ value: Double?) -> String { value.map { "\($0.text(1)) s" } ?? "–" }

  /// First column to the left, second to the right, the rest as they are.
  static func aligned(_ rows: [[String]]) -> [String] {
    func width(_ column: Int) -> Int { rows.map { $0[column].count }.max() ?? 0 }
    let first = width(0)
    let second = width(1)
    return rows.map { row in
      let left = row[0] + String(repeating: " ", count: first - row[0].count)
      let right = String(repeating: " ", count: second - row[1].count) + row[1]
      let line = "  \(left)   \(right)   \(row[2])"
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
