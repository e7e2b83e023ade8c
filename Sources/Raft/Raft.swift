// One replica of one group: its state, its start and what can be seen of it. A pure value: no I/O,
// clock, threads or logging. What it does is in the file named after the subject: Receiving,
// Ticking, Election, LeaderHint, Liveness, Confirmation, Proposals, MembershipProposals, Replication,
// Following, SnapshotSending, SnapshotReceiving, Commit, Compaction, Witness, ReadConfirmation,
// Transfer, Persistence, Draining.

/// Consensus of one group as a value: feed it events, then `drain()` and carry out the actions.
///
/// Follows Ongaro's dissertation ("Consensus: Bridging Theory and Practice", 2014) and the behavior
/// of etcd's implementation: PreVote, CheckQuorum, ReadIndex-style confirmation, leader transfer,
/// commit by counting entries of the own term only. It guarantees what the dissertation proves,
/// provided that the host writes `persist` requests in order, reports them only when they are on
/// stable storage, and restarts with all that was reported. Messages may be lost, duplicated,
/// delayed and reordered; they must come from the replica they name.
///
/// Where it differs:
/// - A vote request leaves only when the own vote and log are on stable storage. Otherwise a
///   candidate that restarts in the same term could count votes given to a longer log.
/// - Entries are handed out for application only when they are committed and in the own stable
///   log, so that applied state is never ahead of the log that a restart finds.
/// - A prefix of the unpersisted log is acknowledged as soon as it is stable, not per message.
/// - A membership is in force from the moment its entry is appended (dissertation, 4.1), not when it is applied.
/// - A replica that lost its disk, or the end of its log, does not vote until that can do no harm.
/// - Where etcd panics on a message that contradicts committed entries, the message is ignored and
///   `violation` is set.
public struct Raft: Sendable {
  let configuration: Configuration

  var currentTerm: Term
  var vote: ReplicaID?
  var log: RaftLog
  var ledger: PersistenceLedger
  var commit: LogIndex
  /// What of it this replica committed or was told, in an earlier life too, and not only what its host's state shows.
  var heardCommit: LogIndex
  var applied: LogIndex

  var currentRole = Role.follower
  var knownLeader: ReplicaID?

  var jitter: ElectionJitter
  /// Ticks since the leader was heard, a vote was granted or a campaign began; at the leader, since
  /// the last CheckQuorum.
  var electionElapsed = 0
  /// When `electionElapsed` reaches this, a replica that is not the leader asks for an election.
  var electionTimeout = 0
  /// How often this replica has asked for an election since it last knew a leader.
  var campaigns = 0
  /// The leader was reported gone and no other is known: ask again sooner than after a timeout.
  var isHinted = false
  var tally = VoteTally()
  /// Vote requests and at most one granted vote of the current term, until the vote is durable.
  var heldVotes: [Message] = []

  /// Follower: what the leader is owed.
  var acknowledgment: Acknowledgment?

  /// What is known of the past before this start.
  var confirmation: Confirmation
  /// What others asked about theirs.
  var questions: [Question] = []
  /// Applied up to here when it started; more than the log holds if the log lost its end.
  let appliedAtStart: LogIndex

  /// Follower: a snapshot that the host is staging or installing.
  var staging: SnapshotStaging?
  /// The host's own durable state, and what all data voters have.
  var checkpoint: LogIndex = 0
  var compactable: LogIndex = 0

  /// Follower: who asked for a PreVote and was refused only because this replica heard its leader.
  var earlyPreVote: Message?

  /// Leader: all other members, ascending. Empty otherwise.
  var peers: [Progress] = []
  var heartbeatElapsed = 0
  var uncommittedBytes = 0
  var reads = ReadQueue()
  var transfer: Transfer?
  var handover = Handover()

  /// The host could not serve if this replica led: it asks for an election later than the others do. It still does, because
  /// it may be the only one whose log is long enough; it is then to be handed on.
  public var isReluctant = false {
    didSet {
      if isReluctant, !oldValue { electionTimeout += reluctantTicks }
    }
  }

  /// Snapshot work for the host.
  var hostRequests: [Action] = []
  var outbox: [Message] = []
  var announced: Announcement

  /// What contradicted this replica's committed or acknowledged entries, if anything did. The
  /// replica or a peer has lost or changed data it had confirmed: quarantine the partition.
  public internal(set) var violation: String?

