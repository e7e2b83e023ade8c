// What operators and event streams may ask a partition host.
internal import CBOR
public import NodeStore
public import PeerTransport
internal import Raft

/// One replica's view of its partition.
public struct PartitionStatus: Codable, Equatable, Sendable {
  public let partition: PartitionID
  public let role: String
  public let leader: NodeID?
  public let term: UInt64
  public let commitIndex: UInt64
  public let appliedIndex: UInt64
  public let lastIndex: UInt64
  public let isServing: Bool
  public let health: String
  /// Actors in memory.
  public let actors: Int
  public let outboxMessages: Int
  public let timers: Int
  public let replies: Int
  /// The replica's id: its generation times 65,536 plus the node's number. Nil while it has none.
  public var replica: UInt64?
  /// Who votes and who only learns, as ids.
  public var voters: [UInt64]?
  public var learners: [UInt64]?
  /// Those of the voters that keep only the log. Nil from a node of an older version.
  public var witnesses: [UInt64]?
  /// Whether this replica is one of them.
  public var isWitness: Bool { replica.map { witnesses?.contains($0) == true } ?? false }
  /// The other replicas as the leader knows them; nil elsewhere.
  public var followers: [FollowerStatus]?
  /// Callers whose commands are remembered.
  public var sessions: Int?
  /// Messages and timers that were set aside because nodes died of them; the newest 256 are kept.
  public var setAside: Int?
}

/// Another replica, as its partition's leader knows it.
public struct FollowerStatus: Codable, Equatable, Sendable {
  public let node: NodeID
  /// Entries of the leader's log that it has not said to have on its disk.
  public let lag: UInt64
  /// Whether it was heard since the last check of the quorum.
  public let isActive: Bool
  public let isVoter: Bool
}

extension PartitionStatus {
  /// Of a node that takes no part any more.
  static let removed = "removed: this node belongs to the cluster no more"

  /// Of a partition that has no replica here until its leader assigns one.
  static func waiting(
    _ partition: PartitionID, leader: NodeID?, health: String = "rebuilding: it waits for a new replica id"
  ) -> PartitionStatus {
    PartitionStatus(
      partition: partition, role: "none", leader: leader, term: 0, commitIndex: 0, appliedIndex: 0,
      lastIndex: 0,
      isServing: false, health: health, actors: 0, outboxMessages: 0,
      timers: 0,
      replies: 0)
  }
}

extension PartitionStatus {
  /// Of a partition that other nodes have.
  static func elsewhere(_ partition: PartitionID, leader: NodeID?) -> PartitionStatus {
    PartitionStatus(
      partition: partition, role: "elsewhere", leader: leader, term: 0, commitIndex: 0, appliedIndex: 0,
      lastIndex: 0, isServing: false, health: "running", actors: 0, outboxMessages: 0, timers: 0, replies: 0)
  }
}

extension PartitionHost {
  package var status: PartitionStatus {
    let health =
      switch health {
      case .loading: "loading"
      case .running:
        raft.membership.learners.contains(raft.id) && !isCopy ? "joining: it is no voter yet" : "running"
      case .quarantined(let detail): "quarantined: \(detail)"
      }
    var status = PartitionStatus(
      partition: id, role: "\(raft.role)", leader: leaderNode, term: raft.term, commitIndex: raft.commitIndex,
      appliedIndex: appliedIndex, lastIndex: raft.lastIndex, isServing: isServing, health: health,
      actors: state.actorCount, outboxMessages: state.outbox.count, timers: state.timers.count,
      replies: state.sessions.count)
    status.replica = raft.id.rawValue
    status.setAside = state.aside.indices.isEmpty ? nil : state.aside.indices.count
    status.voters = raft.membership.allVoters.map(\.rawValue)
    status.learners = raft.membership.learners.map(\.rawValue)
    status.witnesses = raft.membership.witnesses.map(\.rawValue)
    status.sessions = state.sessions.sessionCount
    if isLeader {
      status.followers = raft.progress.compactMap { peer in
        node(of: peer.id).map {
          FollowerStatus(
            node: $0, lag: raft.lastIndex - min(raft.lastIndex, peer.match), isActive: peer.isRecentlyActive,
            isVoter: !peer.isLearner)
        }
      }
    }
    return status
  }

  /// Committed records after `index`, oldest first, at most `limit` entries of the log.
  package func records(after index: UInt64, limit: Int) -> RecordPage {
    // A log that was cut may end below the state, and hold below its end what was never committed.
    let end = min(appliedIndex, raft.commitIndex)
    guard index < end, limit > 0 else { return RecordPage(records: [], lastIndex: nil) }
    guard index >= raft.base.index else {
      return RecordPage(records: [], lastIndex: nil, beginsAfter: raft.base.index)
    }
    let last = min(end, index + UInt64(limit))
    let records = raft.entries(in: (index + 1)...last).compactMap { entry -> AppliedRecord? in
      guard case .command(let bytes) = entry.payload,
        let record = try? CBORDecoder().decode(LogRecord.self, from: bytes)
      else { return nil }
      return AppliedRecord(
        partition: id, index: entry.index, time: record.time, actor: record.actor, events: record.events)
    }
    return RecordPage(records: records, lastIndex: last)
  }
}

/// A piece of a partition's committed log.
package struct RecordPage: Sendable {
  package let records: [AppliedRecord]
  /// Where the next page starts after; nil at the end.
  package let lastIndex: UInt64?
  /// The log has no longer what was asked for: it begins after this.
  package var beginsAfter: UInt64?
}

extension PartitionHost {
  /// What a reading method says about the state as it is here, committed or not; nil if the actor is not in memory: for tests.
  package func look(_ actor: ActorKey, _ method: String, _ argument: [UInt8]) -> [UInt8]? {
    let context = DecisionContext(now: state.time, actor: actor, command: nil)
    guard case .read(let reply) = state.call(actor, method, argument, context) else { return nil }
    return reply
  }

  /// The same of an actor that is not in memory, as its rows have it.
  package func look(
    _ actor: ActorKey, rows: [ActorRow], _ method: String, _ argument: [UInt8]
  ) -> [UInt8]? {
    var copy = self
    do { try copy.state.admit(actor, rows) } catch { return nil }
    return copy.look(actor, method, argument)
  }
}

extension PartitionHost {
  /// First and last number of the messages to each partition, and the last one applied from each: for people.
  package var traffic: String {
    let out = state.outbox.destinations.map { destination in
      let messages = state.outbox.messages(to: destination, after: 0, limit: .max, committed: .max)
      return "to \(destination.rawValue): \(messages.first?.sequence ?? 0)...\(messages.last?.sequence ?? 0)"
    }
    let into = state.inbox.sources.map {
      "from \($0.rawValue): \(state.inbox[$0])"
    }
    return (out + into).joined(separator: ", ")
  }
}
