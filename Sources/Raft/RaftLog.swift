// The log in memory: entries after a snapshot. A pure value; what of it is on disk is in
// PersistenceLedger.swift.

import DequeModule

/// Entries `snapshotIndex + 1 ... lastIndex`, contiguous, terms never falling.
package struct RaftLog: Sendable {
  /// The last index that only the snapshot holds; 0 without one.
  package private(set) var snapshotIndex: LogIndex
  package private(set) var snapshotTerm: Term
  private var entries: Deque<LogEntry>

  /// Takes the longest well-formed beginning of `entries`; compare `lastIndex` to see whether
  /// that was all.
  package init(entries: [LogEntry], snapshotIndex: LogIndex = 0, snapshotTerm: Term = 0) {
    self.snapshotIndex = snapshotIndex
    self.snapshotTerm = snapshotTerm
    self.entries = Deque()
    self.entries.reserveCapacity(entries.count)
    for entry in entries where !append(entry) {
      break
    }
  }

  package var firstIndex: LogIndex { snapshotIndex + 1 }
  package var lastIndex: LogIndex { snapshotIndex + LogIndex(entries.count) }
  package var lastTerm: Term { entries.last?.term ?? snapshotTerm }

  /// The term at `index`, or nil outside of `snapshotIndex ... lastIndex`.
  package func term(at index: LogIndex) -> Term? {
    if index == snapshotIndex { return snapshotTerm }
    return entry(at: index)?.term
  }

  package func entry(at index: LogIndex) -> LogEntry? {
    guard index > snapshotIndex, index <= lastIndex else { return nil }
    return entries[Int(index - firstIndex)]
  }

  /// The entries of `range` that are here.
  package func entries(in range: ClosedRange<LogIndex>) -> [LogEntry] {
    let lower = max(range.lowerBound, firstIndex)
    let upper = min(range.upperBound, lastIndex)
    guard lower <= upper else { return [] }
    return Array(entries[Int(lower - firstIndex)...Int(upper - firstIndex)])
  }

  /// Entries from `index` on, as many as fit; the first one always does.
  package func entries(from index: LogIndex, maxEntries: Int, maxBytes: Int) -> [LogEntry] {
    guard index > snapshotIndex, index <= lastIndex else { return [] }
    let start = Int(index - firstIndex)
    var end = start
    var bytes = 0
    while end < entries.count, end - start < maxEntries {
      bytes += entries[end].byteCount
      if bytes > maxBytes, end > start { break }
      end += 1
    }
    return Array(entries[start..<end])
  }

  /// Bytes of the entries after `index`, up to and including `last` or the end.
  package func byteCount(after index: LogIndex, through last: LogIndex = .max) -> Int {
    let start = max(index, snapshotIndex)
    let end = min(last, lastIndex)
    guard start < end else { return 0 }
    return entries[Int(start - snapshotIndex)..<Int(end - snapshotIndex)]
      .reduce(0) { $0 + $1.byteCount }
  }

  /// Whether a log that ends like this holds at least as much as ours (paper, 5.4.1).
  package func isUpToDate(lastIndex: LogIndex, lastTerm: Term) -> Bool {
    lastTerm > self.lastTerm || (lastTerm == self.lastTerm && lastIndex >= self.lastIndex)
  }

  /// The last index that is at most `index` and whose term is at most `term`, by bisection.
  ///
  /// Where a prefix was compacted it answers `snapshotIndex` at the lowest, whatever its term.
  package func lastIndex(notAfter index: LogIndex, termAtMost term: Term) -> LogIndex {
    var low = snapshotIndex
    var high = max(snapshotIndex, min(index, lastIndex))
    while low < high {
      let middle = low + (high - low + 1) / 2
      if entries[Int(middle - firstIndex)].term <= term {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return low
  }

  /// Appends an entry; false, and nothing done, if it does not follow the last one.
  @discardableResult
  package mutating func append(_ entry: LogEntry) -> Bool {
    guard entry.index == lastIndex + 1, entry.term >= lastTerm else { return false }
    entries.append(entry)
    return true
  }

  /// Drops entries from `index` on.
  package mutating func truncate(from index: LogIndex) {
    guard index <= lastIndex else { return }
    entries.removeLast(Int(lastIndex - max(index, firstIndex) + 1))
  }

  /// Drops entries up to and including `index`, which a snapshot now holds. Never beyond the end.
  package mutating func compact(to index: LogIndex) {
    let target = min(index, lastIndex)
    guard target > snapshotIndex, let term = term(at: target) else { return }
    entries.removeFirst(Int(target - snapshotIndex))
    snapshotIndex = target
    snapshotTerm = term
  }
}
