// Keeps one misbehaving peer from filling the log. Pure: the time is a parameter.

/// Says whether a line about a subject is due: the first one at once, then one a minute with the count of
/// those left out. Remembers at most `capacity` subjects; strangers who change their address to be logged
/// more often share what is left.
package struct RefusalLog {
  package static let interval: Duration = .seconds(60)
  package static let capacity = 256

  private struct Entry {
    var last: Duration
    var suppressed: Int
  }
  private var entries: [String: Entry] = [:]
  private var overflow: Entry?

  package init() {}

  /// - Returns: nil to stay silent, otherwise how many lines about the subject were left out since the last
  ///   one.
  package mutating func due(_ subject: String, now: Duration) -> Int? {
    if entries[subject] == nil, entries.count >= Self.capacity {
      entries = entries.filter { now - $0.value.last < Self.interval }
    }
    if let entry = entries[subject] {
      let (suppressed, next) = Self.step(entry, now)
      entries[subject] = next
      return suppressed
    }
    if entries.count < Self.capacity {
      entries[subject] = Entry(last: now, suppressed: 0)
      return 0
    }
    guard let entry = overflow else {
      overflow = Entry(last: now, suppressed: 0)
      return 0
    }
    let (suppressed, next) = Self.step(entry, now)
    overflow = next
    return suppressed
  }

  private static func step(_ entry: Entry, _ now: Duration) -> (Int?, Entry) {
    guard now - entry.last >= interval else {
      return (nil, Entry(last: entry.last, suppressed: entry.suppressed + 1))
    }
    return (entry.suppressed, Entry(last: now, suppressed: 0))
  }
}
