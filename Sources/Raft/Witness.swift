// Witnesses: voters that keep term, vote and log and apply nothing. They may win an election, to hand their log on, and
// then lead only until a voter that holds the state has the whole log.
//
// What a witness may forget: it is the log's last refuge for a data voter whose state is behind. So it compacts only below
// what *every* data voter has made durable, as the leader has heard in its leadership and tells in heartbeats and appends.
// That index never becomes wrong: checkpoints do not go back, and a data voter that joins later starts from a snapshot or
// a log that others hold.

/// At a leader that is a witness: whom it has asked to take over.
struct Handover: Sendable {
  private(set) var tried: [ReplicaID] = []
  /// Somebody was asked since the last heartbeat interval began.
  private(set) var isWaiting = false

  mutating func asked(_ replica: ReplicaID) {
    tried.append(replica)
    isWaiting = true
  }

  mutating func intervalPassed() {
    isWaiting = false
  }

  mutating func startOver() {
    tried = []
  }
}

extension Raft {
  /// Whether this replica keeps the log only.
  public var isWitness: Bool {
    log.membership.isWitness(id) || configuration.witnesses.contains(id)
  }

  /// Every data voter's state is durable up to here, as far as this replica has heard. Never falls.
  public var compactableIndex: LogIndex { compactable }

  /// The host's state up to `index` is on stable storage.
  public mutating func checkpointed(upTo index: LogIndex) {
    let index = min(index, applied)
    guard index > checkpoint else { return }
    checkpoint = index
    if role == .leader {
      advanceCompactable()
    } else if configuration.quiet, role == .follower, let leader {
      // No heartbeat will ask for it.
      send(heartbeatReply(round: 0), to: leader)
    }
  }

  /// At the leader: what all data voters have made durable.
  mutating func advanceCompactable() {
    // A removal that is not committed may be taken back: the removed one counts until then.
    guard role == .leader, log.membershipIndex <= commit else { return }
    let lowest = log.membership.dataVoters.map { replica in
      replica == id ? checkpoint : progress(of: replica)?.checkpoint ?? 0
    }.min()
    learnCompactable(lowest ?? 0)
  }

  mutating func learnCompactable(_ index: LogIndex) {
    compactable = max(compactable, min(index, commit))
  }

  /// At a leader that is a witness: tells the next data voter that holds the whole log to campaign.
  mutating func handOver() {
    guard role == .leader, isWitness, transfer == nil, !handover.isWaiting else { return }
    let ready = log.membership.voters.filter { replica in
      !log.membership.isWitness(replica) && progress(of: replica)?.match == lastIndex
    }
    guard !ready.isEmpty else { return }
    if ready.allSatisfy(handover.tried.contains) { handover.startOver() }
    guard let next = ready.first(where: { !handover.tried.contains($0) }) else { return }
    handover.asked(next)
    send(.timeoutNow, to: next)
  }
}