  /// A replica as it was left: new (all defaults, empty log) or from disk.
  ///
  /// - Parameters:
  ///   - hardState: the last one persisted.
  ///   - log: all persisted entries after `base`, in order.
  ///   - base: the last one persisted; nil if none was.
  ///   - applied: the host's state contains the effects up to here; `apply` starts after it.
  ///   - start: what the host found in its files. What `hardState` says about it weighs more.
  public init(
    configuration: Configuration,
    hardState: HardState,
    log entries: [LogEntry],
    base: LogBase? = nil,
    applied: LogIndex = 0,
    start: StartKind = .confirmed
  ) {
    let configuration = configuration.sanitized
    self.configuration = configuration
    let base =
      base
      ?? LogBase(
        index: 0, term: 0,
        membership: Membership(voters: configuration.voters, witnesses: configuration.witnesses))
    log = RaftLog(entries: entries, base: base)
    ledger = PersistenceLedger(hardState: hardState, lastIndex: log.lastIndex)
    currentTerm = max(hardState.term, log.lastTerm)
    vote = hardState.term < log.lastTerm ? nil : hardState.vote
    self.applied = max(applied, base.index)
    appliedAtStart = self.applied
    jitter = ElectionJitter(seed: configuration.seed, id: configuration.id)
    confirmation = Confirmation(
      kind: Self.startKind(start, hardState: hardState, configuration: configuration, log: log),
      nonce: jitter.nonce(), lastIndex: log.lastIndex)
    // A damaged log may hold other entries below what was applied.
    let known = confirmation.kind == .doubtful ? hardState.commit : max(hardState.commit, applied)
    commit = min(max(known, base.index), log.lastIndex)
    heardCommit = min(max(hardState.commit, base.index), log.lastIndex)
    announced = Announcement(role: .follower, term: currentTerm, leader: nil)
    if log.lastIndex != base.index + LogIndex(entries.count) {
      violation = "the stored log has a gap or a falling term after index \(log.lastIndex)"
    } else if confirmation.kind != .doubtful, max(hardState.commit, applied) > log.lastIndex {
      violation =
        "the stored log ends at \(log.lastIndex), before committed or applied index "
        + "\(max(hardState.commit, applied))"
    }
    resetElectionTimer()
  }

  /// What is in question, given what an earlier start left open. Confirmation.swift has the rules.
  private static func startKind(
    _ start: StartKind, hardState: HardState, configuration: Configuration, log: RaftLog
  ) -> StartKind {
    var kind = start
    if hardState.doubt == .damaged { kind = .doubtful }
    if hardState.doubt == .new, log.lastIndex == 0, kind != .doubtful { kind = .new }
    if hardState.doubt == .new, log.lastIndex > 0 { kind = .doubtful }
    let hasPast = hardState != HardState() || log.lastIndex > 0
    if kind == .new, !hasPast, !configuration.voters.contains(configuration.id) { kind = .confirmed }
    // Nobody to ask: it is the only voter, and where the end of the log may be missing the only member, or its intact
    // log has not even a first entry.
    let isAlone =
      kind == .doubtful
      ? log.members(from: min(hardState.commit, log.lastIndex)) == [configuration.id]
      : log.membership.allVoters == [configuration.id]
    if isAlone { return .confirmed }
    return kind == .restarted && log.membership.allVoters.isEmpty ? .confirmed : kind
  }
}

// MARK: - Inspection

extension Raft {
  public var id: ReplicaID { configuration.id }
  public var term: Term { currentTerm }
  public var role: Role { currentRole }
  /// The leader of the current term, if known. Itself, at the leader.
  public var leader: ReplicaID? { knownLeader }
  public var commitIndex: LogIndex { commit }
  public var lastIndex: LogIndex { log.lastIndex }
  public var lastTerm: Term { log.lastTerm }
  /// The last index handed out in `apply`, or given at the start.
  public var appliedIndex: LogIndex { applied }
  /// The log is on this replica's stable storage up to here.
  public var stableIndex: LogIndex { ledger.stableIndex }
  /// All voters, ascending; those of both halves while the membership is joint.
  public var voters: [ReplicaID] { membership.allVoters }
  /// What the log begins after.
  public var base: LogBase { log.base }
  /// The membership in force: the latest in the log, committed or not.
  public var membership: Membership { log.membership }
  /// The membership after the entry at `index`; nil if that is compacted away or beyond the end.
  public func membership(at index: LogIndex) -> Membership? { log.membership(at: index) }
  /// Where leadership is being handed to, at the leader.
  public var transferTarget: ReplicaID? { transfer?.target }
  /// Bytes proposed here and not yet committed, at the leader.
  public var pendingBytes: Int { uncommittedBytes }

  /// What the leader knows of each other member, ascending; empty elsewhere.
  public var progress: [PeerStatus] {
    peers.map {
      PeerStatus(
        id: $0.id, match: $0.match, next: $0.next, isReplicating: $0.mode == .replicate,
        isRecentlyActive: $0.isRecentlyActive, isLearner: !log.membership.isVoter($0.id),
        isInSnapshot: $0.mode == .snapshot, snapshot: $0.snapshot?.id, checkpoint: $0.checkpoint)
    }
  }

  /// The entries of `range` that are in memory.
  public func entries(in range: ClosedRange<LogIndex>) -> [LogEntry] {
    log.entries(in: range)
  }

  /// The term of the entry at `index`; nil if it is beyond the log or compacted away.
  public func term(at index: LogIndex) -> Term? {
    log.term(at: index)
  }
}

/// What a leader knows of one other member.
public struct PeerStatus: Equatable, Sendable {
  public let id: ReplicaID
  /// It holds the log up to here on stable storage.
  public let match: LogIndex
  /// The next entry to send it.
  public let next: LogIndex
  /// Appends are pipelined; otherwise one at a time, until it answers.
  public let isReplicating: Bool
  /// It has answered since the last CheckQuorum.
  public let isRecentlyActive: Bool
  /// It gets the log and does not vote.
  public let isLearner: Bool
  /// It needs a snapshot, because the log no longer has what it lacks.
  public let isInSnapshot: Bool
  /// The snapshot that is on its way to it.
  public let snapshot: SnapshotID?
  /// What it has made durable of its state, as far as this leader has heard.
  public let checkpoint: LogIndex
}
