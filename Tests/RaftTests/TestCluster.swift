// A group in one thread for cases a person can follow: nothing happens unless the test lets it.

import Raft
import Testing

/// What one replica finds after a restart: only executed writes.
struct TestDisk {
  var hardState = HardState()
  var base: LogBase?
  var entries: [LogEntry] = []

  var lastIndex: LogIndex { entries.last?.index ?? base?.index ?? 0 }

  mutating func execute(_ request: PersistRequest) {
    if let newBase = request.base {
      base = newBase
      entries.removeAll { request.resetsLog || $0.index <= newBase.index }
    }
    if let state = request.hardState { hardState = state }
    if let index = request.truncateFrom { entries.removeAll { $0.index >= index } }
    for entry in request.entries {
      #expect(entry.index == lastIndex + 1, "the write leaves a gap")
      entries.append(entry)
    }
  }
}

struct TestNode {
  var raft: Raft
  var disk = TestDisk()
  var writes: [PersistRequest] = []
  var applied: [LogEntry] = []
  var confirmed: [ReadToken] = []
  var failed: [ReadToken] = []
  var announcements: [Action] = []
  /// Snapshot work that waits for the test.
  var snapshotReads: [SnapshotRead] = []
  var snapshotStores: [SnapshotChunk] = []
  /// Writes stay pending.
  var isDiskStalled = false
  /// Nothing arrives and nothing leaves.
  var isIsolated = false

  var commands: [[UInt8]] {
    applied.compactMap {
      if case .command(let bytes) = $0.payload { bytes } else { nil }
    }
  }
}

/// Replicas 1...n. Messages wait in `network` until `settle` or `deliver`.
struct TestCluster {
  static let electionTicks = 10
  static let heartbeatTicks = 2

  var nodes: [TestNode]
  var network: [Message] = []
  /// All messages that left a replica, in order.
  var sent: [Message] = []
  private var restarts: UInt64 = 0

  /// How a replica is configured, for restarts.
  private var configure: (inout Raft.Configuration) -> Void
  private let voterCount: Int

  /// - Parameters:
  ///   - joining: replicas beyond `count` that start with empty files and no members.
  init(
    _ count: Int, joining: Int = 0, start: StartKind = .confirmed,
    configure: @escaping (inout Raft.Configuration) -> Void = { _ in }
  ) {
    self.configure = configure
    voterCount = count
    nodes = (1...count + joining).map { number in
      var configuration = Self.configuration(number, of: count)
      if number > count { configuration.voters = [] }
      configure(&configuration)
      return TestNode(
        raft: Raft(
          configuration: configuration, hardState: HardState(), log: [], start: number > count ? .new : start)
      )
    }
  }

  static func configuration(_ number: Int, of count: Int) -> Raft.Configuration {
    Raft.Configuration(
      id: replica(number), voters: (1...count).map(replica), electionTicks: electionTicks,
      heartbeatTicks: heartbeatTicks, seed: 7)
  }

  static func replica(_ number: Int) -> ReplicaID { ReplicaID(rawValue: UInt64(number)) }

  subscript(_ number: Int) -> TestNode {
    get { nodes[number - 1] }
    set { nodes[number - 1] = newValue }
  }

  /// Replicas that lead, in any term.
  var leaders: [Int] { nodes.indices.filter { nodes[$0].raft.role == .leader }.map { $0 + 1 } }

  // MARK: Events

  /// Lets one event happen at a replica and carries out what it drains.
  @discardableResult
  mutating func at<T>(_ number: Int, _ event: (inout Raft) throws -> T) rethrows -> T {
    let result = try event(&nodes[number - 1].raft)
    carryOut(number)
    return result
  }

  private mutating func carryOut(_ number: Int) {
    for action in nodes[number - 1].raft.drain() {
      switch action {
      case .send(let message):
        sent.append(message)
        network.append(message)
      case .persist(let request): nodes[number - 1].writes.append(request)
      case .apply(let entries): nodes[number - 1].applied += entries
      case .roleChanged: nodes[number - 1].announcements.append(action)
      case .readConfirmed(let token): nodes[number - 1].confirmed.append(token)
      case .readFailed(let token): nodes[number - 1].failed.append(token)
      case .readSnapshot(let read): nodes[number - 1].snapshotReads.append(read)
      case .storeSnapshot(let chunk): nodes[number - 1].snapshotStores.append(chunk)
      }
    }
    let raft = nodes[number - 1].raft
    let broken = raft.checkInvariants() ?? raft.checkAccounting()
    #expect(broken == nil, "replica \(number)")
  }

  mutating func tick(_ number: Int, times: Int = 1) {
    for _ in 0..<times { at(number) { $0.tick() } }
  }

  /// Ticks everybody, with all messages delivered in between.
  mutating func run(ticks: Int) {
    for _ in 0..<ticks {
      for number in 1...nodes.count { tick(number) }
      settle()
    }
  }

