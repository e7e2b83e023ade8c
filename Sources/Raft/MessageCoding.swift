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
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    from = try container.decode(ReplicaID.self, forKey: .from)
    to = try container.decode(ReplicaID.self, forKey: .to)
    term = try container.decode(Term.self, forKey: .term)
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
        transfer: try container.decode(Bool.self, forKey: .flag))
    case .voteReply:
      body = .voteReply(granted: try container.decode(Bool.self, forKey: .flag))
    case .append:
      body = .append(try container.decode(Append.self, forKey: .append))
    case .appendReply:
      body = .appendReply(try container.decode(AppendReply.self, forKey: .appendReply))
    case .heartbeat:
      body = .heartbeat(
        commit: try container.decode(LogIndex.self, forKey: .commit),
        round: try container.decode(UInt64.self, forKey: .round))
    case .heartbeatReply:
      body = .heartbeatReply(round: try container.decode(UInt64.self, forKey: .round))
    case .timeoutNow:
      body = .timeoutNow
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(from, forKey: .from)
    try container.encode(to, forKey: .to)
    try container.encode(term, forKey: .term)
    switch body {
    case .preVote(let lastIndex, let lastTerm):
      try container.encode(Kind.preVote, forKey: .kind)
      try container.encode(lastIndex, forKey: .lastIndex)
      try container.encode(lastTerm, forKey: .lastTerm)
    case .preVoteReply(let granted):
      try container.encode(Kind.preVoteReply, forKey: .kind)
      try container.encode(granted, forKey: .flag)
    case .vote(let lastIndex, let lastTerm, let transfer):
      try container.encode(Kind.vote, forKey: .kind)
      try container.encode(lastIndex, forKey: .lastIndex)
      try container.encode(lastTerm, forKey: .lastTerm)
      try container.encode(transfer, forKey: .flag)
    case .voteReply(let granted):
      try container.encode(Kind.voteReply, forKey: .kind)
      try container.encode(granted, forKey: .flag)
    case .append(let append):
      try container.encode(Kind.append, forKey: .kind)
      try container.encode(append, forKey: .append)
    case .appendReply(let reply):
      try container.encode(Kind.appendReply, forKey: .kind)
      try container.encode(reply, forKey: .appendReply)
    case .heartbeat(let commit, let round):
      try container.encode(Kind.heartbeat, forKey: .kind)
      try container.encode(commit, forKey: .commit)
      try container.encode(round, forKey: .round)
    case .heartbeatReply(let round):
      try container.encode(Kind.heartbeatReply, forKey: .kind)
      try container.encode(round, forKey: .round)
    case .timeoutNow:
      try container.encode(Kind.timeoutNow, forKey: .kind)
    }
  }
}
