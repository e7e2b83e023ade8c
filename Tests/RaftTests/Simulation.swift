// A whole group in one thread under faults: lost, duplicated and reordered messages, partitions,
// crashes that lose unwritten data, slow disks, wrong hints, transfers. A seed replays everything.
// What is checked is in SimulationChecks.swift.

import Raft

struct SimulationFailure: Error, CustomStringConvertible {
  let seed: UInt64
  let step: Int
  let text: String

  var description: String { "seed \(seed), step \(step): \(text)" }
}

/// How hard a run is; drawn from its seed.
struct Weather {
  var loss: Double
  var duplication: Double
  var maxDelay: Int
  var maxDiskDelay: Int
  var crash: Double
  var partition: Double
  var heal: Double
  var hint: Double
  var transfer: Double
  var pause: Double

  init(random: inout SplitMix64) {
    loss = [0, 0.02, 0.1, 0.25].randomElement(using: &random) ?? 0
    duplication = [0, 0.05, 0.2].randomElement(using: &random) ?? 0
    maxDelay = [1, 2, 4, 9].randomElement(using: &random) ?? 1
    maxDiskDelay = [0, 1, 3, 8].randomElement(using: &random) ?? 0
    crash = [0, 0.005, 0.02].randomElement(using: &random) ?? 0
    partition = [0, 0.01, 0.04].randomElement(using: &random) ?? 0
    heal = 0.05
    hint = [0, 0.01, 0.05].randomElement(using: &random) ?? 0
    transfer = [0, 0.01].randomElement(using: &random) ?? 0
    pause = [0, 0.01].randomElement(using: &random) ?? 0
  }

  static func calm(random: inout SplitMix64) -> Weather {
    var weather = Weather(random: &random)
    weather.loss = 0
    weather.duplication = 0
    weather.maxDelay = 1
    weather.maxDiskDelay = 1
    weather.crash = 0
    weather.partition = 0
    weather.hint = 0
    weather.transfer = 0
    weather.pause = 0
    weather.heal = 1
    return weather
  }
}

struct SimulatedNode {
  var raft: Raft
  var hardState = HardState()
  var log: [LogEntry] = []
  var writes: [(request: PersistRequest, due: Int)] = []
  /// The last applied index, and the one a restart starts from.
  var applied: LogIndex = 0
  var checkpoint: LogIndex = 0
  /// The commit index that was compared with the group's.
  var checkedCommit: LogIndex = 0
  var isUp = true
  var resumesAt = 0
  /// Nodes of another island hear nothing of this one.
  var island = 0
}

struct Simulation {
  let seed: UInt64
  var random: SplitMix64
  var weather: Weather
  var nodes: [SimulatedNode] = []
  var step = 0
  /// Messages by the step in which they arrive, modulo the length.
  var network: [[Message]] = Array(repeating: [], count: 16)

  // Observed, for the checks.
  var leaders: [Term: ReplicaID] = [:]
  var committed: [LogEntry] = []
  var commands: Set<UInt64> = []
  var nextCommand: UInt64 = 0
  var reads: [ReadKey: LogIndex] = [:]
  var confirmedReads = 0
  var crashes = 0

  struct ReadKey: Hashable {
    let node: Int
    let term: Term
    let token: ReadToken
  }

