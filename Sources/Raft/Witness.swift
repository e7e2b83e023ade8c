// Witnesses: voters that keep term, vote and log and apply nothing. They may win an election, to hand their log on, and
// then lead only until a voter that holds the state has the whole log.
//
// What a witness may forget: it is the log's last refuge for a data voter whose state is behind. So it compacts only below
// what *every* data voter has made durable, as the leader has heard in its leadership and tells in heartbeats and appends.
// That index never becomes wrong: checkpoints do not go back, and a data voter that joins later beside a witness first has
// a state and a log of its own that together reach beyond it (MembershipProposals.swift). Data voters that were there
// before the first witness are held to the same when that one comes.

internal import PlantedBugs

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
  /// Whether this replica keeps the log only, as far as that is settled: its configuration says so, or the last committed
  /// membership that has it among its members. One that is not committed may be taken back, and a data replica that had
  /// passed over entries meanwhile would lack them for good.
  public var isWitness: Bool {
    configuration.witnesses.contains(id) || log.membership(of: id, through: commit).isWitness(id)
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
    let durable = log.membership.dataVoters.map { replica in
      replica == id ? checkpoint : progress(of: replica)?.checkpoint ?? 0
    }
    learnCompactable((isPlanted(.compactAboveCheckpoint) ? durable.max() : durable.min()) ?? 0)
  }

  mutating func learnCompactable(_ index: LogIndex) {
    compactable = max(compactable, min(index, commit))
  }

  /// At a leader that is a witness: tells the next data voter that holds the whole log to campaign.
  mutating func handOver() {
    guard role == .leader, isWitness, transfer == nil, !handover.isWaiting else { return }
    let ready = log.membership.voters.filter { replica in
      guard !log.membership.isWitness(replica), let peer = progress(of: replica) else { return false }
      return peer.match == lastIndex && !peer.isDoubtful
    }
    guard !ready.isEmpty else { return }
    if ready.allSatisfy(handover.tried.contains) { handover.startOver() }
    guard let next = ready.first(where: { !handover.tried.contains($0) }) else { return }
    handover.asked(next)
    send(.timeoutNow, to: next)
  }
}
