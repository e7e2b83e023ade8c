// What of the log and the hard state is on disk, on its way there, or only in memory. A pure value.

import DequeModule

/// Writes are asynchronous and in order. A truncation in memory takes effect here at once: what was
/// on its way for the truncated part no longer counts when it arrives.
package struct PersistenceLedger: Sendable {
  private struct InFlight: Sendable {
    let token: PersistToken
    let hardState: HardState
    /// The log is the one in memory up to here once this is written.
    var lastIndex: LogIndex
  }

  /// The hard state on disk. Only `term` and `vote` are relied on.
  package private(set) var durable: HardState
  /// The log in memory is on disk up to here. Below the base while a snapshot's base is on its way.
  package private(set) var stableIndex: LogIndex
  /// The log in memory is on disk up to here once all requests are written.
  package private(set) var requestedIndex: LogIndex

  private var requestedHardState: HardState
  private var base: LogBase?
  private var resetsLog = false
  private var truncateFrom: LogIndex?
  private var lastToken = PersistToken(rawValue: 0)
  private var inFlight = Deque<InFlight>()

  package init(hardState: HardState, lastIndex: LogIndex) {
    durable = hardState
    requestedHardState = hardState
    stableIndex = lastIndex
    requestedIndex = lastIndex
  }

  /// Requests issued and not yet persisted.
  package var inFlightCount: Int { inFlight.count }

  package func isDurable(term: Term, vote: ReplicaID?) -> Bool {
    durable.term == term && durable.vote == vote
  }

  /// The log in memory was truncated: entries from `index` on are gone.
  package mutating func truncated(from index: LogIndex) {
    guard index <= requestedIndex else { return }
    truncateFrom = min(index, truncateFrom ?? index)
    requestedIndex = index - 1
    forget(after: index - 1)
  }

  /// The log in memory begins after `base` now. All of what was dropped is stable.
  package mutating func compacted(to base: LogBase) {
    self.base = base
  }

  /// The log in memory is empty after `base`. Until that is written, only what was committed, up to `index`, counts of
  /// what is on disk or on its way there.
  package mutating func reset(to base: LogBase, keeping index: LogIndex) {
    self.base = base
    resetsLog = true
    truncateFrom = nil
    requestedIndex = base.index
    forget(after: index)
  }

  private mutating func forget(after index: LogIndex) {
    stableIndex = min(stableIndex, index)
    for position in inFlight.indices {
      inFlight[position].lastIndex = min(inFlight[position].lastIndex, index)
    }
  }

  /// The next write, or nil if only the commit hint changed or nothing did.
  package mutating func nextRequest(hardState: HardState, log: RaftLog) -> PersistRequest? {
    let changed =
      hardState.term != requestedHardState.term || hardState.vote != requestedHardState.vote
      || hardState.doubt != requestedHardState.doubt
    let grown = log.lastIndex > requestedIndex
    guard changed || grown || truncateFrom != nil || base != nil else { return nil }
    lastToken = PersistToken(rawValue: lastToken.rawValue + 1)
    let request = PersistRequest(
      token: lastToken,
      base: base,
      resetsLog: resetsLog,
      hardState: hardState == requestedHardState ? nil : hardState,
      truncateFrom: truncateFrom,
      entries: grown ? log.entries(in: requestedIndex + 1...log.lastIndex) : [])
    base = nil
    resetsLog = false
    truncateFrom = nil
    requestedIndex = log.lastIndex
    requestedHardState = hardState
    inFlight.append(
      InFlight(token: lastToken, hardState: hardState, lastIndex: log.lastIndex))
    return request
  }

  /// Everything up to `token` is on stable storage.
  package mutating func persisted(upTo token: PersistToken) {
    while let first = inFlight.first, first.token <= token {
      durable = first.hardState
      stableIndex = max(stableIndex, first.lastIndex)
      inFlight.removeFirst()
    }
  }
}
