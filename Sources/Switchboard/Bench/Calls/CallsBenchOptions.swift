// What the benchmark of calls may be told beyond numbers, and what it makes of several runs. Pure.
internal import ArgumentParser

/// Whether the links of the benchmark are encrypted.
package enum TLSChoice: String, CaseIterable, Sendable {
  case on, off, both

  /// One after the other, with TLS first.
  package var modes: [Bool] {
    switch self {
    case .on: [true]
    case .off: [false]
    case .both: [true, false]
    }
  }
}

extension TLSChoice: ExpressibleByArgument {}

/// Two measures that were taken in turns, so that a machine that grows slower or faster meanwhile does so for both.
package struct AlternatedRuns: Equatable, Sendable {
  /// Of ours to the floor's, in the order of the runs.
  package let ratios: [Double]

  /// - Parameter runs: positive figures, one pair for each turn.
  package init(_ runs: [(floor: Double, ours: Double)]) { ratios = runs.map { $0.ours / $0.floor } }

  /// The run whose ratio is the median, and of an even number of runs the lower one in the middle; nil without runs.
  package var medianRun: Int? {
    guard !ratios.isEmpty else { return nil }
    return ratios.indices.sorted { (ratios[$0], $0) < (ratios[$1], $1) }[(ratios.count - 1) / 2]
  }

  package var median: Double? { medianRun.map { ratios[$0] } }
}
