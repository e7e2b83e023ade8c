// Partition time: a pure value.

/// A point in a partition's own time: milliseconds since 1970-01-01T00:00Z as the partition counts them.
///
/// It never runs backward within a partition and is what durable timers are measured in (promise P5). It
/// follows the median of the voters' clocks, so it is close to wall-clock time, and never depends on one clock.
public struct PartitionTime: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public var milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.milliseconds < rhs.milliseconds }

  /// This time, later (or earlier) by so many milliseconds; saturates at the ends of `Int64`.
  public func advanced(byMilliseconds delta: Int64) -> PartitionTime {
    let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
    return PartitionTime(milliseconds: overflow ? (delta > 0 ? .max : .min) : sum)
  }

  public var description: String { "\(milliseconds)ms" }

  public init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}
