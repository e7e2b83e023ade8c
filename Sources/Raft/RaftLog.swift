// The log in memory: entries after a base, and the memberships they name. A pure value; what of it is on disk is in
// PersistenceLedger.swift.

import DequeModule
internal import PlantedBugs

/// Entries `base.index + 1 ... lastIndex`, contiguous, terms never falling.
package struct RaftLog: Sendable {
  /// What the log begins after.
  package private(set) var base: LogBase
  /// The majorities of the latest membership.
  package private(set) var quorum: Quorum
  private var entries: Deque<LogEntry>
  /// The memberships of the entries that carry one, ascending.
  private var memberships: [(index: LogIndex, membership: Membership)] = []

  /// Takes the longest well-formed beginning of `entries`; compare `lastIndex` to see whether
  /// that was all.
  package init(entries: [LogEntry], base: LogBase = .empty) {
    self.base = base
    quorum = base.membership.quorum
    self.entries = Deque()
    self.entries.reserveCapacity(entries.count)
    for entry in entries where !append(entry) {
      break
    }
  }

  package var firstIndex: LogIndex { base.index + 1 }
  package var lastIndex: LogIndex { base.index + LogIndex(entries.count) }
  package var lastTerm: Term { entries.last?.term ?? base.term }
  package var end: LogPosition { LogPosition(term: lastTerm, index: lastIndex) }

  /// The membership in force: that of the last entry that carries one, committed or not.
  package var membership: Membership { memberships.last?.membership ?? base.membership }
  /// The index of the entry it came with; the base's, or lower, if none is here.
  package var membershipIndex: LogIndex { memberships.last?.index ?? base.index }

  /// The membership after the entry at `index`, or nil outside of `base.index ... lastIndex`.
  package func membership(at index: LogIndex) -> Membership? {
    guard index >= base.index, index <= lastIndex else { return nil }
    return memberships.last { $0.index <= index }?.membership ?? base.membership
  }

  /// The memberships at `index`, or at the base if that is later, and after it.
  package func memberships(from index: LogIndex) -> [Membership] {
    let first = membership(at: max(index, base.index)) ?? membership
    return [first] + memberships.lazy.filter { $0.index > index }.map(\.membership)
  }

  /// The last membership through `index` that has `replica` among its members; the base's if none has.
  package func membership(of replica: ReplicaID, through index: LogIndex) -> Membership {
    memberships.last { $0.index <= index && $0.membership.isMember(replica) }?.membership ?? base.membership
  }

  /// Everybody whom those name. Ascending.
  package func members(from index: LogIndex) -> [ReplicaID] {
    Set(memberships(from: index).flatMap(\.members)).sorted()
  }

  /// The term at `index`, or nil outside of `base.index ... lastIndex`.
  package func term(at index: LogIndex) -> Term? {
    if index == base.index { return base.term }
    return entry(at: index)?.term
  }

  package func entry(at index: LogIndex) -> LogEntry? {
    guard index > base.index, index <= lastIndex else { return nil }
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
    guard index > base.index, index <= lastIndex else { return [] }
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
    let start = max(index, base.index)
    let end = min(last, lastIndex)
    guard start < end else { return 0 }
    return entries[Int(start - base.index)..<Int(end - base.index)]
      .reduce(0) { $0 + $1.byteCount }
  }

  /// Whether a log that ends like this holds at least as much as ours (paper, 5.4.1).
  package func isUpToDate(lastIndex: LogIndex, lastTerm: Term) -> Bool {
    LogPosition(term: lastTerm, index: lastIndex) >= end
  }

  /// The last index that is at most `index` and whose term is at most `term`, by bisection.
  ///
  /// Where a prefix was compacted it answers `base.index` at the lowest, whatever its term.
  package func lastIndex(notAfter index: LogIndex, termAtMost term: Term) -> LogIndex {
    var low = base.index
    var high = max(base.index, min(index, lastIndex))
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
}

// MARK: - Changes

extension RaftLog {
  /// Appends an entry; false, and nothing done, if it does not follow the last one. Its membership is in force at once.
  @discardableResult
  package mutating func append(_ entry: LogEntry, whateverItsTerm: Bool = false) -> Bool {
    guard entry.index == lastIndex + 1, entry.term >= lastTerm || whateverItsTerm else { return false }
    entries.append(entry)
    if case .membership(let membership) = entry.payload {
      memberships.append((entry.index, membership))
      quorum = membership.quorum
    }
    return true
  }

  /// Drops entries from `index` on; the membership before them is in force again.
  package mutating func truncate(from index: LogIndex) {
    guard index <= lastIndex, lastIndex > base.index else { return }
    let first = max(index, firstIndex)
    entries.removeLast(Int(lastIndex - first + 1))
    guard let last = memberships.last?.index, last >= first, !isPlanted(.keepMembershipOnTruncate) else {
      return
    }
    memberships.removeAll { $0.index >= first }
    quorum = membership.quorum
  }

  /// Drops entries up to and including `index`, which a snapshot now holds. Never beyond the end.
  package mutating func compact(to index: LogIndex) {
    let target = min(index, lastIndex)
    guard target > base.index, let term = term(at: target), let membership = membership(at: target) else {
      return
    }
    entries.removeFirst(Int(target - base.index))
    memberships.removeAll { $0.index <= target }
    base = LogBase(index: target, term: term, membership: membership)
  }

  /// Nothing is left but `base`: a snapshot took the place of the log.
  package mutating func reset(to base: LogBase) {
    self = RaftLog(entries: [], base: base)
  }

  /// Whether the memberships kept beside the entries are theirs.
  var membershipsAreConsistent: Bool {
    var expected: [LogIndex] = []
    for entry in entries {
      if case .membership(let membership) = entry.payload {
        guard membership == self.membership(at: entry.index) else { return false }
        expected.append(entry.index)
      }
    }
    return memberships.map(\.index) == expected && quorum == membership.quorum
  }
}

extension LogBase {
  /// The beginning of everything, without members.
  package static let empty = LogBase(index: 0, term: 0, membership: Membership(voters: []))
}
