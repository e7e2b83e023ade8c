// What a leader knows of one follower and what is under way to it. A pure value.

import DequeModule

/// Dissertation, 10.2.1; modes as in etcd. A snapshot mode will join them.
struct Progress: Sendable {
  enum Mode: Sendable {
    /// Where the logs part is not known: one append at a time.
    case probe
    /// Appends are pipelined; `next` is ahead of what was acknowledged.
    case replicate
  }

  let id: ReplicaID
  private(set) var match: LogIndex = 0
  private(set) var next: LogIndex
  private(set) var mode = Mode.probe
  /// Answered since the last CheckQuorum.
  var isRecentlyActive = true
  /// It is time for a heartbeat, whatever else is sent.
  var owesHeartbeat = false
  /// A confirmation round started: anything that carries it will do.
  var owesRound = false
  /// The highest commit index it was told and could take.
  var toldCommit: LogIndex = 0
  /// The highest confirmation round it echoed.
  private(set) var round: UInt64 = 0

  /// The last index of each unacknowledged append, ascending.
  private var inFlight = Deque<LogIndex>()
  /// Ticks in which something was under way and nothing came back.
  private var waitedTicks = 0
  /// How long that may last before what is under way counts as lost. It doubles when it was reached,
  /// because a slow disk looks like a loss, and shrinks again with what is answered in time.
  private var patience: Int
  private let patienceRange: ClosedRange<Int>

  /// - Parameters:
  ///   - next: the first entry to try.
  ///   - patience: the shortest and the longest wait for an answer, in ticks.
  init(id: ReplicaID, next: LogIndex, patience range: ClosedRange<Int>) {
    self.id = id
    self.next = next
    patience = range.lowerBound
    patienceRange = range
  }

  func canSend(limit: Int) -> Bool {
    switch mode {
    case .probe: inFlight.isEmpty
    case .replicate: inFlight.count < limit
    }
  }

  mutating func sent(upTo index: LogIndex) {
    if inFlight.isEmpty { waitedTicks = 0 }
    inFlight.append(index)
    if mode == .replicate { next = index + 1 }
  }

  mutating func tick() {
    if !inFlight.isEmpty { waitedTicks += 1 }
  }

  mutating func echoed(round: UInt64) {
    isRecentlyActive = true
    self.round = max(self.round, round)
  }

  /// It holds the log up to `index`.
  mutating func acknowledged(_ index: LogIndex) {
    if index > match || (mode == .probe && index == match) {
      match = index
      waitedTicks = 0
      if mode == .probe {
        mode = .replicate
        next = match + 1
        inFlight.removeAll()
      }
    }
    next = max(next, match + 1)
    while let first = inFlight.first, first <= match {
      inFlight.removeFirst()
      if inFlight.isEmpty { patience = max(patienceRange.lowerBound, patience - 1) }
    }
  }

  /// It refused an append after `index`; try after `guess`. Old refusals are ignored.
  mutating func rejected(at index: LogIndex, guess: LogIndex) {
    switch mode {
    case .probe:
      guard index + 1 == next else { return }
      probe(from: min(index, guess + 1))
    case .replicate:
      guard index > match else { return }
      probe(from: min(index, guess + 1))
    }
  }

  /// It answered a heartbeat: if an append has been unanswered for too long, it was lost.
  mutating func recover() {
    guard !inFlight.isEmpty, waitedTicks >= patience else { return }
    patience = min(patienceRange.upperBound, patience * 2)
    startOver()
  }

  /// The connection is new: what was under way may be lost.
  mutating func reset() {
    startOver()
    owesHeartbeat = true
    toldCommit = 0
  }

  private mutating func startOver() {
    probe(from: mode == .probe ? next : match + 1)
  }

  private mutating func probe(from index: LogIndex) {
    mode = .probe
    next = max(index, match + 1)
    inFlight.removeAll()
    waitedTicks = 0
  }
}
