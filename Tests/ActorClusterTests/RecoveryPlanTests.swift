// What a node that goes on alone has, what it goes on with, and what others had beyond it: pure.
import ActorCluster
import CBOR
import NIOCore
import NodeStore
import PeerTransport
import Raft
import Testing

@Suite struct RecoveryPlanTests {
  private let onprem = NodeID(rawValue: "onprem")
  private let cloud = NodeID(rawValue: "cloud")
  private let partition = PartitionID(rawValue: 0)

  private var pair: ClusterTopology {
    ClusterTopology(name: "test", nodes: [onprem, cloud], partitionCount: 1)
  }

  private func record(_ number: UInt64, at time: Int64 = 1_000) throws -> [UInt8] {
    try CBOREncoder().encode(
      Recorded(
        time: PartitionTime(milliseconds: time),
        cause: .command(
          CommandID(session: SessionID(high: 1, low: 2), sequence: number), firstOutstanding: 0,
          fingerprint: 0),
        actor: ActorKey(type: "counter", id: "c\(number)")))
  }

  /// A `LogRecord` as it is in logs.
  private struct Recorded: Encodable {
    var time: PartitionTime
    var cause: LogRecord.Cause
    var actor: ActorKey
    var events: [UInt8] = []
    var messages: [DurableMessage] = []
    var timers: [TimerChange] = []
    var reply: [UInt8] = []
    var acknowledged: [OutboxAcknowledgment] = []

    enum CodingKeys: Int, CodingKey {
      case time = 0
      case cause = 1
      case actor = 2
      case events = 3
      case messages = 4
      case timers = 5
      case reply = 6
      case acknowledged = 7
    }
  }

  /// A membership first, then a command in each of these terms.
  private func log(
    _ voters: [ReplicaID], _ terms: [Term], state: HardState = HardState(term: 2, commit: 2)
  ) throws -> RecoveredLog {
    let first = LogEntry(index: 1, term: 1, payload: .membership(Membership(voters: voters)))
    return RecoveredLog(
      hardState: state,
      entries: try [first]
        + terms.enumerated().map {
          LogEntry(
            index: UInt64($0.offset) + 2, term: $0.element,
            payload: .command(try record(UInt64($0.offset) + 2)))
        })
  }

  private func plan(
    _ topology: ClusterTopology, _ node: NodeID, change: (inout RecoveryPlan.Files) throws -> Void
  ) rethrows -> RecoveryPlan {
    var files = RecoveryPlan.Files()
    try change(&files)
    return RecoveryPlan(topology: topology, node: node, files: files)
  }

  @Test func inAPairNothingAcknowledgedIsMissing() throws {
    // In order of their names, cloud is 1.
    let plan = try plan(pair, cloud) { $0.logs[partition] = try log([id(1), id(2)], [1, 2, 2]) }
    let found = try #require(plan.partitions.first)
    #expect(plan.isPossible && plan.isComplete)
    #expect(found.lastIndex == 4 && found.lastTerm == 2 && found.commit == 2 && found.lastTime == 1_000)
  }

  @Test func ofThreeTheOthersMayHaveMore() throws {
    let three = ClusterTopology(
      name: "test", nodes: [onprem, cloud, NodeID(rawValue: "west")], partitionCount: 1)
    let plan = try plan(three, cloud) { $0.logs[partition] = try log([id(1), id(2), id(3)], [1]) }
    #expect(plan.isPossible && !plan.isComplete)
  }

  /// A change that is not known to be committed may be.
  @Test func aThirdVoterThatIsNotCommittedCounts() throws {
    let plan = try plan(pair, cloud) {
      var log = try log([id(1), id(2)], [1, 1])
      let next = Membership(voters: [id(1), id(2), id(2, 1)])
      log.entries.append(LogEntry(index: 4, term: 1, payload: .membership(next)))
      $0.logs[partition] = log
    }
    #expect(!plan.isComplete)
  }

  @Test func aCutLogIsNotComplete() throws {
    let plan = try plan(pair, cloud) {
      $0.logs[partition] = try log([id(1), id(2)], [1])
      $0.tailWasCut = true
    }
    #expect(plan.isPossible && !plan.isComplete)
  }

  @Test func whatCannotGoOnSaysWhy() throws {
    let witness = ClusterTopology(
      name: "test", nodes: [onprem, cloud, NodeID(rawValue: "west")], partitionCount: 1, witnesses: [cloud])
    #expect(plan(witness, cloud) { _ in }.problems.first?.contains("is a witness") == true)
    #expect(plan(pair, cloud) { $0.isNew = true }.problems.first?.contains("is new") == true)
    #expect(!plan(pair, cloud) { $0.suspicion = "a write failed" }.isPossible)
    #expect(!plan(pair, cloud) { $0.unusable[partition] = "rows" }.isPossible)
    #expect(!plan(pair, cloud) { $0.isAssignedOnly = true }.isPossible)
    #expect(!plan(pair, cloud) { $0.withoutState = [partition] }.isPossible)
    #expect(!plan(pair, NodeID(rawValue: "nobody")) { _ in }.isPossible)
  }

