// What replicas of one group say to each other. Pure values; the encoding of the whole is in
// MessageCoding.swift, appends in AppendMessages.swift, snapshots in SnapshotMessages.swift, who says what and when in
// the files named after the subject.

/// One message from one replica to another of the same group.
public struct Message: Equatable, Sendable {
  public let from: ReplicaID
  public let to: ReplicaID
  /// The sender's term, except that `preVote` and a granted `preVoteReply` carry the term the
  /// pre-candidate would campaign in.
  public let term: Term
  public let body: Body

  public init(from: ReplicaID, to: ReplicaID, term: Term, body: Body) {
    self.from = from
    self.to = to
    self.term = term
    self.body = body
  }
}

/// The kinds of message.
public enum Body: Equatable, Sendable {
  /// Would you vote for me? Changes nothing at the receiver (dissertation, 9.6).
  case preVote(lastIndex: LogIndex, lastTerm: Term)
  case preVoteReply(granted: Bool)
  /// `transfer`: the leader asked for this election, so a live leader is no reason to refuse. `nonce` names the
  /// candidate's start; 0 if it has none.
  case vote(lastIndex: LogIndex, lastTerm: Term, transfer: Bool, nonce: UInt64 = 0)
  /// `nonce` is that of the request: votes for the log of an earlier start do not count.
  case voteReply(granted: Bool, nonce: UInt64 = 0)
  case append(Append)
  case appendReply(AppendReply)
  /// `commit` never exceeds what the leader knows the receiver to hold. `compactable`: see Witness.swift.
  case heartbeat(commit: LogIndex, round: UInt64, compactable: LogIndex = 0)
  /// `checkpoint`: what the sender has made durable of its state. `commit`: its commit index, in quiet groups.
  case heartbeatReply(round: UInt64, checkpoint: LogIndex = 0, commit: LogIndex = 0)
  /// The leader asks the receiver to campaign at once (dissertation, 3.10).
  case timeoutNow
  /// A part of a snapshot, from the leader.
  case snapshot(SnapshotChunk)
  case snapshotReply(SnapshotReply)
  /// What do you know of my past? From a replica that may not vote yet, in its life `nonce`, whose log ends at
  /// `lastIndex`. `isDoubtful`: something that it had acknowledged may be missing.
  case confirm(nonce: UInt64, lastIndex: LogIndex, isDoubtful: Bool = false)
  case confirmReply(ConfirmReply)
}

/// The answer to `confirm`: what the sender has on stable storage. Its term is the message's.
public struct ConfirmReply: Equatable, Sendable {
  /// That of the question.
  public let nonce: UInt64
  public let lastIndex: LogIndex
  public let lastTerm: Term
  /// As the leader, the most that the sender has seen the asker acknowledge in this term; else 0.
  public let acknowledged: LogIndex
  /// The asker's past before this index no longer matters, says the leader: a majority of others holds this entry, which
  /// is of the leader's term and was appended after the question. 0 if there is none.
  public let covered: LogIndex
  /// The members, learners included, of the sender's membership at its commit index and of all later ones in its log.
  public let members: [ReplicaID]

  public init(
    nonce: UInt64, lastIndex: LogIndex, lastTerm: Term, acknowledged: LogIndex = 0, covered: LogIndex = 0,
    members: [ReplicaID] = []
  ) {
    self.nonce = nonce
    self.lastIndex = lastIndex
    self.lastTerm = lastTerm
    self.acknowledged = acknowledged
    self.covered = covered
    self.members = members
  }
}

extension ConfirmReply: Codable {
  private enum CodingKeys: Int, CodingKey {
    case nonce = 0
    case lastIndex = 1
    case lastTerm = 2
    case acknowledged = 3
    case covered = 4
    case members = 5
  }
}
