// Commands that let nodes work: process-ready and stabilize. A node's host does here what the real
// one does: sends, writes, applies, answers questions about snapshots.
import Raft

extension Session {
  mutating func processReady(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      guard nodes[position].hasReady else {
        print("<empty Ready>")
        continue
      }
      try processReady(position, for: command)
    }
  }

  mutating func stabilize(_ command: Command) throws(ScriptError) {
    let outer = level
    if let word = try command.value("log-level") { level = try logLevel(named: word, for: command) }
    defer { level = outer }
    let selected = try positions(for: command)
    for _ in 0..<Limits.rounds {
      var isQuiet = true
      for position in selected where nodes[position].hasReady {
        isQuiet = false
        print("> \(position + 1) handling Ready")
        try indented { session throws(ScriptError) in
          try session.processReady(position, for: command)
        }
      }
      for position in selected where network.hasMessages(for: nodes[position].id) {
        isQuiet = false
        print("> \(position + 1) receiving messages")
        let id = nodes[position].id
        let messages = network.take { $0.to == id }
        try indented { session throws(ScriptError) in
          for message in messages { session.deliver(message, at: position) }
        }
      }
      if isQuiet { return }
    }
    throw command.error("it did not stabilize in \(Limits.rounds) rounds")
  }

  private mutating func processReady(_ position: Int, for command: Command) throws(ScriptError) {
    let actions = act(on: position) { $0.drain() } ?? []
    for line in readyLines(actions) { print(line) }
    for action in actions {
      switch action {
      case .send(let message): try send(message, for: command)
      case .persist(let request): write(request, at: position)
      case .apply(let entries):
        for entry in entries {
          nodes[position].apply(entry)
          watchState(of: position)
        }
      case .roleChanged: break
      case .readConfirmed(let token): confirmed(token, at: position)
      case .readFailed(let token): nodes[position].reads.removeAll { $0.token == token }
      case .readSnapshot(let read): answer(read, at: position)
      case .storeSnapshot(let chunk): store(chunk, at: position)
      }
    }
  }

  mutating func send(_ message: Message, for command: Command) throws(ScriptError) {
    record.sent.append(message)
    guard network.send(message) else {
      throw command.error("\(Limits.messages) messages wait for delivery: deliver or drop some")
    }
  }

  private mutating func write(_ request: PersistRequest, at position: Int) {
    if let hardState = request.hardState { nodes[position].hardState = hardState }
    if nodes[position].holdsWrites {
      nodes[position].inFlight.append(.log(request))
    } else {
      finish(.log(request), at: position)
    }
  }

  private mutating func store(_ chunk: SnapshotChunk, at position: Int) {
    if nodes[position].holdsWrites {
      nodes[position].inFlight.append(.snapshot(chunk))
    } else {
      finish(.snapshot(chunk), at: position)
    }
  }

  /// A confirmed read sees all that was committed anywhere when it was asked for.
  private mutating func confirmed(_ token: ReadToken, at position: Int) {
    let commit = nodes[position].raft?.commitIndex ?? 0
    for read in nodes[position].reads where read.token == token && read.committed > commit {
      violate(
        "\(position + 1): read \(token.rawValue) was confirmed at commit \(commit), but "
          + "\(read.committed) was committed when it was asked for")
    }
    nodes[position].reads.removeAll { $0.token == token }
  }
}

/// What a node has to do, in etcd's layout. What consensus asked for comes in this order.
private func readyLines(_ actions: [Action]) -> [String] {
  var persist: PersistRequest?
  var role: String?
  var messages: [String] = []
  var committed: [String] = []
  var others: [String] = []
  for action in actions {
    switch action {
    case .send(let message): messages.append(text(of: message))
    case .persist(let request): persist = request
    case .apply(let entries): committed += entries.map { text(of: $0) }
    case .roleChanged(let now, let term, let leader):
      role = "Lead:\(leader?.rawValue ?? 0) State:\(roleName(now)) Term:\(term)"
    case .readConfirmed(let token): others.append("ReadConfirmed: \(token.rawValue)")
    case .readFailed(let token): others.append("ReadFailed: \(token.rawValue)")
    case .readSnapshot(let read):
      let id = read.id.map { "Index:\($0.index) Term:\($0.term) " } ?? ""
      others.append("ReadSnapshot: for \(read.to.rawValue) \(id)Offset:\(read.offset)")
    case .storeSnapshot(let chunk):
      others.append(
        "StoreSnapshot: Index:\(chunk.id.index) Term:\(chunk.id.term) Offset:\(chunk.offset) "
          + "Bytes:\(chunk.bytes.count)\(chunk.isLast ? " Last" : "")")
    }
  }
  var lines = ["Ready MustSync=\(persist != nil):"]
  if let role { lines.append(role) }
  if let persist { lines += persistLines(persist) }
  if !committed.isEmpty { lines += ["CommittedEntries:"] + committed }
  if !messages.isEmpty { lines += ["Messages:"] + messages }
  return lines + others
}

private func persistLines(_ request: PersistRequest) -> [String] {
  var lines: [String] = []
  if let hardState = request.hardState {
    let vote = hardState.vote.map { " Vote:\($0.rawValue)" } ?? ""
    let doubt = hardState.doubt.map { " Doubt:\($0)" } ?? ""
    lines.append("HardState Term:\(hardState.term)\(vote) Commit:\(hardState.commit)\(doubt)")
  }
  if let base = request.base {
    lines.append(
      "Base Index:\(base.index) Term:\(base.term) \(text(of: base.membership))"
        + (request.resetsLog ? " (replaces the log)" : ""))
  }
  if let first = request.truncateFrom { lines.append("Truncate from \(first)") }
  if !request.entries.isEmpty { lines += ["Entries:"] + request.entries.map { text(of: $0) } }
  return lines
}
