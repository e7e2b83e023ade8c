// A run in progress: the nodes, the network between them, and what was printed. A pure value; what
// each command does is in the files named Session+….
import Raft

/// How much is printed.
enum LogLevel: String, CaseIterable, Sendable {
  case debug
  case info
  case warn
  case error
  case none

  /// Whether changes of role, term and membership are told as they happen.
  var tellsChanges: Bool { self == .debug || self == .info }
}

/// What one step did, for `--json`.
struct StepRecord: Sendable {
  var sent: [Message] = []
  var delivered: [Message] = []
  var dropped: [Message] = []
  var touched: [ReplicaID] = []
}

package struct Session: Sendable {
  var nodes: [Node] = []
  var network = Network()
  var monitor = SafetyMonitor()
  var level = LogLevel.debug
  var record = StepRecord()
  var proposedBytes = 0

  /// Lines of the block that runs.
  private(set) var output: [String] = []
  private var outputCount = 0
  private var indentation = ""
  /// Broken promises, in order. Each is in the output, too.
  package private(set) var violations: [String] = []

  package init() {}

  // MARK: - Output

  mutating func print(_ line: String) {
    if level != .none { insist(line) }
  }

  /// After each command: past the limit nothing more is kept, and the script is refused.
  func checkOutput(of command: Command) throws(ScriptError) {
    guard outputCount <= Limits.outputLines else {
      throw command.error(
        "a run prints at most \(Limits.outputLines) lines: log-level none, or log-level=none of stabilize, prints less"
      )
    }
  }

  mutating func indented(_ body: (inout Session) throws(ScriptError) -> Void) throws(ScriptError) {
    let outer = indentation
    indentation += "  "
    defer { indentation = outer }
    try body(&self)
  }

  /// What the block printed; "ok" if nothing. Like etcd's, so that its scripts read the same.
  mutating func takeOutput() -> [String] {
    defer { output = [] }
    return output.isEmpty ? ["ok"] : output
  }

  /// Output that no log level hides.
  private mutating func insist(_ line: String) {
    outputCount += 1
    guard outputCount <= Limits.outputLines else { return }
    output.append(indentation + line)
  }

  mutating func refuse(_ reason: some CustomStringConvertible) {
    insist("refused: \(reason)")
  }

  mutating func note(_ text: String) {
    print("note: \(text)")
  }

  // MARK: - Nodes

  /// The position of the node that a command names.
  func position(of number: UInt64, for command: Command) throws(ScriptError) -> Int {
    guard number > 0, number <= UInt64(nodes.count) else {
      let known = nodes.isEmpty ? "add-nodes comes first" : "there are 1 to \(nodes.count)"
      throw command.error("there is no node \(number): \(known)")
    }
    return Int(number) - 1
  }

  /// The nodes that the words of a command name; all, if it names none.
  func positions(for command: Command) throws(ScriptError) -> [Int] {
    var positions: [Int] = []
    for word in command.words {
      positions.append(try position(of: command.number(in: word, called: "a node"), for: command))
    }
    return positions.isEmpty ? Array(nodes.indices) : positions
  }

  /// The first node that the command names.
  func target(of command: Command) throws(ScriptError) -> Int {
    try position(of: command.number(at: 0) ?? 0, for: command)
  }

  /// The first node that the command names, which must be running.
  func runningTarget(of command: Command) throws(ScriptError) -> Int {
    let position = try target(of: command)
    try requireRunning(position, for: command)
    return position
  }

  func requireRunning(_ position: Int, for command: Command) throws(ScriptError) {
    guard nodes[position].raft != nil else {
      throw command.error("node \(position + 1) is down: restart \(position + 1) comes first")
    }
  }

  mutating func touch(_ position: Int) {
    let id = nodes[position].id
    if !record.touched.contains(id) { record.touched.append(id) }
  }

  /// The only way to a replica: does something to it, tells what changed, and looks whether every
  /// promise still holds. Nil if the node is down.
  @discardableResult
  mutating func act<Result>(on position: Int, _ body: (inout Raft) -> Result) -> Result? {
    guard var raft = nodes[position].raft else { return nil }
    let before = Snapshot(of: raft)
    // Not two copies of a large value.
    nodes[position].raft = nil
    let result = body(&raft)
    nodes[position].raft = raft
    touch(position)
    if level.tellsChanges {
      for line in before.changes(to: Snapshot(of: raft), of: raft) {
        print("INFO \(raft.id.rawValue) \(line)")
      }
    }
    watch(raft)
    watchState(of: position)
    return result
  }

  mutating func watch(_ raft: Raft) {
    if let broken = monitor.observe(raft), !violations.contains(broken) { violate(broken) }
  }

  mutating func watchState(of position: Int) {
    if let broken = monitor.observeState(of: nodes[position]), !violations.contains(broken) {
      violate(broken)
    }
  }

  mutating func violate(_ text: String) {
    violations.append(text)
    insist("VIOLATION: \(text)")
  }
}

/// The parts of a replica whose changes are told.
private struct Snapshot {
  let role: Role
  let term: Term
  let membership: Membership
  let isConfirmed: Bool

  init(of raft: Raft) {
    role = raft.role
    term = raft.term
    membership = raft.membership
    isConfirmed = raft.isConfirmed
  }

  func changes(to now: Snapshot, of raft: Raft) -> [String] {
    var lines: [String] = []
    if now.role != role || now.term != term {
      lines.append("became \(roleWord(now.role)) at term \(now.term)")
    }
    if now.membership != membership {
      lines.append("switched to configuration \(text(of: now.membership))")
    }
    if now.isConfirmed != isConfirmed {
      let floor = raft.votingFloor.map { ", votes only for logs from \($0.term)/\($0.index) on" } ?? ""
      lines.append(now.isConfirmed ? "is confirmed\(floor)" : "is not confirmed")
    }
    return lines
  }
}
