// The leader's side of snapshots: one chunk under way per follower, read by the host, repeated like an append. Commits go
// on meanwhile.

/// A snapshot on its way to one follower. A pure value.
struct SnapshotTransfer: Equatable, Sendable {
  enum Stage: Equatable, Sendable {
    /// The host has to be asked.
    case wanted
    /// The host is reading.
    case reading
    /// The chunk that ends at `end` is under way.
    case sent(end: UInt64)
    /// The host had nothing; it is asked again in so many ticks.
    case unavailable(ticks: Int)
  }

  /// Nil: whatever is the latest.
  var id: SnapshotID?
  var offset: UInt64 = 0
  var stage = Stage.wanted

  /// What is under way may be lost, and a host that is reading may have forgotten it: read it again.
  mutating func startOver() {
    stage = .wanted
  }

  /// The host has nothing to go on with.
  mutating func unavailable(for ticks: Int) {
    self = SnapshotTransfer(stage: .unavailable(ticks: ticks))
  }

  mutating func tick() {
    guard case .unavailable(let ticks) = stage else { return }
    stage = ticks > 1 ? .unavailable(ticks: ticks - 1) : .wanted
  }

  /// The follower wants `offset` next. An answer to the chunk before the one under way is a duplicate: acting on it
  /// would send that twice, and so on for ever. No chunk is before the first: that one was refused. It is read again after
  /// `pause` ticks, since a host without room for it will refuse it again.
  mutating func wants(_ reply: SnapshotReply, pause: Int) -> Bool {
    guard case .sent = stage, reply.id == id else { return false }
    if reply.offset == 0, offset == 0 {
      unavailable(for: pause)
      return true
    }
    guard reply.offset != offset else { return false }
    offset = reply.offset
    stage = .wanted
    return true
  }
}

extension Raft {
  /// The host's answer to `readSnapshot`: the bytes that were asked for, or the beginning of its latest snapshot. Ignored
  /// if they are no longer wanted. A snapshot that ends below the log's base, or beyond what is applied, counts as none.
  public mutating func snapshotRead(_ chunk: SnapshotChunk, for replica: ReplicaID) {
    guard role == .leader, let position = position(of: replica) else { return }
    guard let transfer = peers[position].snapshot, transfer.stage == .reading else { return }
    let isAsked = transfer.id == chunk.id && transfer.offset == chunk.offset
    guard isAsked || chunk.offset == 0, chunk.isWellFormed(in: term), chunk.id.index <= applied,
      log.term(at: chunk.id.index) == chunk.id.term
    else {
      snapshotUnavailable(for: replica)
      return
    }
    peers[position].sentSnapshot(
      SnapshotTransfer(id: chunk.id, offset: chunk.offset, stage: .sent(end: chunk.end)))
    send(.snapshot(chunk), to: replica)
  }

  /// The host has no snapshot for `replica` now; it is asked again after a heartbeat interval.
  public mutating func snapshotUnavailable(for replica: ReplicaID) {
    guard role == .leader, let position = position(of: replica) else { return }
    guard peers[position].snapshot?.stage == .reading else { return }
    peers[position].snapshot?.unavailable(for: configuration.heartbeatTicks)
  }

  /// Asks the host for what the follower needs next.
  mutating func readSnapshot(forPeerAt position: Int) {
    guard peers[position].snapshot?.stage == .wanted, let transfer = peers[position].snapshot else { return }
    peers[position].snapshot?.stage = .reading
    hostRequests.append(
      .readSnapshot(
        SnapshotRead(
          to: peers[position].id, id: transfer.id, offset: transfer.offset,
          maxBytes: configuration.maxSnapshotChunkBytes)))
  }

  mutating func handleSnapshotReply(_ reply: SnapshotReply, from replica: ReplicaID) {
    guard role == .leader, let position = position(of: replica) else { return }
    peers[position].isRecentlyActive = true
    peers[position].wantsOfSnapshot(reply, pause: configuration.heartbeatTicks)
  }
}
