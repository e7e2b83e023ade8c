// One step as a JSON object: what was sent and delivered, and the state of each touched node. The
// names of members are the interface of `--json`: docs/scenarios.md lists them. Pure functions.
import Raft

extension Session {
  /// The object of the step that was recorded since the last one.
  mutating func takeStep(_ command: Command, output: ArraySlice<String>) -> JSON {
    defer { record = StepRecord() }
    let touched = nodes.filter { record.touched.contains($0.id) }
    return .object([
      ("line", .number(UInt64(command.line))),
      ("command", .string(command.text)),
      ("sent", .array(record.sent.map { json(of: $0) })),
      ("delivered", .array(record.delivered.map { json(of: $0) })),
      ("dropped", .array(record.dropped.map { json(of: $0) })),
      ("nodes", .array(touched.map { json(of: $0) })),
      ("output", .array(output.map(JSON.string))),
    ])
  }
}

/// Every message has the first ten members; they are 0, false or empty where the type has no such
/// field. `extra` holds what etcd's messages do not have.
func json(of message: Message) -> JSON {
  var fields = MessageFields()
  fields.read(message.body)
  return .object([
    ("type", .string(typeName(message.body))),
    ("from", .number(message.from.rawValue)),
    ("to", .number(message.to.rawValue)),
    ("term", .number(message.term)),
    ("logTerm", .number(fields.logTerm)),
    ("index", .number(fields.index)),
    ("commit", .number(fields.commit)),
    ("entries", .array(fields.entries.map { json(of: $0) })),
    ("reject", .bool(fields.reject)),
    ("hint", .number(fields.hint)),
    ("extra", .object(fields.extra)),
  ])
}

func json(of entry: LogEntry) -> JSON {
  var members: [(String, JSON)] = [("term", .number(entry.term)), ("index", .number(entry.index))]
  switch entry.payload {
  case .empty: members.append(("type", .string("empty")))
  case .command(let bytes):
    members.append(("type", .string("command")))
    members.append(("value", .string(String(decoding: bytes, as: UTF8.self))))
  case .membership(let membership):
    members.append(("type", .string("membership")))
    members.append(("membership", json(of: membership)))
  }
  return .object(members)
}

func json(of membership: Membership) -> JSON {
  func list(_ replicas: [ReplicaID]) -> JSON { .array(replicas.map { .number($0.rawValue) }) }
  return .object([
    ("voters", list(membership.voters)), ("outgoing", list(membership.outgoing)),
    ("learners", list(membership.learners)), ("learnersNext", list(membership.learnersNext)),
    ("witnesses", list(membership.witnesses)),
    ("autoLeave", .bool(membership.leavesAutomatically)),
  ])
}

func json(of node: Node) -> JSON {
  guard let raft = node.raft else {
    return .object([("id", .number(node.id.rawValue)), ("role", .string("down"))])
  }
  return .object([
    ("id", .number(node.id.rawValue)),
    ("role", .string(roleWord(raft.role))),
    ("term", .number(raft.term)),
    ("vote", .optional(node.vote?.rawValue)),
    ("leader", .optional(raft.leader?.rawValue)),
    ("base", .number(raft.base.index)),
    ("commit", .number(raft.commitIndex)),
    ("applied", .number(raft.appliedIndex)),
    ("lastIndex", .number(raft.lastIndex)),
    ("lastTerm", .number(raft.lastTerm)),
    ("stable", .number(raft.stableIndex)),
    ("confirmed", .bool(raft.isConfirmed)),
    ("membership", json(of: raft.membership)),
    ("progress", .array(raft.progress.map { json(of: $0) })),
    ("content", .string(String(decoding: node.content, as: UTF8.self))),
  ])
}

private func json(of peer: PeerStatus) -> JSON {
  .object([
    ("id", .number(peer.id.rawValue)),
    ("state", .string(modeName(of: peer))),
    ("match", .number(peer.match)),
    ("next", .number(peer.next)),
    ("recentlyActive", .bool(peer.isRecentlyActive)),
  ])
}