  init(seed: UInt64, count: Int) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    weather = Weather(random: &random)
    nodes = (0..<count).map { SimulatedNode(raft: Self.start($0, count: count, seed: seed)) }
  }

  static func start(
    _ node: Int, count: Int, seed: UInt64, hardState: HardState = HardState(), log: [LogEntry] = [],
    applied: LogIndex = 0
  ) -> Raft {
    let configuration = Raft.Configuration(
      id: ReplicaID(rawValue: UInt64(node + 1)), voters: (1...count).map { ReplicaID(rawValue: UInt64($0)) },
      electionTicks: 10, heartbeatTicks: 2, maxEntriesPerAppend: 4, maxBytesPerAppend: 100,
      maxAppendsInFlight: 3, maxUncommittedBytes: 4_000, maxPendingReads: 50, hintStaggerTicks: 2, seed: seed)
    return Raft(configuration: configuration, hardState: hardState, log: log, applied: applied)
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
    for node in nodes.indices {
      nodes[node].island = 0
      if !nodes[node].isUp { restart(node) }
    }
    for _ in 0..<calmSteps { try advance() }
    try checkLogMatching()
    try checkProgress()
  }

  private mutating func advance() throws {
    step += 1
    changeTopology()
    for node in nodes.indices where nodes[node].isUp && nodes[node].resumesAt <= step {
      try advance(node)
    }
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
    if chance(0.1) { nodes[node].checkpoint = nodes[node].applied }
    nodes[node].raft.tick()
    try useService(of: node)
    if chance(weather.hint), let leader = nodes[node].raft.leader {
      nodes[node].raft.leaderUnreachable(leader)
    }
    if chance(weather.hint), let peer = nodes.randomElement(using: &random) {
      nodes[node].raft.peerReset(peer.raft.id)
    }
    try carryOut(node)
    try write(node)
  }

  /// What the host asks of a leader: a few commands and reads, now and then a transfer.
  private mutating func useService(of node: Int) throws {
    guard nodes[node].raft.role == .leader else {
      do {
        _ = try nodes[node].raft.propose([1])
        throw failure("a follower took a proposal")
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
  }

  // MARK: Faults

  private mutating func changeTopology() {
    if chance(weather.partition) {
      for node in nodes.indices { nodes[node].island = Int.random(in: 0...1, using: &random) }
    } else if chance(weather.heal) {
      for node in nodes.indices { nodes[node].island = 0 }
    }
    for node in nodes.indices where !nodes[node].isUp && chance(0.1) { restart(node) }
  }

  /// What is not written is lost, and so is a part of what is under way.
  private mutating func crash(_ node: Int) {
    crashes += 1
    let survivors = Int.random(in: 0...nodes[node].writes.count, using: &random)
    for write in nodes[node].writes.prefix(survivors) { execute(write.request, at: node) }
    nodes[node].writes = []
    nodes[node].isUp = false
    reads = reads.filter { $0.key.node != node }
  }

  private mutating func restart(_ node: Int) {
    nodes[node].isUp = true
    nodes[node].resumesAt = step
    nodes[node].applied = nodes[node].checkpoint
    nodes[node].checkedCommit = 0
    nodes[node].raft = Self.start(
      node, count: nodes.count, seed: seed &+ UInt64(step), hardState: nodes[node].hardState,
      log: nodes[node].log, applied: nodes[node].checkpoint)
  }

  // MARK: The host

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

  private mutating func execute(_ request: PersistRequest, at node: Int) {
    if let state = request.hardState { nodes[node].hardState = state }
    if let index = request.truncateFrom { nodes[node].log.removeSubrange((Int(index) - 1)...) }
    nodes[node].log.append(contentsOf: request.entries)
  }

  private mutating func carryOut(_ node: Int) throws {
    try checkReplica(node)
    for action in nodes[node].raft.drain() {
      switch action {
      case .send(let message):
        try checkPromise(message, of: node)
        send(message)
      case .persist(let request):
        let delay = Int.random(in: 0...weather.maxDiskDelay, using: &random)
        let due = max(step + delay, nodes[node].writes.last?.due ?? 0)
        nodes[node].writes.append((request, due))
      case .apply(let entries): try checkApplied(entries, at: node)
      case .roleChanged: break
      case .readConfirmed(let token): try checkRead(token, at: node)
      case .readFailed(let token):
        reads = reads.filter { $0.key.node != node || $0.key.token != token }
      }
    }
  }

  private mutating func send(_ message: Message) {
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

  init(bytes: [UInt8]) {
    self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
