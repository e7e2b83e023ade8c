// What the host has to do since the last drain, coalesced.

/// What the host was last told about leadership.
struct Announcement: Equatable, Sendable {
  var role: Role
  var term: Term
  var leader: ReplicaID?
}

extension Raft {
  /// Everything to do, in this order: failed reads, a change of role, messages, at most one write,
  /// entries to apply, confirmed reads, snapshots to read or store. Call it after each batch of events: one drain makes one
  /// write and one set of appends out of all proposals before it.
  public mutating func drain() -> [Action] {
    // Before anything tells of the commit index: who hears that a leader's removal is committed relies on it that the
    // leader counts nothing any more, and need not ask it about its past (Confirmation.swift).
    concludeMembership()
    handOver()
    askForConfirmation()
    startReadRound()
    replicate()
    releaseAcknowledgment()
    releaseVotes()

    var actions = reads.takeFailed().map(Action.readFailed)
    let current = Announcement(role: role, term: term, leader: leader)
    if current != announced {
      announced = current
      actions.append(.roleChanged(role: role, term: term, leader: leader))
    }
    actions.append(contentsOf: outbox.map(Action.send))
    outbox.removeAll(keepingCapacity: true)
    if let request = nextPersistRequest() {
      actions.append(.persist(request))
    }
    let entries = takeApplicable()
    if !entries.isEmpty {
      actions.append(.apply(entries))
    }
    actions.append(contentsOf: takeConfirmedReads().map(Action.readConfirmed))
    actions.append(contentsOf: hostRequests)
    hostRequests.removeAll()
    return actions
  }
}
