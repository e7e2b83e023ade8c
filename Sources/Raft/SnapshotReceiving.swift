// The follower's side of snapshots: chunks are staged by the host in order; what was staged survives a change of leader.

internal import PlantedBugs

/// A snapshot that the host is staging. A pure value.
struct SnapshotStaging: Equatable, Sendable {
  enum Stage: Equatable, Sendable {
    /// The next chunk may come.
    case ready
    /// The host is staging a chunk.
    case storing
    /// The host has all of it and puts it in the place of the applied state: nothing is applied until it is done.
    case installing
  }

  let id: SnapshotID
  let membership: Membership
  /// The term whose leader began it. Only a later leader may replace it by an older snapshot.
  let term: Term
  /// The next byte wanted.
  var offset: UInt64 = 0
  var stage = Stage.ready
}

extension Raft {
  /// A snapshot is being installed by the host.
  var isInstalling: Bool { staging?.stage == .installing }

  mutating func handleSnapshot(_ chunk: SnapshotChunk, from replica: ReplicaID) {
    guard chunk.isWellFormed(in: term), chunk.membership.defect == nil, follow(replica, round: 0) else {
      return
    }
    let isKnown = chunk.id.index <= commit || log.term(at: chunk.id.index) == chunk.id.term
    if isKnown, !isPlanted(.acceptStaleSnapshot) {
      // What a snapshot holds is committed, and what is committed here is in the leader's log.
      raiseCommit(to: chunk.id.index)
      acknowledgment?.owe(match: commit)
      return
    }
    guard !isInstalling else { return }
    if chunk.id.index <= applied {
      // The state survived a damage of the log and has this already: only the log has to begin after it.
      adopt(LogBase(index: chunk.id.index, term: chunk.id.term, membership: chunk.membership))
      acknowledgment?.owe(match: chunk.id.index)
      return
    }
    if staging?.id != chunk.id {
      guard chunk.offset == 0 else {
        send(.snapshotReply(SnapshotReply(id: chunk.id, offset: 0)), to: replica)
        return
      }
      if let staging, staging.id.index > chunk.id.index, staging.term == term { return }
      staging = SnapshotStaging(id: chunk.id, membership: chunk.membership, term: term)
    }
    guard var current = staging, current.stage == .ready else { return }
    guard chunk.offset == current.offset else {
      send(.snapshotReply(SnapshotReply(id: chunk.id, offset: current.offset)), to: replica)
      return
    }
    current.stage = chunk.isLast ? .installing : .storing
    staging = current
    hostRequests.append(.storeSnapshot(chunk))
  }

  /// The host has staged the bytes up to `offset`; they need not be durable.
  public mutating func snapshotStored(_ snapshot: SnapshotID, upTo offset: UInt64) {
    guard var current = staging, current.id == snapshot, current.stage == .storing else { return }
    current.offset = offset
    current.stage = .ready
    staging = current
    tellStaged(offset)
  }

  /// The host cannot use what it staged: it is damaged, or the host ran out of something. The leader starts over.
  public mutating func snapshotRejected(_ snapshot: SnapshotID) {
    guard staging?.id == snapshot else { return }
    staging = nil
    tellRejected(snapshot)
  }

  /// The host's applied state is this snapshot, and that is durable. The log begins after it; the leader is told when
  /// that is written too.
  public mutating func snapshotInstalled(_ snapshot: SnapshotID) {
    guard let installed = staging, installed.id == snapshot, installed.stage == .installing else { return }
    staging = nil
    let base = LogBase(index: snapshot.index, term: snapshot.term, membership: installed.membership)
    if log.term(at: snapshot.index) == snapshot.term, !isPlanted(.acceptStaleSnapshot) {
      // The entries came in the meantime; what follows them stays.
      raiseCommit(to: snapshot.index)
      applied = max(applied, snapshot.index)
      log.compact(to: snapshot.index)
      ledger.compacted(to: log.base)
    } else if role == .leader {
      report("leads term \(term) without entry \(snapshot.index), which a snapshot holds")
      return
    } else {
      if role != .follower { becomeFollower(term: term, leader: nil) }
      applied = base.index
      adopt(base)
    }
    acknowledgment?.owe(match: snapshot.index)
  }

  /// The log is empty after `base`, which is committed and whose state the host has.
  private mutating func adopt(_ base: LogBase) {
    log.reset(to: base)
    ledger.reset(to: base, keeping: commit)
    commit = base.index
    heardCommit = base.index
  }

  private mutating func tellStaged(_ offset: UInt64) {
    guard role == .follower, let leader, let staging else { return }
    send(.snapshotReply(SnapshotReply(id: staging.id, offset: offset)), to: leader)
  }

  private mutating func tellRejected(_ snapshot: SnapshotID) {
    guard role == .follower, let leader else { return }
    send(.snapshotReply(SnapshotReply(id: snapshot, offset: 0)), to: leader)
  }
}
