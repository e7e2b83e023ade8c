// Commands of nodes: adding, stopping, starting, losing their disks.
import Raft

extension Session {
  /// Adds nodes with the next free ids, all alike: empty, or from a snapshot at `index=`.
  mutating func addNodes(_ command: Command) throws(ScriptError) {
    guard let count = try command.number(at: 0), count > 0,
      nodes.count + Int(count) <= Limits.nodes
    else {
      throw command.error("there can be at most \(Limits.nodes) nodes, and one at least is added")
    }
    let template = try NodeTemplate(command)
    for text in template.notes { note(text) }
    for _ in 0..<count {
      let id = ReplicaID(rawValue: UInt64(nodes.count) + 1)
      var node = Node(
        configuration: template.configuration(for: id),
        disk: Disk(image: template.image, checkpoint: template.checkpoint))
      node.holdsWrites = template.holdsWrites
      nodes.append(node)
      start(nodes.count - 1, as: template.start)
    }
  }

  mutating func start(_ position: Int, as kind: StartKind) {
    nodes[position].start(as: kind)
    monitor.started(nodes[position].id)
    touch(position)
    guard let raft = nodes[position].raft else { return }
    if level.tellsChanges {
      var line = "INFO \(position + 1) starts at term \(raft.term), log \(raft.lastTerm)/\(raft.lastIndex)"
      line += ", commit \(raft.commitIndex), \(text(of: raft.membership))"
      print(line + (raft.isConfirmed ? "" : ", not confirmed"))
    }
    watch(raft)
    watchState(of: position)
    // A start is an event: what it left to do comes with the next Ready.
  }

  mutating func crash(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      nodes[position].stop()
      touch(position)
    }
  }

  /// Writes in flight have reached the disk (the process ended, the kernel did not), unless the
  /// script says `lose-unsynced` (the power failed).
  mutating func restart(_ command: Command) throws(ScriptError) {
    let position = try target(of: command)
    var kind = StartKind.restarted
    var losesUnsynced = false
    for word in command.words.dropFirst() {
      switch word {
      case "doubtful": kind = .doubtful
      case "lose-unsynced": losesUnsynced = true
      default:
        let known = ["doubtful", "lose-unsynced"]
        throw command.error(
          "restart knows no \(word)\(suggestion(for: word, among: known)) (known: doubtful, lose-unsynced)")
      }
    }
    nodes[position].stop()
    for case .log(let request) in nodes[position].inFlight where !losesUnsynced {
      nodes[position].disk.write(request)
    }
    nodes[position].inFlight = []
    if let count = try command.number("lose-writes"), !nodes[position].disk.lose(writes: Int(count)) {
      throw command.error("node \(position + 1) has made fewer than \(count) writes that can be lost")
    }
    start(position, as: kind)
  }

  /// The node comes back under its old id with nothing on its disk.
  mutating func wipe(_ command: Command) throws(ScriptError) {
    let position = try target(of: command)
    nodes[position].stop()
    nodes[position].inFlight = []
    nodes[position].disk = Disk()
    start(position, as: .new)
  }
}
