// What must hold in every run, checked while it goes.

import Raft

extension Simulation {
  /// The replica's own invariants, election safety, leader completeness, one committed log.
  mutating func checkReplica(_ node: Int) throws {
    let raft = nodes[node].raft
    if let broken = raft.checkInvariants() { throw failure("\(raft.id): \(broken)") }
    if raft.role == .leader, leaders[raft.term] != raft.id {
      if let other = leaders[raft.term] { throw failure("\(raft.id) and \(other) lead term \(raft.term)") }
      leaders[raft.term] = raft.id
      for entry in committed where raft.term(at: entry.index) != entry.term {
        throw failure("\(raft.id) leads term \(raft.term) without committed entry \(entry.index)")
      }
    }
    guard raft.commitIndex > nodes[node].checkedCommit else { return }
    for entry in raft.entries(in: nodes[node].checkedCommit + 1...raft.commitIndex) {
      try checkCommitted(entry, at: node)
    }
    nodes[node].checkedCommit = raft.commitIndex
  }

  /// The first to commit an entry proves that a majority has it on disk.
  private mutating func checkCommitted(_ entry: LogEntry, at node: Int) throws {
    let position = Int(entry.index) - 1
    if position < committed.count {
      guard committed[position] == entry else {
        throw failure("\(nodes[node].raft.id) commits another entry \(entry.index)")
      }
      return
    }
    let holders = nodes.count { $0.log.count > position && $0.log[position] == entry }
    guard holders > nodes.count / 2 else {
      throw failure("entry \(entry.index) is committed with \(holders) of \(nodes.count) disks")
    }
    committed.append(entry)
    if case .command(let bytes) = entry.payload, !commands.insert(UInt64(bytes: bytes)).inserted {
      throw failure("a command is committed twice, at \(entry.index) again")
    }
  }

  /// A vote, a request for one, or an acknowledgment is backed by the sender's disk.
  func checkPromise(_ message: Message, of node: Int) throws {
    let disk = nodes[node].hardState
    switch message.body {
    case .voteReply(granted: true):
      guard disk.term > message.term || (disk.term == message.term && disk.vote == message.to) else {
        throw failure("\(message.from) votes for \(message.to) before it is written")
      }
    case .vote:
      guard disk.term == message.term, disk.vote == message.from else {
        throw failure("\(message.from) asks for votes before its own is written")
      }
    case .appendReply(let reply) where reply.rejection == nil:
      guard nodes[node].log.count >= Int(reply.match), disk.term >= message.term else {
        throw failure("\(message.from) acknowledges \(reply.match) with \(nodes[node].log.count) written")
      }
    default: break
    }
  }

  /// State machine safety: the same entries, in order, each once.
  mutating func checkApplied(_ entries: [LogEntry], at node: Int) throws {
    for entry in entries {
      guard entry.index == nodes[node].applied + 1 else {
        throw failure("\(nodes[node].raft.id) applies \(entry.index) after \(nodes[node].applied)")
      }
      guard committed.count >= Int(entry.index), committed[Int(entry.index) - 1] == entry else {
        throw failure("\(nodes[node].raft.id) applies \(entry.index), which is not committed")
      }
      nodes[node].applied = entry.index
    }
  }

  /// A confirmed read sees everything that was committed anywhere when it was asked for.
  mutating func checkRead(_ token: ReadToken, at node: Int) throws {
    let raft = nodes[node].raft
    let key = ReadKey(node: node, term: raft.term, token: token)
    guard let index = reads.removeValue(forKey: key) else {
      throw failure("\(raft.id) confirms a read that does not wait in term \(raft.term)")
    }
    guard raft.role == .leader, index == 0 || raft.term(at: index) == committed[Int(index) - 1].term else {
      throw failure("\(raft.id) confirms a read that misses entry \(index)")
    }
    confirmedReads += 1
  }

  /// Equal index and term mean equal logs up to there.
  func checkLogMatching() throws {
    for node in nodes {
      if let broken = node.raft.checkAccounting() { throw failure("\(node.raft.id): \(broken)") }
    }
    for left in nodes.indices {
      for right in nodes.indices where right > left {
        let count = min(nodes[left].raft.lastIndex, nodes[right].raft.lastIndex)
        guard count > 0 else { continue }
        let one = nodes[left].raft.entries(in: 1...count)
        let other = nodes[right].raft.entries(in: 1...count)
        var agrees = true
        for (entry, counterpart) in zip(one, other) where entry != counterpart || !agrees {
          if entry.term == counterpart.term {
            throw failure("logs of \(left + 1) and \(right + 1) part before \(entry.index)")
          }
          agrees = false
        }
      }
    }
  }

  /// After calm weather: one leader whom all follow, and everybody has applied what is new.
  func checkProgress() throws {
    let leading = nodes.filter { $0.raft.role == .leader }
    guard leading.count == 1, let leader = leading.first?.raft else {
      throw failure("\(leading.count) leaders after calm weather")
    }
    for node in nodes {
      if node.raft.leader != leader.id { throw failure("\(node.raft.id) follows nobody") }
      // A few steps of replication lag are all that may be left.
      if node.applied + 30 < leader.lastIndex {
        throw failure("\(node.raft.id) applied \(node.applied) of \(leader.lastIndex)")
      }
    }
    guard leader.commitIndex > 0, leader.term(at: leader.commitIndex) == leader.term else {
      throw failure("nothing was committed in term \(leader.term)")
    }
    let waiting = reads.filter { $0.key.token.rawValue != 0 && $0.key.term == leader.term }
    if waiting.count > 20 { throw failure("\(waiting.count) reads wait after calm weather") }
  }
}
