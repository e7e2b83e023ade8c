// From a command to what does it.

extension Session {
  mutating func perform(_ command: Command) throws(ScriptError) {
    switch command.name {
    case .addNodes: try addNodes(command)
    case .crash: try crash(command)
    case .restart: try restart(command)
    case .wipe: try wipe(command)
    case .propose: try propose(command)
    case .proposeConfChange: try proposeConfChange(command)
    case .read: try read(command)
    case .transferLeadership: try transferLeadership(command)
    case .campaign: try campaign(command)
    case .tick: try tick(command)
    case .tickElection: try tickElection(command)
    case .tickHeartbeat: try tickHeartbeat(command)
    case .setRandomizedElectionTimeout: try setElectionTimeout(command)
    case .forgetLeader: try forgetLeader(command)
    case .leaderUnreachable: try leaderUnreachable(command)
    case .reportUnreachable: try reportUnreachable(command)
    case .leaderAlive, .peerAlive: try hostLiveness(command)
    case .processReady: try processReady(command)
    case .stabilize: try stabilize(command)
    case .holdPersist: try holdPersist(command)
    case .persist, .processAppendThread: try persist(command)
    case .releasePersist: try releasePersist(command)
    case .processApplyThread: note("entries are applied with the Ready that hands them out")
    case .compact: try compact(command)
    case .checkpoint: try checkpoint(command)
    case .deliverMsgs: try deliverMessages(command)
    case .dropMsgs: try dropMessages(command)
    case .reorder: try reorder(command)
    case .duplicate: try duplicate(command)
    case .isolate, .heal: try isolate(command)
    case .sendSnapshot: try sendSnapshot(command)
    case .status: try status(command)
    case .raftState: raftState(command)
    case .raftLog: try raftLog(command)
    case .content: try content(command)
    case .messages: listMessages(command)
    case .logLevel: level = try logLevel(named: command.words.first ?? "", for: command)
    case .breakpoint: break
    }
    try checkOutput(of: command)
  }
}
