// Commands of the network: delivery and its faults.
import Raft

extension Session {
  mutating func deliverMessages(_ command: Command) throws(ScriptError) {
    let type = try messageType(of: command)
    let limit = try command.size("count") ?? .max
    var dropping: [ReplicaID] = []
    for number in try command.numbers("drop") {
      dropping.append(nodes[try position(of: number, for: command)].id)
    }
    // As in etcd, only the recipients in drop= lose messages.
    for recipient in dropping {
      drop(network.take { $0.to == recipient && matches($0, type) }, because: nil)
    }
    guard !command.words.isEmpty || dropping.isEmpty else { return }
    for position in try positions(for: command) {
      let id = nodes[position].id
      let messages = network.take(atMost: limit) { $0.to == id && matches($0, type) }
      if messages.isEmpty { print("no messages") }
      for message in messages { deliver(message, at: position) }
    }
  }

  mutating func deliver(_ message: Message, at position: Int) {
    let sender = nodes.first { $0.id == message.from }
    guard !nodes[position].isIsolated, sender?.isIsolated != true else {
      drop([message], because: "isolated")
      return
    }
    guard nodes[position].raft != nil else {
      drop([message], because: "\(position + 1) is down")
      return
    }
    print(text(of: message))
    record.delivered.append(message)
    if isFromLeader(message.body) { nodes[position].timeout = nil }
    act(on: position) { $0.receive(message) }
  }

  private mutating func drop(_ messages: [Message], because reason: String?) {
    record.dropped += messages
    for message in messages {
      print("dropped: \(text(of: message))\(reason.map { " (\($0))" } ?? "")")
    }
  }

  /// Loses messages: to the nodes named, or to all; from those in `from=`, or from all.
  mutating func dropMessages(_ command: Command) throws(ScriptError) {
    let type = try messageType(of: command)
    let recipients = try positions(for: command).map { nodes[$0].id }
    let senders = try command.numbers("from").map { ReplicaID(rawValue: $0) }
    let messages = network.take { message in
      recipients.contains(message.to) && (senders.isEmpty || senders.contains(message.from))
        && matches(message, type)
    }
    if messages.isEmpty { print("no messages") }
    drop(messages, because: nil)
  }

  /// The last message to a node comes first.
  mutating func reorder(_ command: Command) throws(ScriptError) {
    let id = nodes[try target(of: command)].id
    let type = try messageType(of: command)
    let count = network.reverse { $0.to == id && matches($0, type) }
    print("\(count) messages in reverse order")
  }

  mutating func duplicate(_ command: Command) throws(ScriptError) {
    let id = nodes[try target(of: command)].id
    let type = try messageType(of: command)
    let copies = network.messages.filter { $0.to == id && matches($0, type) }
    for message in copies {
      guard network.send(message) else {
        throw command.error("\(Limits.messages) messages wait for delivery: deliver or drop some")
      }
    }
    print("\(copies.count) messages twice")
  }

  mutating func isolate(_ command: Command) throws(ScriptError) {
    guard !command.words.isEmpty || command.name == .heal else {
      throw command.error("it is written: isolate N …")
    }
    for position in try positions(for: command) {
      nodes[position].isIsolated = command.name == .isolate
    }
  }

  /// Sends a snapshot of the first node's applied state to the second, whole.
  mutating func sendSnapshot(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let recipient = nodes[try self.position(of: command.number(at: 1) ?? 0, for: command)].id
    guard let snapshot = latestSnapshot(at: position), let term = nodes[position].raft?.term else {
      throw command.error("node \(position + 1) has no snapshot")
    }
    let chunk = chunk(of: snapshot, offset: 0, maxBytes: .max)
    let message = Message(
      from: nodes[position].id, to: recipient, term: term, body: .snapshot(chunk))
    print(text(of: message))
    try send(message, for: command)
  }

  private func messageType(of command: Command) throws(ScriptError) -> String? {
    guard let name = try command.value("type") else { return nil }
    guard messageTypes.contains(name) else {
      throw command.error("there is no message \(name)\(suggestion(for: name, among: messageTypes))")
    }
    return name
  }
}

/// Whether it makes a follower's election timer start anew.
private func isFromLeader(_ body: Body) -> Bool {
  switch body {
  case .append, .heartbeat, .snapshot: true
  default: false
  }
}

private func matches(_ message: Message, _ type: String?) -> Bool {
  type == nil || typeName(message.body) == type
}
