// What a leader knows of one follower and what is under way to it. A pure value.

import DequeModule

/// Dissertation, 10.2.1; modes as in etcd.
struct Progress: Sendable {
  enum Mode: Sendable {
    /// Where the logs part is not known: one append at a time.
    case probe
    /// Appends are pipelined; `next` is ahead of what was acknowledged.
    case replicate
    /// It needs what the log no longer has: no appends until it has installed a snapshot.
    case snapshot
  }

  private struct InFlight: Sendable {
    let last: LogIndex
    let bytes: Int
  }

  let id: ReplicaID
  private(set) var match: LogIndex = 0
  /// The most it has acknowledged to this leader, whatever it lost since.
  private(set) var highest: LogIndex = 0
  private(set) var next: LogIndex
  private(set) var mode = Mode.probe
  /// Not nil in snapshot mode.
  var snapshot: SnapshotTransfer?
  /// It asks about its past, and something that it had acknowledged may be missing: it cannot campaign.
  var isDoubtful = false
  /// Answered since the last CheckQuorum.
  var isRecentlyActive = true
  /// It is time for a heartbeat, whatever else is sent.
  var owesHeartbeat = false
  /// A confirmation round started: anything that carries it will do.
  var owesRound = false
  /// The highest commit index it was told and could take.
  var toldCommit: LogIndex = 0
  var toldCompactable: LogIndex = 0
  /// The commit index it said it knows; quiet groups only.
  private(set) var knownCommit: LogIndex = 0
  /// What it has made durable of its state, as told to this leader.
  private(set) var checkpoint: LogIndex = 0
  /// The highest confirmation round it echoed.
  private(set) var round: UInt64 = 0

  /// Unacknowledged appends, ascending.
  private var inFlight = Deque<InFlight>()
  private var bytesInFlight = 0
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

  func canSend(limit: Int, maxBytes: Int) -> Bool {
    switch mode {
    case .probe: inFlight.isEmpty
    case .replicate: inFlight.count < limit && bytesInFlight < maxBytes
    case .snapshot: false
    }
  }

  private var isWaiting: Bool {
    if case .sent = snapshot?.stage { return true }
    return !inFlight.isEmpty
  }

  mutating func tick() {
    if isWaiting { waitedTicks += 1 }
    snapshot?.tick()
  }

  /// It answered something else than an append: what it said about itself.
  mutating func told(checkpoint: LogIndex, commit: LogIndex) {
    self.checkpoint = max(self.checkpoint, checkpoint)
    knownCommit = max(knownCommit, commit)
  }

  mutating func echoed(round: UInt64) {
    isRecentlyActive = true
    self.round = max(self.round, round)
  }

  /// It answered a heartbeat: if what is under way has been unanswered for too long, it was lost.
  mutating func recover() {
    guard isWaiting, waitedTicks >= patience else { return }
    patience = min(patienceRange.upperBound, patience * 2)
    startOver()
  }

  /// The connection is new: what was under way may be lost.
  mutating func reset() {
    startOver()
    owesHeartbeat = true
    toldCommit = 0
    toldCompactable = 0
    knownCommit = 0
  }

  /// Its log ends at `index`: what it acknowledged beyond is gone.
  mutating func lost(after index: LogIndex) {
    guard index < match else { return }
    match = index
    toldCommit = 0
    knownCommit = 0
    if mode != .snapshot { probe(from: match + 1) }
  }

  /// Its log is not the one it acknowledged; find out where they part, beginning at `end`.
  mutating func lost(from end: LogIndex) {
    let first = min(match, end) + 1
    match = 0
    toldCommit = 0
    knownCommit = 0
    if mode != .snapshot { probe(from: first) }
  }

  private mutating func startOver() {
    waitedTicks = 0
    if mode == .snapshot {
      snapshot?.startOver()
    } else {
      probe(from: mode == .probe ? next : match + 1)
    }
  }

  private mutating func probe(from index: LogIndex) {
    mode = .probe
    snapshot = nil
    next = max(index, match + 1)
    forgetInFlight()
  }

  private mutating func forgetInFlight() {
    inFlight.removeAll()
    bytesInFlight = 0
    waitedTicks = 0
  }
}

// MARK: - Appends

extension Progress {
  mutating func sent(upTo index: LogIndex, bytes: Int) {
    if inFlight.isEmpty { waitedTicks = 0 }
    inFlight.append(InFlight(last: index, bytes: bytes))
    bytesInFlight += bytes
    if mode == .replicate { next = index + 1 }
  }

  /// It holds the log up to `index`; the leader's log begins after `base`.
  mutating func acknowledged(_ index: LogIndex, base: LogIndex) {
    // In doubt it would acknowledge nothing.
    isDoubtful = false
    highest = max(highest, index)
    if index > match || (mode != .replicate && index == match) {
      match = index
      waitedTicks = 0
      if mode == .probe || (mode == .snapshot && match >= base) {
        let followsProbe = mode == .probe && index + 1 >= next
        mode = .replicate
        snapshot = nil
        if followsProbe, let last = inFlight.last?.last, last > match {
          // What it holds now is where the append under way begins: that will be taken.
          next = last + 1
        } else {
          next = match + 1
          forgetInFlight()
        }
      }
    }
    next = max(next, match + 1)
    while let first = inFlight.first, first.last <= match {
      bytesInFlight -= first.bytes
      inFlight.removeFirst()
      if inFlight.isEmpty { patience = max(patienceRange.lowerBound, patience - 1) }
    }
  }

  /// It refused an append after `index`; try after `guess`. Old refusals are ignored, unless they contradict what it has
  /// acknowledged: that may come from an earlier life of its, delayed, and assuming less is always safe.
  mutating func rejected(at index: LogIndex, guess: LogIndex) {
    guard mode != .snapshot, index > 0 else { return }
    if index <= match {
      lost(from: min(guess, index - 1))
    } else if mode == .replicate || index + 1 == next {
      probe(from: min(index, guess + 1))
    }
  }
}

// MARK: - Snapshots

extension Progress {
  /// It needs entries that are no longer in the log.
  mutating func needsSnapshot() {
    guard mode != .snapshot else { return }
    forgetInFlight()
    mode = .snapshot
    snapshot = SnapshotTransfer()
  }

  mutating func sentSnapshot(_ transfer: SnapshotTransfer) {
    waitedTicks = 0
    snapshot = transfer
  }

  mutating func wantsOfSnapshot(_ reply: SnapshotReply, pause: Int) {
    if snapshot?.wants(reply, pause: pause) == true {
      waitedTicks = 0
      patience = max(patienceRange.lowerBound, patience - 1)
    }
  }
}
