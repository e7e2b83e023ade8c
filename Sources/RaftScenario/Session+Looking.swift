// Commands that only look.
import Raft

extension Session {
  mutating func raftState(_ command: Command) {
    for position in nodes.indices {
      print(stateLine(of: nodes[position]))
      touch(position)
    }
  }

  mutating func status(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      touch(position)
      print(stateLine(of: nodes[position]))
      guard let raft = nodes[position].raft else { continue }
      var parts = ["  \(text(of: raft.membership))"]
      if raft.base.index > 0 { parts.append("base=\(raft.base.term)/\(raft.base.index)") }
      if let floor = raft.votingFloor { parts.append("floor=\(floor.term)/\(floor.index)") }
      if raft.compactableIndex > 0 { parts.append("compactable=\(raft.compactableIndex)") }
      if !nodes[position].inFlight.isEmpty {
        parts.append("writes-in-flight=\(nodes[position].inFlight.count)")
      }
      print(parts.joined(separator: " "))
      for line in progressLines(of: raft) { print("  \(line)") }
    }
  }

  mutating func raftLog(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      touch(position)
      guard let raft = nodes[position].raft else { continue }
      if command.words.count != 1 { print("log of \(position + 1):") }
      let first = raft.base.index + 1
      guard first <= raft.lastIndex else {
        print("log is empty: first index=\(first), last index=\(raft.lastIndex)")
        continue
      }
      for entry in raft.entries(in: first...raft.lastIndex) { print(text(of: entry)) }
    }
  }

  /// The values that a node's state machine has taken.
  mutating func content(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      touch(position)
      let values = nodes[position].content.split(separator: UInt8(ascii: "\n"))
      let text = values.map { quoted(Array($0)) }.joined(separator: " ")
      print("\(position + 1): up to \(nodes[position].contentIndex): [\(text)]")
    }
  }

  mutating func listMessages(_ command: Command) {
    if network.messages.isEmpty { print("no messages") }
    for message in network.messages { print(text(of: message)) }
  }

  func logLevel(named word: String, for command: Command) throws(ScriptError) -> LogLevel {
    guard let level = LogLevel(rawValue: word.lowercased()) else {
      throw command.error("a log level is debug, info, warn, error or none, not \"\(word)\"")
    }
    return level
  }
}