  /// Executes the oldest write of a replica and reports it.
  mutating func write(_ number: Int) {
    guard !nodes[number - 1].writes.isEmpty else { return }
    let request = nodes[number - 1].writes.removeFirst()
    nodes[number - 1].disk.execute(request)
    at(number) { $0.persisted(upTo: request.token) }
  }

  /// Delivers the oldest message, or loses it at an isolated replica.
  mutating func deliver() {
    let message = network.removeFirst()
    let from = Int(message.from.rawValue)
    let to = Int(message.to.rawValue)
    guard nodes.indices.contains(to - 1) else { return }
    guard !self[from].isIsolated, !self[to].isIsolated else { return }
    at(to) { $0.receive(message) }
  }

  /// Delivers the messages that `accepts` and writes until nothing moves; the others wait.
  mutating func settle(limit: Int = 10_000, _ accepts: (Message) -> Bool) {
    for _ in 0..<limit {
      if let number = (1...nodes.count).first(where: { !self[$0].isDiskStalled && !self[$0].writes.isEmpty })
      {
        write(number)
      } else if let position = network.firstIndex(where: accepts) {
        network.insert(network.remove(at: position), at: 0)
        deliver()
      } else {
        return
      }
    }
    Issue.record("the group never became quiet")
  }

  /// Delivers and writes until nothing moves.
  mutating func settle(limit: Int = 100_000) {
    var steps = 0
    while steps < limit {
      steps += 1
      if let number = (1...nodes.count).first(where: {
        !self[$0].isDiskStalled && !self[$0].writes.isEmpty
      }) {
        write(number)
      } else if !network.isEmpty {
        deliver()
      } else {
        return
      }
    }
    Issue.record("the group never became quiet")
  }

  /// Loses what was not written, and starts again from the disk.
  mutating func restart(_ number: Int, applied: LogIndex = 0, start: StartKind = .confirmed) {
    let disk = self[number].disk
    var configuration = Self.configuration(number, of: voterCount)
    if number > voterCount { configuration.voters = [] }
    configure(&configuration)
    restarts += 1
    configuration.seed += restarts
    self[number].writes = []
    self[number].snapshotReads = []
    self[number].snapshotStores = []
    self[number].applied = []
    self[number].raft = Raft(
      configuration: configuration, hardState: disk.hardState, log: disk.entries, base: disk.base,
      applied: max(applied, disk.base?.index ?? 0), start: start)
    network.removeAll { Int($0.from.rawValue) == number || Int($0.to.rawValue) == number }
  }

  // MARK: Shorthands

  /// Makes `number` the leader of a healthy group.
  mutating func elect(_ number: Int) {
    at(number) { $0.campaign() }
    settle()
    #expect(self[number].raft.role == .leader)
  }

  @discardableResult
  mutating func change(
    _ number: Int, _ steps: [MembershipChange.Step], _ transition: MembershipChange.Transition = .automatic
  ) throws -> LogIndex {
    try at(number) { try $0.proposeMembership(MembershipChange(steps: steps, transition: transition)) }.index
  }

  mutating func propose(_ number: Int, _ bytes: [UInt8]) throws {
    _ = try at(number) { try $0.propose(bytes) }
  }

  /// Messages on their way to `number`, or from it.
  func pending(to number: Int) -> [Message] {
    network.filter { $0.to == Self.replica(number) }
  }

  func sentBy(_ number: Int) -> [Message] {
    sent.filter { $0.from == Self.replica(number) }
  }
}

/// A replica with a log of the given terms, all of it on disk.
func makeRaft(
  _ number: Int, of count: Int, terms: [Term] = [], hardState: HardState? = nil, applied: LogIndex = 0,
  configure: (inout Raft.Configuration) -> Void = { _ in }
) -> Raft {
  var configuration = TestCluster.configuration(number, of: count)
  configure(&configuration)
  return Raft(
    configuration: configuration, hardState: hardState ?? HardState(term: terms.last ?? 0),
    log: makeLog(terms), applied: applied)
}

func makeLog(_ terms: [Term]) -> [LogEntry] {
  terms.enumerated().map { offset, term in
    LogEntry(index: LogIndex(offset + 1), term: term, payload: .command([UInt8(offset & 0xff)]))
  }
}

func message(_ from: Int, _ to: Int, term: Term, _ body: Body) -> Message {
  Message(from: TestCluster.replica(from), to: TestCluster.replica(to), term: term, body: body)
}

extension [Action] {
  var messages: [Message] {
    compactMap { action -> Message? in if case .send(let message) = action { message } else { nil } }
  }

  var writes: [PersistRequest] {
    compactMap { action -> PersistRequest? in if case .persist(let request) = action { request } else { nil }
    }
  }

  var applied: [LogEntry] {
    flatMap { action -> [LogEntry] in if case .apply(let entries) = action { entries } else { [] } }
  }
}

extension Raft {
  /// Drains, and lets the disk be instant: everything that follows from it is in the result.
  mutating func drainWriting() -> [Action] {
    var all: [Action] = []
    while true {
      let actions = drain()
      if actions.isEmpty { return all }
      all.append(contentsOf: actions)
      for request in actions.writes { persisted(upTo: request.token) }
    }
  }
}
