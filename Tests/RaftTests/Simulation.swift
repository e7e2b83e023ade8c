// A whole group in one thread under faults: lost, duplicated and reordered messages, partitions, crashes that lose
// unwritten data, damaged and wiped disks, outages of everything, slow disks, wrong hints, transfers, changes of the
// membership, compaction and snapshots, witnesses. A seed replays everything. What happens to nodes is in
// SimulationFaults.swift, who belongs to the group in SimulationMembership.swift, what is checked in SimulationChecks.swift.

import Raft

struct SimulationFailure: Error, CustomStringConvertible {
  let seed: UInt64
  let step: Int
  let text: String

  var description: String { "seed \(seed), step \(step): \(text)" }
}

struct Simulation {
  let seed: UInt64
  var random: SplitMix64
  var weather: Weather
  var nodes: [SimulatedNode] = []
  let isQuiet: Bool
  var step = 0
  var isCalm = false
  /// Messages by the step in which they arrive, modulo the length.
  var network: [[Message]] = Array(repeating: [], count: 16)

  // Observed, for the checks.
  var leaders: [Term: ReplicaID] = [:]
  var committed: [LogEntry] = []
  /// The term in which each was.
  var committedIn: [Term] = []
  var committedMembership: Membership
  /// The state after each committed entry, from 0.
  var digests: [UInt64] = [0]
  var commands: Set<UInt64> = []
  var nextCommand: UInt64 = 0
  var reads: [ReadKey: LogIndex] = [:]
  var tally = Tally()

  /// What happened, so that a run in which nothing did is noticed.
  struct Tally {
    var reads = 0
    var crashes = 0
    var damages = 0
    var wipes = 0
    var outages = 0
    var changes = 0
    var joints = 0
    var snapshots = 0
    var compactions = 0
    var witnessLeaders = 0
  }

  struct ReadKey: Hashable {
    let node: Int
    let term: Term
    let token: ReadToken
  }

