// Partition time on a leader: a pure value.

/// Keeps a partition's time: the last entry's time plus monotonic elapsed time, slewed toward the median of the
/// voters' clocks (promise P5).
///
/// Deviations from a plain clock: it never runs backward; ahead of the median it runs at half speed; behind it by
/// more than `stepMilliseconds` it steps forward, because a median of a majority is not one wrong clock.
package struct PartitionClock: Equatable, Sendable {
  private var time: PartitionTime
  private var monotonic: Int64
  private let stepMilliseconds: Int64
  /// Elapsed milliseconds that slewing has not turned into whole ones yet.
  private var remainder: Int64 = 0

  /// - Parameters:
  ///   - time: the time of the last entry, or 0 for a partition that never had one.
  ///   - monotonic: milliseconds on the host's monotonic clock.
  package init(after time: PartitionTime, monotonic: Int64, stepMilliseconds: Int64 = 50) {
    self.time = time
    self.monotonic = monotonic
    self.stepMilliseconds = stepMilliseconds
  }

  /// The time now, never before what this or an applied record said.
  /// - Parameters:
  ///   - median: the median of a majority of the voters' wall clocks in milliseconds, nil if too few are known.
  package mutating func advance(monotonic now: Int64, median: Int64?) -> PartitionTime {
    let elapsed = max(0, now - monotonic)
    monotonic = max(monotonic, now)
    guard let median else {
      time = time.advanced(byMilliseconds: elapsed)
      return time
    }
    let next = time.advanced(byMilliseconds: elapsed)
    if next.milliseconds > median {
      time = time.advanced(byMilliseconds: slewed(elapsed, by: 2))
    } else if median > next.advanced(byMilliseconds: stepMilliseconds).milliseconds {
      time = PartitionTime(milliseconds: median)
    } else {
      let gained = next.advanced(byMilliseconds: slewed(elapsed, by: 10))
      time = min(PartitionTime(milliseconds: median), gained)
    }
    return time
  }

  private mutating func slewed(_ elapsed: Int64, by divisor: Int64) -> Int64 {
    remainder += elapsed
    defer { remainder %= divisor }
    return remainder / divisor
  }

  /// A record with this time was applied.
  package mutating func observe(_ applied: PartitionTime) {
    time = max(time, applied)
  }
}
