// Durations of the last seconds' commits, in fixed memory: a pure value.

/// A histogram of the last ten seconds, one slot per second. A quantile is right within an eighth of its value.
package struct CommitLatencies: Sendable {
  private struct Slot: Sendable {
    /// Which second it counts; nil before it has counted any.
    var second: Int64?
    var counts: [UInt32]
  }

  package static let seconds = 10
  /// Eight buckets for each power of two of nanoseconds.
  private static let perOctave = 8
  private static let buckets = 62 * perOctave

  private var slots = [Slot](
    repeating: Slot(second: nil, counts: Array(repeating: 0, count: buckets)), count: seconds)

  package init() {}

  /// - Parameter milliseconds: now, on a clock that only runs forward.
  package mutating func record(nanoseconds: UInt64, at milliseconds: Int64) {
    let second = milliseconds / 1_000
    let place = Int(second % Int64(Self.seconds))
    if slots[place].second != second {
      slots[place].second = second
      for bucket in slots[place].counts.indices { slots[place].counts[bucket] = 0 }
    }
    slots[place].counts[Self.bucket(of: nanoseconds)] += 1
  }

  /// The commits of the last seconds, the one that runs included.
  /// - Parameter seconds: at most ten.
  package func last(_ seconds: Int = seconds, at milliseconds: Int64) -> Summary {
    let now = milliseconds / 1_000
    var counts = Array(repeating: 0, count: Self.buckets)
    for slot in slots {
      guard let second = slot.second, second <= now, now - second < Int64(min(seconds, Self.seconds)) else {
        continue
      }
      for bucket in counts.indices { counts[bucket] += Int(slot.counts[bucket]) }
    }
    return Summary(counts: counts)
  }

  /// What can be said of some commits.
  package struct Summary: Sendable {
    fileprivate let counts: [Int]
    package let commits: Int

    fileprivate init(counts: [Int]) {
      self.counts = counts
      commits = counts.reduce(0, +)
    }

    /// Nanoseconds that so many percent of the commits took at most; nil without any.
    package func percentile(_ percent: Int) -> UInt64? {
      guard commits > 0 else { return nil }
      let rank = max(1, (commits * min(max(percent, 0), 100) + 99) / 100)
      var seen = 0
      for (bucket, count) in counts.enumerated() {
        seen += count
        if seen >= rank { return CommitLatencies.upperBound(of: bucket) }
      }
      return nil
    }
  }

  private static func bucket(of nanoseconds: UInt64) -> Int {
    guard nanoseconds >= UInt64(perOctave) else { return Int(nanoseconds) }
    let octave = 63 - nanoseconds.leadingZeroBitCount
    // The three bits after the first one.
    let part = Int((nanoseconds >> (octave - 3)) & 7)
    return min((octave - 2) * perOctave + part, buckets - 1)
  }

  /// The largest value that falls into a bucket.
  fileprivate static func upperBound(of bucket: Int) -> UInt64 {
    guard bucket >= perOctave else { return UInt64(bucket) }
    let octave = bucket / perOctave + 2
    let part = UInt64(bucket % perOctave)
    return ((8 + part + 1) << (octave - 3)) - 1
  }
}
