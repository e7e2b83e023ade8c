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
      if nodes[node].isWitness { tally.witnessLeaders += 1 }
      // What was committed in a later term says nothing: this one was elected late, by votes under way.
      for entry in committed
      where entry.index >= raft.base.index && raft.term(at: entry.index) != entry.term
        && committedIn[Int(entry.index) - 1] < raft.term
      {
        throw failure("\(raft.id) leads term \(raft.term) without committed entry \(entry.index)")
      }
    }
    guard raft.commitIndex > nodes[node].checkedCommit else { return }
    for entry in raft.entries(in: nodes[node].checkedCommit + 1...raft.commitIndex) {
      try checkCommitted(entry, at: node)
    }
    nodes[node].checkedCommit = raft.commitIndex
  }

  /// The first to commit an entry proves that a majority has it on disk, or had and is in doubt.
  private mutating func checkCommitted(_ entry: LogEntry, at node: Int) throws {
    let position = Int(entry.index) - 1
    let raft = nodes[node].raft
    if position < committed.count {
      guard committed[position] == entry else {
        throw failure("\(raft.id) commits another entry \(entry.index)")
      }
      return
    }
    guard position == committed.count else {
      throw failure("\(raft.id) commits \(entry.index) before others")
    }
    let isHeld = raft.membership.quorum.isReached { replica in
      let holder = nodes[Int(replica.rawValue) - 1]
      return holder.disk.holds(entry) || holder.isInDoubt
    }
    guard isHeld else { throw failure("entry \(entry.index) is committed without a majority of disks") }
    committed.append(entry)
    committedIn.append(raft.term)
    digests.append(SimulatedHost.chain(digests[position], entry))
    if case .membership(let membership) = entry.payload { committedMembership = membership }
    if case .command(let bytes) = entry.payload, !commands.insert(UInt64(bytes: bytes)).inserted {
      throw failure("a command is committed twice, at \(entry.index) again")
    }
  }

  /// A vote, a request for one, or an acknowledgment is backed by the sender's disk.
  func checkPromise(_ message: Message, of node: Int) throws {
    let disk = nodes[node].disk
    switch message.body {
    case .voteReply(granted: true, _):
      let isWritten =
        disk.hardState.term > message.term
        || (disk.hardState.term == message.term && disk.hardState.vote == message.to)
      guard isWritten else { throw failure("\(message.from) votes for \(message.to) before it is written") }
    case .vote:
      guard disk.hardState.term == message.term, disk.hardState.vote == message.from else {
        throw failure("\(message.from) asks for votes before its own is written")
      }
    case .appendReply(let reply) where reply.rejection == nil:
      guard disk.lastIndex >= reply.match, disk.hardState.term >= message.term else {
        throw failure("\(message.from) acknowledges \(reply.match) with \(disk.lastIndex) written")
      }
    default: break
    }
  }

  /// State machine safety: the same entries, in order, each once; none at a witness.
  mutating func apply(_ entries: [LogEntry], at node: Int) throws {
    let id = nodes[node].raft.id
    guard !nodes[node].isWitness else { throw failure("\(id) applies, but is a witness") }
    for entry in entries {
      guard entry.index == nodes[node].host.applied + 1 else {
        throw failure("\(id) applies \(entry.index) after \(nodes[node].host.applied)")
      }
      guard committed.count >= Int(entry.index), committed[Int(entry.index) - 1] == entry else {
        throw failure("\(id) applies \(entry.index), which is not committed")
      }
      nodes[node].host.applied = entry.index
      nodes[node].host.digest = SimulatedHost.chain(nodes[node].host.digest, entry)
    }
  }

  /// A confirmed read sees everything that was committed anywhere when it was asked for.
  mutating func checkRead(_ token: ReadToken, at node: Int) throws {
    let raft = nodes[node].raft
    let key = ReadKey(node: node, term: raft.term, token: token)
    guard let index = reads.removeValue(forKey: key) else {
      throw failure("\(raft.id) confirms a read that does not wait in term \(raft.term)")
    }
    let sees = index <= raft.base.index || raft.term(at: index) == committed[Int(index) - 1].term
    guard raft.role == .leader, sees else {
      throw failure("\(raft.id) confirms a read that misses entry \(index)")
    }
    tally.reads += 1
  }

  /// A witness keeps what the state of a data voter lacks. Those that joined later started from what others hold.
  func checkCompaction(_ node: Int) throws {
    let raft = nodes[node].raft
    guard nodes[node].isWitness else { return }
    for replica in raft.base.membership.dataVoters where committedMembership.isVoter(replica) {
      let holder = nodes[Int(replica.rawValue) - 1]
      guard holder.wasWiped || holder.host.checkpoint.index >= raft.base.index else {
        throw failure(
          "witness \(raft.id) forgot \(raft.base.index), \(replica) has \(holder.host.checkpoint.index)")
      }
    }
  }

  /// Equal index and term mean equal logs up to there.
  func checkLogMatching() throws {
    for node in nodes {
      if let broken = node.raft.checkAccounting() { throw failure("\(node.raft.id): \(broken)") }
    }
    for left in nodes.indices {
      for right in nodes.indices where right > left {
        let first = max(nodes[left].raft.base.index, nodes[right].raft.base.index) + 1
        let last = min(nodes[left].raft.lastIndex, nodes[right].raft.lastIndex)
        guard first <= last else { continue }
        let one = nodes[left].raft.entries(in: first...last)
        let other = nodes[right].raft.entries(in: first...last)
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

  /// After calm weather: one leader whom all members follow, and everybody has applied what is new.
  func checkProgress() throws {
    let leading = nodes.filter { $0.raft.role == .leader }
    guard leading.count == 1, let leader = leading.first?.raft else {
      let states = nodes.map { "\($0.raft.id) \($0.raft.role) \($0.raft.term) \($0.raft.isConfirmed)" }
      throw failure("\(leading.count) leaders after calm weather: \(states)")
    }
    if nodes[Int(leader.id.rawValue) - 1].isWitness { throw failure("witness \(leader.id) stays the leader") }
    if leader.membership.isJoint { throw failure("the joint membership is not left") }
    for replica in leader.membership.members {
      let node = nodes[Int(replica.rawValue) - 1]
      if node.raft.leader != leader.id { throw failure("\(replica) follows nobody") }
      if !node.raft.isConfirmed { throw failure("\(replica) is not confirmed after calm weather") }
      // A few steps of replication lag are all that may be left.
      let applied = node.isWitness ? node.raft.commitIndex : node.host.applied
      if applied + 60 < leader.lastIndex {
        throw failure("\(replica) applied \(applied) of \(leader.lastIndex)")
      }
    }
    guard leader.commitIndex > 0, leader.term(at: leader.commitIndex) == leader.term else {
      throw failure("nothing was committed in term \(leader.term)")
    }
    let waiting = reads.filter { $0.key.token.rawValue != 0 && $0.key.term == leader.term }
    if waiting.count > 20 { throw failure("\(waiting.count) reads wait after calm weather") }
  }
}
