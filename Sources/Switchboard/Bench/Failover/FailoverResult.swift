// What runs of the failover benchmark came to. Pure.
internal import Foundation

/// One run.
package struct FailoverRunResult: Equatable, Sendable {
  package var victim: String
  /// That it led.
  package var partitions: Int
  /// Resident memory of the node at the fault, bytes.
  package var memory = 0
  /// From the fault to the next acknowledged command, of each partition that came back, in order.
  package var seconds: [Double] = []
  package var acknowledged: UInt64 = 0
  package var lost: UInt64 = 0
  /// Executed more often than commands were sent.
  package var surplus: UInt64 = 0

  package init(victim: String, partitions: Int) { (self.victim, self.partitions) = (victim, partitions) }

  package var text: String {
    let times = Percentiles(seconds.map { $0 * 1_000 })
    var words = "\(victim) with \(partitions) partitions and \(memory / 1_000_000) MB"
    words += ": median \((times(50) ?? 0).text(1)) ms, slowest \((times.max ?? 0).text(1)) ms"
    if seconds.count < partitions { words += ", \(partitions - seconds.count) DID NOT COME BACK" }
    if lost > 0 { words += ", \(lost) acknowledged commands LOST" }
    if surplus > 0 { words += ", \(surplus) commands executed TWICE" }
    return words
  }
}

/// All runs of one fault.
package struct FailoverSeriesResult: Equatable, Sendable {
  package private(set) var runs: [FailoverRunResult] = []

  package init() {}

  package mutating func add(_ run: FailoverRunResult) { runs.append(run) }

  package var isGood: Bool {
    runs.allSatisfy { $0.lost == 0 && $0.surplus == 0 && $0.seconds.count == $0.partitions }
  }

  package var text: String {
    let slowest = Percentiles(runs.compactMap(\.seconds.last).map { $0 * 1_000 })
    let all = Percentiles(runs.flatMap(\.seconds).map { $0 * 1_000 })
    let memory = Percentiles(runs.map { Double($0.memory) / 1e6 })
    let missing = runs.reduce(0) { $0 + $1.partitions - $1.seconds.count }
    func line(_ name: String, _ times: Percentiles) -> String {
      "  \(name)   p50 \((times(50) ?? 0).text(1)) ms   max \((times.max ?? 0).text(1)) ms"
    }
    return """
      \(line("slowest partition of a run", slowest))
      \(line("all \(all.count) partitions", all))
        resident memory of the node, median \((memory(50) ?? 0).text(0)) MB; \(missing) partitions did not come back
        \(runs.reduce(0) { $0 + $1.acknowledged }) probes acknowledged, \(runs.reduce(0) { $0 + $1.lost }) of them lost, \
      \(runs.reduce(0) { $0 + $1.surplus }) executed twice
      """
  }
}

/// What the probes of one actor were told, to be compared with what is there at the end.
package struct ProbeCount: Equatable, Sendable {
  package var id: String
  package var acknowledged: UInt64 = 0
  /// Commands of which nobody knows what became.
  package var unknown: UInt64 = 0

  package init(id: String) { self.id = id }

  /// Acknowledged and not there.
  package func lost(of count: UInt64) -> UInt64 { acknowledged > count ? acknowledged - count : 0 }

  /// There, and neither acknowledged nor unknown.
  package func surplus(in count: UInt64) -> UInt64 {
    count > acknowledged + unknown ? count - acknowledged - unknown : 0
  }
}
