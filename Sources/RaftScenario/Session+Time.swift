// Commands of elections and time.
import Raft

extension Session {
  mutating func campaign(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      act(on: position) { $0.campaign() }
    }
  }

  mutating func tick(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    try tick(position, times: Int(command.number(at: 1) ?? 1), for: command)
  }

  mutating func tickElection(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      try tick(position, times: nodes[position].configuration.electionTicks, for: command)
    }
  }

  mutating func tickHeartbeat(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      try tick(position, times: nodes[position].configuration.heartbeatTicks, for: command)
    }
  }

  private mutating func tick(
    _ position: Int, times: Int, for command: Command
  ) throws(ScriptError) {
    guard times <= Limits.ticks else {
      throw command.error("a command ticks at most \(Limits.ticks) times")
    }
    for _ in 0..<times {
      tickOnce(position)
    }
  }

  mutating func setElectionTimeout(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    guard let ticks = try command.size("timeout") else {
      throw command.error("it is written: set-randomized-election-timeout N timeout=TICKS")
    }
    nodes[position].timeout = ticks
  }

  /// A timeout that the script has set takes the place of the replica's own: it campaigns when that has passed, and a
  /// tick that would make it campaign earlier only ends its patience with the leader.
  private mutating func tickOnce(_ position: Int) {
    guard let timeout = nodes[position].timeout, nodes[position].raft?.role == .follower else {
      nodes[position].timeout = nil
      act(on: position) { $0.tick() }
      return
    }
    nodes[position].timeout = timeout - 1
    if timeout == 1 {
      nodes[position].timeout = nil
      act(on: position) { $0.campaign() }
      return
    }
    act(on: position) { raft in
      var later = raft
      later.tick()
      if later.role == .follower {
        raft = later
      } else {
        raft.forgetLeader()
      }
    }
  }

  mutating func forgetLeader(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      try requireRunning(position, for: command)
      act(on: position) { $0.forgetLeader() }
    }
  }

  /// The closed-socket hint.
  mutating func leaderUnreachable(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let leader: ReplicaID?
    if let number = try command.number(at: 1) {
      leader = ReplicaID(rawValue: number)
    } else {
      leader = nodes[position].raft?.leader
    }
    guard let leader else {
      throw command.error("node \(position + 1) knows no leader: name one")
    }
    act(on: position) { $0.leaderUnreachable(leader) }
  }

  /// The connection to a peer was made anew: what was under way may be lost.
  mutating func reportUnreachable(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let peer = ReplicaID(rawValue: try command.number(at: 1) ?? 0)
    act(on: position) { $0.peerReset(peer) }
  }

  /// The host's own heartbeats between nodes, for quiet groups.
  mutating func hostLiveness(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let other = try self.position(of: command.number(at: 1) ?? 0, for: command)
    try requireRunning(other, for: command)
    let peer = nodes[other].id
    if command.name == .leaderAlive {
      let term = nodes[other].raft?.term ?? 0
      act(on: position) { $0.leaderAlive(peer, term: term) }
    } else {
      act(on: position) { $0.peerAlive(peer) }
    }
  }
}
