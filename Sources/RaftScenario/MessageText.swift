// Messages, entries and memberships as text, as etcd's scripts write them. Pure functions.
import Raft

/// The type's name: etcd's where it has the message.
func typeName(_ body: Body) -> String {
  switch body {
  case .preVote: "MsgPreVote"
  case .preVoteReply: "MsgPreVoteResp"
  case .vote: "MsgVote"
  case .voteReply: "MsgVoteResp"
  case .append: "MsgApp"
  case .appendReply: "MsgAppResp"
  case .heartbeat: "MsgHeartbeat"
  case .heartbeatReply: "MsgHeartbeatResp"
  case .timeoutNow: "MsgTimeoutNow"
  case .snapshot: "MsgSnap"
  case .snapshotReply: "MsgSnapResp"
  case .confirm: "MsgConfirm"
  case .confirmReply: "MsgConfirmResp"
  }
}

/// Every name that `type=` knows.
let messageTypes = [
  "MsgPreVote", "MsgPreVoteResp", "MsgVote", "MsgVoteResp", "MsgApp", "MsgAppResp", "MsgHeartbeat",
  "MsgHeartbeatResp", "MsgTimeoutNow", "MsgSnap", "MsgSnapResp", "MsgConfirm", "MsgConfirmResp",
]

func text(of message: Message) -> String {
  var parts = [
    "\(message.from.rawValue)->\(message.to.rawValue)", typeName(message.body), "Term:\(message.term)",
  ]
  parts.append(contentsOf: fields(of: message.body))
  return parts.joined(separator: " ")
}

private func fields(of body: Body) -> [String] {
  switch body {
  case .preVote(let lastIndex, let lastTerm): ["Log:\(lastTerm)/\(lastIndex)"]
  case .vote(let lastIndex, let lastTerm, let transfer, _):
    ["Log:\(lastTerm)/\(lastIndex)"] + (transfer ? ["Transfer"] : [])
  case .preVoteReply(let granted), .voteReply(let granted, _): granted ? [] : ["Rejected"]
  case .append(let append): fields(of: append)
  case .appendReply(let reply): fields(of: reply)
  case .heartbeat, .heartbeatReply: heartbeatFields(of: body)
  case .timeoutNow: []
  case .snapshot(let chunk):
    [
      "Snapshot: Index:\(chunk.id.index) Term:\(chunk.id.term)", "Offset:\(chunk.offset)",
      "Bytes:\(chunk.bytes.count)",
    ] + (chunk.isLast ? ["Last"] : []) + [text(of: chunk.membership)]
  case .snapshotReply(let reply):
    ["Snapshot: Index:\(reply.id.index) Term:\(reply.id.term)", "Wants:\(reply.offset)"]
  case .confirm, .confirmReply: confirmationFields(of: body)
  }
}

private func fields(of append: Append) -> [String] {
  var parts = ["Log:\(append.prevTerm)/\(append.prevIndex)", "Commit:\(append.commit)"]
  if append.round > 0 { parts.append("Round:\(append.round)") }
  if append.compactable > 0 { parts.append("Compactable:\(append.compactable)") }
  if !append.entries.isEmpty {
    parts.append("Entries:[\(append.entries.map { text(of: $0) }.joined(separator: ", "))]")
  }
  return parts
}

private func fields(of reply: AppendReply) -> [String] {
  var parts: [String] = []
  if let rejection = reply.rejection {
    parts.append("Log:\(rejection.hintTerm)/\(rejection.index) Rejected (Hint: \(rejection.hintIndex))")
  } else {
    parts.append("Log:0/\(reply.match)")
  }
  if reply.round > 0 { parts.append("Round:\(reply.round)") }
  if reply.checkpoint > 0 { parts.append("Checkpoint:\(reply.checkpoint)") }
  return parts
}

/// One entry: term, index and what it carries.
func text(of entry: LogEntry) -> String {
  let place = "\(entry.term)/\(entry.index)"
  switch entry.payload {
  case .empty: return "\(place) EntryNormal \"\""
  case .command(let bytes): return "\(place) EntryNormal \(quoted(bytes))"
  case .membership(let membership): return "\(place) EntryConfChangeV2 \(text(of: membership))"
  }
}

/// A membership in etcd's words: `voters=(1 2)&&(1) learners=(3) autoleave`.
func text(of membership: Membership) -> String {
  var parts = ["voters=\(list(membership.voters))"]
  if membership.isJoint { parts[0] += "&&\(list(membership.outgoing))" }
  if !membership.learners.isEmpty { parts.append("learners=\(list(membership.learners))") }
  if !membership.learnersNext.isEmpty {
    parts.append("learners_next=\(list(membership.learnersNext))")
  }
  if !membership.witnesses.isEmpty { parts.append("witnesses=\(list(membership.witnesses))") }
  if membership.leavesAutomatically { parts.append("autoleave") }
  return parts.joined(separator: " ")
}

func list(_ replicas: [ReplicaID]) -> String {
  "(" + replicas.map { String($0.rawValue) }.joined(separator: " ") + ")"
}

/// Bytes in quotation marks, at most 40 of them; what is not printable ASCII as `\xhh`.
func quoted(_ bytes: [UInt8]) -> String {
  var result = "\""
  for byte in bytes.prefix(40) {
    switch byte {
    case UInt8(ascii: "\""): result += "\\\""
    case UInt8(ascii: "\\"): result += "\\\\"
    case UInt8(ascii: "\n"): result += "\\n"
    case 0x20..<0x7F: result.unicodeScalars.append(Unicode.Scalar(byte))
    default: result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return result + "\"" + (bytes.count > 40 ? "… (\(bytes.count) bytes)" : "")
}

private func heartbeatFields(of body: Body) -> [String] {
  var parts: [String] = []
  switch body {
  case .heartbeat(let commit, let round, let compactable):
    parts.append("Commit:\(commit)")
    if round > 0 { parts.append("Round:\(round)") }
    if compactable > 0 { parts.append("Compactable:\(compactable)") }
  case .heartbeatReply(let round, let checkpoint, let commit):
    if round > 0 { parts.append("Round:\(round)") }
    if checkpoint > 0 { parts.append("Checkpoint:\(checkpoint)") }
    if commit > 0 { parts.append("Commit:\(commit)") }
  default: break
  }
  return parts
}

private func confirmationFields(of body: Body) -> [String] {
  switch body {
  case .confirm(_, let lastIndex, let isDoubtful):
    ["Log:\(lastIndex)"] + (isDoubtful ? ["Doubtful"] : [])
  case .confirmReply(let reply):
    ["Log:\(reply.lastTerm)/\(reply.lastIndex)"]
      + (reply.acknowledged > 0 ? ["Acknowledged:\(reply.acknowledged)"] : [])
      + (reply.covered > 0 ? ["Covered:\(reply.covered)"] : [])
  default: []
  }
}