  init(seed: UInt64, count: Int) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    weather = Weather(random: &random)
    isQuiet = seed % 5 == 4
    committedMembership = Membership(voters: [])
    let voters = (1...count).map { ReplicaID(rawValue: UInt64($0)) }
    committedMembership = Membership(voters: voters)
    for number in 1...count {
      add(number, voters: voters, isWitness: number == count && seed % 3 == 1)
    }
  }

  func failure(_ text: String) -> SimulationFailure {
    SimulationFailure(seed: seed, step: step, text: text)
  }

  mutating func chance(_ probability: Double) -> Bool {
    probability > 0 && Double.random(in: 0..<1, using: &random) < probability
  }

  // MARK: The run

  /// Faults for `steps`, then calm weather in which the group must make progress.
  mutating func run(steps: Int, calmSteps: Int) throws {
    for _ in 0..<steps { try advance() }
    try checkLogMatching()
    weather = .calm(random: &random)
    isCalm = true
    for node in nodes.indices {
      nodes[node].island = 0
      if !nodes[node].isUp, !nodes[node].isRetired { restart(node) }
    }
    for _ in 0..<calmSteps { try advance() }
    try checkLogMatching()
    try checkProgress()
  }

  private mutating func advance() throws {
    step += 1
    causeTrouble()
    for node in nodes.indices where nodes[node].isUp && nodes[node].resumesAt <= step {
      try advance(node)
    }
    if isQuiet { tellWhoLives() }
    var arriving = network[step % network.count]
    network[step % network.count] = []
    if weather.maxDelay > 1 { arriving.shuffle(using: &random) }
    for message in arriving { try deliver(message) }
    if step % 50 == 0 { try checkLogMatching() }
  }

  private mutating func advance(_ node: Int) throws {
    if chance(weather.crash) {
      crash(node)
      return
    }
    if chance(weather.pause) { nodes[node].resumesAt = step + Int.random(in: 5...40, using: &random) }
    nodes[node].raft.tick()
    try useService(of: node)
    if chance(weather.hint), let leader = nodes[node].raft.leader {
      if chance(0.5) {
        nodes[node].raft.leaderUnreachable(leader)
      } else {
        nodes[node].raft.forgetLeader()
      }
    }
    if chance(weather.hint), let peer = nodes.randomElement(using: &random) {
      nodes[node].raft.peerReset(peer.raft.id)
    }
    try keepHouse(node)
    try carryOut(node)
    try write(node)
  }

  /// What the host asks of a leader: a few commands and reads, now and then a transfer or a change of the membership.
  private mutating func useService(of node: Int) throws {
    guard nodes[node].raft.role == .leader, !nodes[node].isWitness else {
      do {
        _ = try nodes[node].raft.propose([1])
        throw failure("\(nodes[node].raft.id) took a proposal")
      } catch is ProposalError {}
      return
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      nextCommand += 1
      _ = try? nodes[node].raft.propose(nextCommand.bytes)
    }
    if chance(0.3) {
      let key = ReadKey(node: node, term: nodes[node].raft.term, token: try nodes[node].raft.readToken())
      reads[key] = LogIndex(committed.count)
    }
    if chance(weather.transfer), let peer = nodes.randomElement(using: &random) {
      try? nodes[node].raft.transferLeadership(to: peer.raft.id)
    }
    changeMembership(at: node)
  }

  // MARK: Messages, writes and actions

  private mutating func deliver(_ message: Message) throws {
    let from = Int(message.from.rawValue) - 1
    let node = Int(message.to.rawValue) - 1
    guard nodes[node].isUp, nodes[node].island == nodes[from].island else { return }
    if nodes[node].resumesAt > step {
      // A paused process finds its messages when it wakes.
      let wait = min(network.count - 1, nodes[node].resumesAt - step)
      network[(step + wait) % network.count].append(message)
      return
    }
    nodes[node].raft.receive(message)
    try carryOut(node)
  }

  private mutating func write(_ node: Int) throws {
    while let first = nodes[node].writes.first, first.due <= step {
      nodes[node].writes.removeFirst()
      execute(first.request, at: node)
      nodes[node].raft.persisted(upTo: first.request.token)
      try carryOut(node)
    }
  }

  mutating func execute(_ request: PersistRequest, at node: Int) {
    nodes[node].disk.execute(request)
    // The first write of a life says whether anything is in doubt.
    nodes[node].isDamaged = false
  }

  mutating func carryOut(_ node: Int) throws {
    try checkReplica(node)
    let actions = nodes[node].raft.drain()
    try checkReplica(node)
    for action in actions {
      switch action {
      case .send(let message):
        try checkPromise(message, of: node)
        send(message)
      case .persist(let request):
        let delay = Int.random(in: 0...weather.maxDiskDelay, using: &random)
        let due = max(step + delay, nodes[node].writes.last?.due ?? 0)
        nodes[node].writes.append((request, due))
      case .apply(let entries): try apply(entries, at: node)
      case .roleChanged: break
      case .readConfirmed(let token): try checkRead(token, at: node)
      case .readFailed(let token):
        reads = reads.filter { $0.key.node != node || $0.key.token != token }
      case .readSnapshot(let read):
        nodes[node].host.readings.append(.init(read: read, due: step + hostDelay()))
      case .storeSnapshot(let chunk):
        nodes[node].host.storing.append(.init(chunk: chunk, due: step + hostDelay()))
      }
    }
  }

  private mutating func hostDelay() -> Int {
    chance(weather.snapshotTrouble) ? Int.random(in: 0...12, using: &random) : 0
  }

  private mutating func send(_ message: Message) {
    guard Int(message.to.rawValue) <= nodes.count else { return }
    if chance(weather.loss) { return }
    repeat {
      let delay = Int.random(in: 1...weather.maxDelay, using: &random)
      network[(step + delay) % network.count].append(message)
    } while chance(weather.duplication)
  }
}

extension Raft {
  /// A token, or none at a leader that has too many already.
  fileprivate mutating func readToken() throws -> ReadToken {
    do {
      return try requestRead()
    } catch .overloaded {
      return ReadToken(rawValue: 0)
    }
  }
}

extension UInt64 {
  var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }

  init(bytes: some Collection<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
