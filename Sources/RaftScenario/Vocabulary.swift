// The commands that there are and what each takes. The reference for users is docs/scenarios.md.

/// Names as in the interaction scripts of etcd-io/raft where it has the command, ours otherwise.
package enum CommandName: String, CaseIterable, Sendable {
  // Nodes.
  case addNodes = "add-nodes"
  case crash
  case restart
  case wipe
  // Clients.
  case propose
  case proposeConfChange = "propose-conf-change"
  case read
  case transferLeadership = "transfer-leadership"
  // Elections and time.
  case campaign
  case tick
  case tickElection = "tick-election"
  case tickHeartbeat = "tick-heartbeat"
  case setRandomizedElectionTimeout = "set-randomized-election-timeout"
  case forgetLeader = "forget-leader"
  case leaderUnreachable = "leader-unreachable"
  case reportUnreachable = "report-unreachable"
  case leaderAlive = "leader-alive"
  case peerAlive = "peer-alive"
  // Running.
  case processReady = "process-ready"
  case stabilize
  // Disks.
  case holdPersist = "hold-persist"
  case persist
  case releasePersist = "release-persist"
  case processAppendThread = "process-append-thread"
  case processApplyThread = "process-apply-thread"
  case compact
  case checkpoint
  // The network.
  case deliverMsgs = "deliver-msgs"
  case dropMsgs = "drop-msgs"
  case reorder
  case duplicate
  case isolate
  case heal
  case sendSnapshot = "send-snapshot"
  // Looking.
  case status
  case raftState = "raft-state"
  case raftLog = "raft-log"
  case content
  case messages
  case logLevel = "log-level"
  case breakpoint = "_breakpoint"
}

/// What a command takes.
struct Shape {
  /// How many positional words.
  let words: ClosedRange<Int>
  let keys: [String]
  /// For messages: how it is written.
  let usage: String
}

private let anyNodes = 0...Limits.nodes

extension CommandName {
  var shape: Shape {
    switch self {
    case .addNodes:
      Shape(words: 1...1, keys: NodeOption.allCases.map(\.rawValue), usage: "N voters=(1,2,3) …")
    case .wipe, .processAppendThread, .processApplyThread:
      Shape(words: 1...1, keys: [], usage: "N")
    case .crash, .forgetLeader, .holdPersist, .releasePersist, .campaign, .tickElection, .tickHeartbeat,
      .processReady:
      Shape(words: 1...Limits.nodes, keys: [], usage: "N …")
    case .restart:
      Shape(words: 1...3, keys: ["lose-writes"], usage: "N [doubtful] [lose-unsynced] [lose-writes=K]")
    case .propose: Shape(words: 1...2, keys: ["times", "size"], usage: "N value [times=K] [size=BYTES]")
    case .proposeConfChange:
      Shape(
        words: 1...64, keys: ["transition", "v1"], usage: "N [transition=auto|implicit|explicit] v4 r2 l5 w6")
    case .read: Shape(words: 1...1, keys: ["times"], usage: "N [times=K]")
    case .transferLeadership: Shape(words: 0...0, keys: ["from", "to"], usage: "from=N to=M")
    case .tick: Shape(words: 1...2, keys: [], usage: "N [ticks]")
    case .setRandomizedElectionTimeout: Shape(words: 1...1, keys: ["timeout"], usage: "N timeout=TICKS")
    case .leaderUnreachable: Shape(words: 1...2, keys: [], usage: "N [leader]")
    case .reportUnreachable, .leaderAlive, .peerAlive, .sendSnapshot:
      Shape(words: 2...2, keys: [], usage: "N M")
    case .stabilize: Shape(words: anyNodes, keys: ["log-level"], usage: "[N …] [log-level=none]")
    case .persist: Shape(words: 1...2, keys: [], usage: "N [writes]")
    case .compact: Shape(words: 2...2, keys: [], usage: "N index")
    case .checkpoint: Shape(words: 1...2, keys: [], usage: "N [index]")
    case .deliverMsgs:
      Shape(
        words: anyNodes, keys: ["drop", "type", "count"], usage: "N … [type=MsgApp] [drop=(M)] [count=K]")
    case .dropMsgs: Shape(words: anyNodes, keys: ["from", "type"], usage: "[N …] [from=(M)] [type=MsgApp]")
    case .reorder, .duplicate: Shape(words: 1...1, keys: ["type"], usage: "N [type=MsgApp]")
    case .isolate, .heal, .status, .raftLog, .content: Shape(words: anyNodes, keys: [], usage: "[N …]")
    case .raftState, .messages, .breakpoint: Shape(words: 0...0, keys: [], usage: "")
    case .logLevel: Shape(words: 1...1, keys: [], usage: "debug|info|warn|error|none")
    }
  }

  /// The command of `line`, its words checked.
  static func command(in source: [String], line: Int) throws(ScriptError) -> Command {
    var words = try splitWords(source.joined(separator: " "), line: line)
    guard let first = words.first, first.key == nil, let word = first.values.first else {
      throw ScriptError(line: line, "a line starts with the name of a command")
    }
    guard
      let name = CommandName(rawValue: word)
        ?? CommandName(rawValue: String(word.dropLast(word.hasSuffix(":") ? 1 : 0)))
    else {
      throw ScriptError(
        line: line, "there is no command \"\(word)\"\(suggestion(for: word, among: allCases.map(\.rawValue)))"
      )
    }
    words.removeFirst()
    let command = Command(line: line, name: name, source: source, arguments: words)
    let shape = name.shape
    for key in words.compactMap(\.key) where !shape.keys.contains(key) {
      let known = shape.keys.isEmpty ? "none" : shape.keys.joined(separator: ", ")
      throw ScriptError(
        line: line,
        "\(name.rawValue) knows no \(key)=\(suggestion(for: key, among: shape.keys)) (known: \(known))")
    }
    guard shape.words.contains(command.words.count) else {
      throw ScriptError(line: line, "it is written: \(name.rawValue) \(shape.usage)")
    }
    return command
  }
}
