// When a node's disk is short of room or too slow to lead: values.

/// Watermarks of a node's disk. The same on every node.
public struct DiskSettings: Equatable, Sendable {
  /// Below so many free bytes there is an alarm; nil for a tenth of the disk, at most 2 GB.
  public var lowBytes: UInt64?
  /// Below so many free bytes the node gives its leaderships to others, and refuses new commands where it leads all the same.
  public var reserveBytes: UInt64 = 256 << 20
  /// A disk is slow when its commits take so many times as long as those of the other nodes…
  public var slowFactor: UInt64 = 8
  /// … and longer than this.
  public var slowMilliseconds: UInt64 = 20

  public init() {}

  /// The bytes below which there is an alarm.
  func low(ofTotal total: UInt64) -> UInt64 {
    lowBytes ?? max(min(total / 10, 2 << 30), reserveBytes)
  }

  /// Commits that take longer than this are slow, beside others that take `reference`. In microseconds.
  func slowLimit(reference: UInt64) -> UInt64 {
    let (product, overflow) = reference.multipliedReportingOverflow(by: slowFactor)
    return max(slowMilliseconds * 1_000, overflow ? .max : product)
  }
}
