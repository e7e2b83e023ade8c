// The leader's side of replication: what followers are sent and what their answers mean.

extension Raft {
  /// The connection to `replica` was made or made again: start over after what it acknowledged.
  public mutating func peerReset(_ replica: ReplicaID) {
    guard let position = position(of: replica) else { return }
    peers[position].reset()
  }

  func position(of replica: ReplicaID) -> Int? {
    peers.firstIndex { $0.id == replica }
  }

  func progress(of replica: ReplicaID) -> Progress? {
    peers.first { $0.id == replica }
  }

  /// Sends every follower what it can take: entries, else the commit index and the round.
  mutating func replicate() {
    guard role == .leader else { return }
    for position in peers.indices {
      let sent = sendAppends(toPeerAt: position)
      readSnapshot(forPeerAt: position)
      let known = min(peers[position].match, commit)
      let hasNews = peers[position].owesRound || known > peers[position].toldCommit
      // A due heartbeat goes out even behind appends: its echo does not wait for a disk.
      if peers[position].owesHeartbeat || (hasNews && !sent) {
        send(
          .heartbeat(commit: known, round: reads.round, compactable: compactable), to: peers[position].id)
        peers[position].toldCommit = max(peers[position].toldCommit, known)
        peers[position].toldCompactable = compactable
      }
      peers[position].owesHeartbeat = false
      peers[position].owesRound = false
    }
  }

  private mutating func sendAppends(toPeerAt position: Int) -> Bool {
    var sent = false
    while peers[position].canSend(
      limit: configuration.maxAppendsInFlight, maxBytes: configuration.maxBytesInFlight)
    {
      let next = peers[position].next
      guard next <= lastIndex else { break }
      guard let prevTerm = log.term(at: next - 1) else {
        peers[position].needsSnapshot()
        break
      }
      let entries = log.entries(
        from: next, maxEntries: configuration.maxEntriesPerAppend,
        maxBytes: configuration.maxBytesPerAppend)
      guard let last = entries.last?.index else { break }
      let append = Append(
        prevIndex: next - 1, prevTerm: prevTerm, commit: commit, round: reads.round,
        entries: entries, compactable: compactable)
      send(.append(append), to: peers[position].id)
      if peers[position].mode == .replicate {
        peers[position].toldCommit = max(peers[position].toldCommit, min(last, commit))
      }
      peers[position].sent(upTo: last, bytes: entries.reduce(0) { $0 + $1.byteCount })
      sent = true
    }
    return sent
  }

  mutating func handleAppendReply(_ reply: AppendReply, from replica: ReplicaID) {
    guard role == .leader, let position = position(of: replica) else { return }
    guard reply.match <= lastIndex else {
      report("\(replica) acknowledged index \(reply.match), beyond the leader's \(lastIndex)")
      return
    }
    peers[position].echoed(round: reply.round)
    peers[position].told(checkpoint: reply.checkpoint, commit: 0)
    if let rejection = reply.rejection {
      // Below the base a snapshot is needed: no use in trying what follows the base.
      let guess =
        rejection.hintIndex < log.base.index
        ? log.base.index - 1 : log.lastIndex(notAfter: rejection.hintIndex, termAtMost: rejection.hintTerm)
      peers[position].rejected(at: rejection.index, guess: guess)
    } else {
      peers[position].acknowledged(reply.match, base: log.base.index)
      advanceCommit()
      continueTransfer(at: replica)
    }
    advanceCompactable()
  }

  mutating func handleHeartbeatReply(
    round: UInt64, checkpoint: LogIndex, commit: LogIndex, from replica: ReplicaID
  ) {
    guard role == .leader, let position = position(of: replica) else { return }
    peers[position].echoed(round: round)
    peers[position].told(checkpoint: checkpoint, commit: commit)
    peers[position].recover()
    advanceCompactable()
  }
}
