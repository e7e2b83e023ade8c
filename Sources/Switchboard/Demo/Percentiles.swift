// Percentiles of measured values. Pure.

/// A set of measured values, in order.
package struct Percentiles: Equatable, Sendable {
  private let sorted: [Double]

  package init(_ values: [Double]) { sorted = values.sorted() }

  package var count: Int { sorted.count }
  package var max: Double? { sorted.last }
  package var mean: Double? { sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count) }

  /// The nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed; nil without values.
  package func callAsFunction(_ percent: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
    return sorted[Swift.min(sorted.count, Swift.max(1, rank)) - 1]
  }
}
