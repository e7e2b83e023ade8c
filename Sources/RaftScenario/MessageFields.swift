// A message's content under the names that `--json` has for all types. Pure values.
import Raft

/// The fields of etcd's messages; what they have no place for is in `extra`.
struct MessageFields {
  var logTerm: Term = 0
  var index: LogIndex = 0
  var commit: LogIndex = 0
  var entries: [LogEntry] = []
  var reject = false
  var hint: LogIndex = 0
  var extra: [(String, JSON)] = []

  mutating func read(_ body: Body) {
    switch body {
    case .preVote(let lastIndex, let lastTerm):
      (index, logTerm) = (lastIndex, lastTerm)
    case .vote(let lastIndex, let lastTerm, let transfer, let nonce):
      (index, logTerm) = (lastIndex, lastTerm)
      extra = [("transfer", .bool(transfer)), ("nonce", .string(String(nonce)))]
    case .preVoteReply(let granted): reject = !granted
    case .voteReply(let granted, let nonce):
      reject = !granted
      extra = [("nonce", .string(String(nonce)))]
    case .append(let append): read(append)
    case .appendReply(let reply): read(reply)
    case .heartbeat(let commit, let round, let compactable):
      self.commit = commit
      extra = [("round", .number(round)), ("compactable", .number(compactable))]
    case .heartbeatReply(let round, let checkpoint, let commit):
      self.commit = commit
      extra = [("round", .number(round)), ("checkpoint", .number(checkpoint))]
    case .timeoutNow: break
    case .snapshot(let chunk): read(chunk)
    case .snapshotReply(let reply):
      (index, logTerm) = (reply.id.index, reply.id.term)
      extra = [("offset", .number(reply.offset))]
    case .confirm(let nonce, let lastIndex, let isDoubtful):
      index = lastIndex
      extra = [("nonce", .string(String(nonce))), ("doubtful", .bool(isDoubtful))]
    case .confirmReply(let reply): read(reply)
    }
  }

  private mutating func read(_ append: Append) {
    (index, logTerm, commit) = (append.prevIndex, append.prevTerm, append.commit)
    entries = append.entries
    extra = [("round", .number(append.round)), ("compactable", .number(append.compactable))]
  }

  private mutating func read(_ reply: AppendReply) {
    index = reply.match
    if let rejection = reply.rejection {
      (index, logTerm, hint) = (rejection.index, rejection.hintTerm, rejection.hintIndex)
      reject = true
    }
    extra = [("round", .number(reply.round)), ("checkpoint", .number(reply.checkpoint))]
  }

  private mutating func read(_ chunk: SnapshotChunk) {
    (index, logTerm) = (chunk.id.index, chunk.id.term)
    extra = [
      ("offset", .number(chunk.offset)), ("bytes", .number(UInt64(chunk.bytes.count))),
      ("last", .bool(chunk.isLast)), ("membership", json(of: chunk.membership)),
    ]
  }

  /// A nonce is a string, because 64 bits do not fit the numbers of every reader of JSON.
  private mutating func read(_ reply: ConfirmReply) {
    (index, logTerm) = (reply.lastIndex, reply.lastTerm)
    extra = [
      ("nonce", .string(String(reply.nonce))), ("acknowledged", .number(reply.acknowledged)),
      ("covered", .number(reply.covered)),
      ("voters", .array(reply.members.map { .number($0.rawValue) })),
    ]
  }
}