  @Test func theDecisionIsBeyondEverythingBefore() throws {
    let state = HardState(term: 7, vote: id(2), commit: 2)
    let plan = try plan(pair, cloud) {
      $0.logs[partition] = try log([id(1), id(2)], [1, 5], state: state)
      $0.replicas[partition] = id(1, 3)
    }
    let decision = plan.decision(milliseconds: 1_700_000_000_000)
    let forced = try #require(decision.partitions.first)
    #expect(forced.entry.index == 4 && forced.entry.term > 7 + 1_000_000)
    #expect(forced.entry.payload == .membership(Membership(voters: [id(1, 3)])))
    #expect(forced.hardState == HardState(term: forced.entry.term, vote: id(1, 3), commit: 4))
    #expect(
      decision.epoch.forks == [
        LogFork(partition: partition, runs: [.init(term: 1, last: 2), .init(term: 5, last: 3)]),
        LogFork(partition: .system, runs: [.init(term: 0, last: 0)]),
      ])
    // The members of the cluster are a group like the others.
    #expect(decision.partitions.map(\.partition) == [partition, .system])
    // Later decisions, and decisions after this one, are greater; two nodes never make the same.
    let other = try self.plan(pair, onprem) { $0.logs[partition] = try log([id(1), id(2)], [1]) }
    let same = other.decision(milliseconds: 1_700_000_000_000).epoch.number
    #expect(same != decision.epoch.number && same / 65_536 == decision.epoch.number / 65_536)
    #expect(other.decision(milliseconds: 1_700_000_000_001).epoch.number > decision.epoch.number)
    // A clock that was set back does not make an epoch that has been.
    let again = self.plan(pair, cloud) { $0.epoch = decision.epoch.number }
    #expect(again.decision(milliseconds: 0).epoch.number == decision.epoch.number + 1)
  }

  /// What consensus makes of it: the replica leads by itself, and has committed all that it had.
  @Test func theReplicaLeadsAlone() throws {
    let log = try log([id(1), id(2)], [1, 2, 2], state: HardState(term: 2, vote: id(2), commit: 1))
    let plan = plan(pair, cloud) { $0.logs[partition] = log }
    let forced = try #require(plan.decision(milliseconds: 1).partitions.first)
    var raft = Raft(
      configuration: Raft.Configuration(id: id(1), voters: [id(1), id(2)], seed: 1),
      hardState: forced.hardState, log: log.entries + [forced.entry], start: .restarted)
    for _ in 0..<100 where raft.role != .leader {
      raft.tick()
      for case .persist(let request) in raft.drain() { raft.persisted(upTo: request.token) }
    }
    #expect(raft.role == .leader && raft.commitIndex >= forced.entry.index && raft.violation == nil)
    #expect(raft.membership == Membership(voters: [id(1)]))
    // After a power loss that cut its log, too: there is nobody to ask.
    let torn = Raft(
      configuration: Raft.Configuration(id: id(1), voters: [id(1), id(2)], seed: 1),
      hardState: forced.hardState, log: log.entries + [forced.entry], start: .doubtful)
    #expect(torn.isConfirmed)
  }

  // MARK: what others had

  @Test func whatIsBeyondTheOthersIsWrittenOut() throws {
    let theirs = try log([id(1), id(2)], [1, 2])
    let ours = try log([id(1), id(2)], [1, 2, 2, 2], state: HardState(term: 2, commit: 4))
    let records = Divergence.records(
      partition, ours, own: id(2), fork: LogFork(partition, theirs))
    #expect(records.map(\.index) == [4, 5])
    #expect(records.map(\.standing) == [.committed, .unknown])
    #expect(records.allSatisfy { $0.isMissingElsewhere })
    #expect(records.first?.actor == "counter/c4" && records.first?.cause.hasPrefix("command ") == true)
    // Nobody has said what the others have: everything, and it says so.
    let all = Divergence.records(partition, ours, own: id(2), fork: nil)
    #expect(all.count == 4 && all.allSatisfy { !$0.isMissingElsewhere })
  }

  /// A replica that was the only voter has committed what it wrote, whatever its commit index said when it was killed.
  @Test func whatAnOnlyVoterWroteIsCommitted() throws {
    var ours = try log([id(1), id(2)], [1], state: HardState(term: 9, commit: 2))
    ours.entries.append(LogEntry(index: 3, term: 9, payload: .membership(Membership(voters: [id(2)]))))
    ours.entries.append(LogEntry(index: 4, term: 9, payload: .command(try record(4))))
    let theirs = try log([id(1), id(2)], [1])
    let records = Divergence.records(partition, ours, own: id(2), fork: LogFork(partition, theirs))
    #expect(records.map(\.index) == [4] && records.first?.standing == .committed)
  }

  @Test func aNoticeNamesTheForkAfterTheReadersEpoch() throws {
    let forks = [3, 5].map {
      StoreEpoch(number: $0, forks: [LogFork(partition: partition, runs: [.init(term: $0, last: 1)])])
    }
    let notice = try #require(
      EpochNotice(decoding: Array(EpochNotice(node: "cloud", epochs: forks).encoded().readableBytesView)))
    #expect(notice.node == "cloud" && notice.epochs == forks)
    #expect(notice.fork(of: partition, after: 1)?.runs.first?.term == 3)
    #expect(notice.fork(of: partition, after: 3)?.runs.first?.term == 5)
    #expect(notice.fork(of: partition, after: 5) == nil)
    #expect(notice.fork(of: PartitionID(rawValue: 9), after: 1) == nil)
    #expect(EpochNotice(decoding: [1, 2]) == nil)
  }

  /// A refusal carries so much and no more.
  @Test func aNoticeStaysShort() {
    let forks = (0..<1_024).map { number in
      LogFork(
        partition: PartitionID(rawValue: number),
        runs: (1...16).map { .init(term: UInt64.max - UInt64($0), last: .max) })
    }
    let epochs = (2...9).map { StoreEpoch(number: $0, forks: forks) }
    let bytes = EpochNotice(node: "cloud", epochs: epochs).encoded()
    #expect(bytes.readableBytes < 64 << 10)
    let notice = EpochNotice(decoding: Array(bytes.readableBytesView))
    #expect(notice?.epochs.map(\.number) == [9])
  }
}
