// The encoding of messages: maps with small integer keys. Touches only the message values.
//
// Keys and kinds are never reused: a receiver skips keys that it does not know and refuses kinds
// that it does not know.

extension Message: Codable {
  private enum CodingKeys: Int, CodingKey {
    case from = 0
    case to = 1
    case term = 2
    case kind = 3
    case lastIndex = 4
    case lastTerm = 5
    case flag = 6
    case commit = 7
    case round = 8
    case append = 9
    case appendReply = 10
    case snapshot = 11
    case snapshotReply = 12
    case compactable = 13
    case checkpoint = 14
    case nonce = 15
    case confirmReply = 16
  }

  private enum Kind: UInt8, Codable {
    case preVote = 1
    case preVoteReply = 2
    case vote = 3
    case voteReply = 4
    case append = 5
    case appendReply = 6
    case heartbeat = 7
    case heartbeatReply = 8
    case timeoutNow = 9
    case snapshot = 10
    case snapshotReply = 11
    case confirm = 12
    case confirmReply = 13
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    from = try container.decode(ReplicaID.self, forKey: .from)
    to = try container.decode(ReplicaID.self, forKey: .to)
    term = try container.decode(Term.self, forKey: .term)
    func number(_ key: CodingKeys) throws -> UInt64 {
      try container.decodeIfPresent(UInt64.self, forKey: key) ?? 0
    }
    switch try container.decode(Kind.self, forKey: .kind) {
    case .preVote:
      body = .preVote(
        lastIndex: try container.decode(LogIndex.self, forKey: .lastIndex),
        lastTerm: try container.decode(Term.self, forKey: .lastTerm))
    case .preVoteReply:
      body = .preVoteReply(granted: try container.decode(Bool.self, forKey: .flag))
    case .vote:
      body = .vote(
        lastIndex: try container.decode(LogIndex.self, forKey: .lastIndex),
        lastTerm: try container.decode(Term.self, forKey: .lastTerm),
        transfer: try container.decode(Bool.self, forKey: .flag), nonce: try number(.nonce))
    case .voteReply:
      body = .voteReply(
        granted: try container.decode(Bool.self, forKey: .flag), nonce: try number(.nonce))
    case .append:
      body = .append(try container.decode(Append.self, forKey: .append))
    case .appendReply:
      body = .appendReply(try container.decode(AppendReply.self, forKey: .appendReply))
    case .heartbeat:
      body = .heartbeat(
        commit: try container.decode(LogIndex.self, forKey: .commit),
        round: try container.decode(UInt64.self, forKey: .round), compactable: try number(.compactable))
    case .heartbeatReply:
      body = .heartbeatReply(
        round: try container.decode(UInt64.self, forKey: .round), checkpoint: try number(.checkpoint),
        commit: try number(.commit))
    case .timeoutNow:
      body = .timeoutNow
    case .snapshot:
      body = .snapshot(try container.decode(SnapshotChunk.self, forKey: .snapshot))
    case .snapshotReply:
      body = .snapshotReply(try container.decode(SnapshotReply.self, forKey: .snapshotReply))
    case .confirm:
      body = .confirm(
        nonce: try container.decode(UInt64.self, forKey: .nonce),
        lastIndex: try container.decode(LogIndex.self, forKey: .lastIndex),
        isDoubtful: try container.decodeIfPresent(Bool.self, forKey: .flag) ?? false)
    case .confirmReply:
      body = .confirmReply(try container.decode(ConfirmReply.self, forKey: .confirmReply))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(from, forKey: .from)
    try container.encode(to, forKey: .to)
    try container.encode(term, forKey: .term)
    // What was added later is left out where it says nothing.
    func encode(_ number: UInt64, _ key: CodingKeys) throws {
      if number > 0 { try container.encode(number, forKey: key) }
    }
    switch body {
    case .preVote(let lastIndex, let lastTerm):
      try container.encode(Kind.preVote, forKey: .kind)
      try container.encode(lastIndex, forKey: .lastIndex)
      try container.encode(lastTerm, forKey: .lastTerm)
    case .preVoteReply(let granted):
      try container.encode(Kind.preVoteReply, forKey: .kind)
      try container.encode(granted, forKey: .flag)
    case .vote(let lastIndex, let lastTerm, let transfer, let nonce):
      try container.encode(Kind.vote, forKey: .kind)
      try container.encode(lastIndex, forKey: .lastIndex)
      try container.encode(lastTerm, forKey: .lastTerm)
      try container.encode(transfer, forKey: .flag)
      try encode(nonce, .nonce)
    case .voteReply(let granted, let nonce):
      try container.encode(Kind.voteReply, forKey: .kind)
      try container.encode(granted, forKey: .flag)
      try encode(nonce, .nonce)
    case .append(let append):
      try container.encode(Kind.append, forKey: .kind)
      try container.encode(append, forKey: .append)
    case .appendReply(let reply):
      try container.encode(Kind.appendReply, forKey: .kind)
      try container.encode(reply, forKey: .appendReply)
    case .heartbeat(let commit, let round, let compactable):
      try container.encode(Kind.heartbeat, forKey: .kind)
      try container.encode(commit, forKey: .commit)
      try container.encode(round, forKey: .round)
      try encode(compactable, .compactable)
    case .heartbeatReply(let round, let checkpoint, let commit):
      try container.encode(Kind.heartbeatReply, forKey: .kind)
      try container.encode(round, forKey: .round)
      try encode(checkpoint, .checkpoint)
      try encode(commit, .commit)
    case .timeoutNow:
      try container.encode(Kind.timeoutNow, forKey: .kind)
    case .snapshot(let chunk):
      try container.encode(Kind.snapshot, forKey: .kind)
      try container.encode(chunk, forKey: .snapshot)
    case .snapshotReply(let reply):
      try container.encode(Kind.snapshotReply, forKey: .kind)
      try container.encode(reply, forKey: .snapshotReply)
    case .confirm(let nonce, let lastIndex, let isDoubtful):
      try container.encode(Kind.confirm, forKey: .kind)
      try container.encode(nonce, forKey: .nonce)
      try container.encode(lastIndex, forKey: .lastIndex)
      if isDoubtful { try container.encode(true, forKey: .flag) }
    case .confirmReply(let reply):
      try container.encode(Kind.confirmReply, forKey: .kind)
      try container.encode(reply, forKey: .confirmReply)
    }
  }
}
