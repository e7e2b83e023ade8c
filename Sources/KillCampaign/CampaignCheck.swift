// Checks a campaign's history key by key, each as soon as all of its lines are read. Reads the history file.
import Foundation
import HistoryChecker

/// What the checker said of all keys.
package struct CampaignVerdict: Sendable {
  package var linearizableKeys = 0
  package var operations = 0
  /// What cannot be, and where the key's own history was put.
  package var violations: [String] = []
  /// Keys that a limit left undecided.
  package var undecided: [String] = []
  /// Counters whose value at the end contradicts what was acknowledged, counted without the checker.
  package var lost: [String] = []
  package var doubled: [String] = []
  /// Counters that were read at the end; the others cannot be judged.
  package var countersCounted = 0
  /// Keys of any kind that were not read at the end: nobody knows what is in them.
  package var unread: [String] = []
  package var acknowledgedAdds = 0
  package var time: Duration = .zero
  /// The key that took longest.
  package var slowestKey: Duration = .zero
  /// Events held in memory at most.
  package var peakEvents = 0

  package init() {}
}

/// Streams the file: at no time more than the keys in use are in memory, and the final reads.
package struct CampaignCheck {
  private let options: CampaignOptions
  private let counts: CampaignCounts

  package init(options: CampaignOptions, counts: CampaignCounts) {
    self.options = options
    self.counts = counts
  }

  /// - Throws: `CampaignError` if the file cannot be read, `HistoryProblem` or `HistoryError` if it is no history: the
  ///   campaign's own fault.
  package func run() throws -> CampaignVerdict {
    let start = ContinuousClock.now
    var verdict = CampaignVerdict()
    var open: [String: [HistoryRecord]] = [:]
    var events = 0
    var indices: [String: Int] = [:]
    for (index, key) in counts.keys.enumerated() { indices[key.name] = index }
    var reader = try LineReader(path: options.history, length: counts.finalOffset)
    while let line = try reader.next() {
      let record = try HistoryRecord(line: line)
      guard let name = record.key.text, let index = indices[name] else { continue }
      open[name, default: []].append(record)
      events += 1
      verdict.peakEvents = max(verdict.peakEvents, events)
      let final = counts.finalReads[index] ?? []
      if let records = open[name], records.count + final.count == counts.keys[index].lines {
        open[name] = nil
        events -= records.count
        try check(name, records + final, start, &verdict)
      }
    }
    // A key that nobody used in time has nothing but its final read.
    for (index, key) in counts.keys.enumerated() where key.lines == counts.finalReads[index]?.count {
      try check(key.name, counts.finalReads[index] ?? [], start, &verdict)
    }
    for (name, records) in open.sorted(by: { $0.key < $1.key }) {
      verdict.undecided.append("\(name): only \(records.count) of its lines are in the file")
    }
    for key in counts.keys { count(key, &verdict) }
    verdict.time = ContinuousClock.now - start
    return verdict
  }

  private func check(
    _ name: String, _ records: [HistoryRecord], _ start: ContinuousClock.Instant,
    _ verdict: inout CampaignVerdict
  ) throws {
    let left = options.checkTime - (ContinuousClock.now - start)
    let began = ContinuousClock.now
    let report = try HistoryCheck.run(
      records: records, model: .register,
      limits: CheckLimits(time: max(.seconds(1), min(left, .seconds(60))), memory: 1 << 30))
    verdict.slowestKey = max(verdict.slowestKey, ContinuousClock.now - began)
    verdict.operations += report.operations
    switch report.verdict {
    case .ok:
      verdict.linearizableKeys += 1
    case .violated(let violations):
      let file = try keep(name, records)
      let words = violations.flatMap(\.explanation).prefix(12).joined(separator: "\n      ")
      verdict.violations.append("\(name) (its history: \(file))\n      \(words)")
    case .unknown(let shortfalls):
      let file = try keep(name, records)
      let words = shortfalls.map(\.description).joined(separator: "; ")
      verdict.undecided.append("\(words) (its history: \(file))")
    }
  }

  /// The history of one key as a file of its own.
  private func keep(_ name: String, _ records: [HistoryRecord]) throws -> String {
    let path = "\(options.directory)/history-of-\(name).jsonl"
    var file = try HistoryFile(path: path)
    for record in records { file.append(record) }
    if let problem = file.close() { throw problem }
    return path
  }

  /// A counter sees only additions of positive amounts, so its total lies between what was acknowledged and that plus
  /// what is unknown.
  private func count(_ key: KeyRecord, _ verdict: inout CampaignVerdict) {
    guard case .value(let value) = key.finalRead else {
      verdict.unread.append(key.name)
      return
    }
    guard key.kind == .counter else { return }
    verdict.countersCounted += 1
    verdict.acknowledgedAdds += key.acknowledgedAdds
    let total = value ?? 0
    let facts =
      "\(key.name) is \(total) at the end; acknowledged \(key.acknowledgedSum), unknown \(key.unknownSum)"
    if total < key.acknowledgedSum { verdict.lost.append(facts) }
    if total > key.acknowledgedSum + key.unknownSum { verdict.doubled.append(facts) }
  }
}
