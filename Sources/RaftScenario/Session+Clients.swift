// Commands of clients: proposals, reads, membership changes, leadership transfers.
import Raft

extension Session {
  mutating func propose(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let times = try command.size("times") ?? 1
    guard times <= Limits.entries else {
      throw command.error("times= is at most \(Limits.entries)")
    }
    let size = try command.size("size")
    guard let word = command.words.dropFirst().first ?? (size == nil ? nil : "x") else {
      throw command.error("it is written: \(command.name.rawValue) \(command.name.shape.usage)")
    }
    for time in 1...times {
      var bytes = Array(word.utf8)
      if times > 1 { bytes += Array("-\(time)".utf8) }
      if let size {
        guard size <= Limits.valueBytes else {
          throw command.error("size= is at most \(Limits.valueBytes)")
        }
        bytes = (0..<size).map { bytes[$0 % bytes.count] }
      }
      proposedBytes += bytes.count
      guard proposedBytes <= Limits.proposedBytes else {
        throw command.error("a script proposes at most \(Limits.proposedBytes) bytes")
      }
      guard bytes.allSatisfy({ $0 != UInt8(ascii: "\n") }) else {
        throw command.error("a value is one line: the content of a node has a line per value")
      }
      act(on: position) { raft in
        attempt { () throws(ProposalError) in _ = try raft.propose(bytes) }
      }.flatMap { $0 }.map { refuse($0) }
    }
  }

  mutating func read(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let times = try command.size("times") ?? 1
    guard times <= Limits.entries else {
      throw command.error("times= is at most \(Limits.entries)")
    }
    for _ in 0..<times {
      var token: ReadToken?
      let refusal = act(on: position) { raft in
        attempt { () throws(ProposalError) in token = try raft.requestRead() }
      }
      if let refusal, let error = refusal { refuse(error) }
      if let token {
        print("read \(token.rawValue) waits")
        nodes[position].reads.append(PendingRead(token: token, committed: monitor.highest))
      }
    }
  }

  mutating func transferLeadership(_ command: Command) throws(ScriptError) {
    guard let from = try command.number("from"), let to = try command.number("to") else {
      throw command.error("it is written: transfer-leadership from=N to=M")
    }
    let position = try position(of: from, for: command)
    try requireRunning(position, for: command)
    let refusal = act(on: position) { raft in
      attempt { () throws(ProposalError) in
        try raft.transferLeadership(to: ReplicaID(rawValue: to))
      }
    }
    if let refusal, let error = refusal { refuse(error) }
  }

  mutating func proposeConfChange(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let change = try membershipChange(of: command)
    let refusal = act(on: position) { raft in
      attempt { () throws(ProposalError) in _ = try raft.proposeMembership(change) }
    }
    if let refusal, let error = refusal { refuse(error) }
  }

  private func membershipChange(of command: Command) throws(ScriptError) -> MembershipChange {
    var steps: [MembershipChange.Step] = []
    for word in command.words.dropFirst() {
      let replica = ReplicaID(
        rawValue: try command.number(in: String(word.dropFirst()), called: "what follows \(word.prefix(1))"))
      switch word.first {
      case "v": steps.append(.addVoter(replica))
      case "w": steps.append(.addWitness(replica))
      case "l": steps.append(.addLearner(replica))
      case "r": steps.append(.remove(replica))
      default:
        throw command.error(
          "\(word) is no change: v4 adds a voter, w4 a witness, l4 a learner, r4 removes")
      }
    }
    // One step at a time is what we do anyway when one is enough.
    _ = try command.flag("v1")
    let transition: MembershipChange.Transition
    switch try command.value("transition") ?? "auto" {
    case "auto": transition = .automatic
    case "implicit": transition = .jointImplicit
    case "explicit": transition = .jointExplicit
    case let other:
      throw command.error("transition= is auto, implicit or explicit, not \"\(other)\"")
    }
    return MembershipChange(steps: steps, transition: transition)
  }
}

/// What consensus refused, or nil.
private func attempt(_ body: () throws(ProposalError) -> Void) -> ProposalError? {
  do throws(ProposalError) {
    try body()
    return nil
  } catch {
    return error
  }
}
