// Which replicas of a node have to be replaced, and how far that is: a pure value.
package import NodeStore
package import Raft

/// One partition for which a node needs another replica id.
package struct ReplicaNeed: Codable, Equatable, Sendable {
  package var partition: PartitionID
  /// The id that the node has for it, or had; the next one is greater. 0 if it does not know of any.
  package var above: ReplicaID
  /// It uses that id and is no voter yet: it needs another one only if nobody knows that id.
  package var isJoining: Bool
  /// For people.
  package var reason: String

  package init(partition: PartitionID, above: ReplicaID, isJoining: Bool, reason: String) {
    self.partition = partition
    self.above = above
    self.isJoining = isJoining
    self.reason = reason
  }

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case above = 1
    case isJoining = 2
    case reason = 3
  }
}

package struct ReplicaNeeds: Sendable {
  private struct Wanted: Sendable {
    var above: ReplicaID
    var reason: String
    /// Nothing runs for it meanwhile.
    var isUnhosted: Bool
    var notBefore: Int64
  }

  /// A replica that breaks again soon after it was replaced may have a cause that replacing does not remove: it waits, twice
  /// as long each time.
  package static let pauseMilliseconds: ClosedRange<Int64> = 10_000...600_000
  private static let joiningMilliseconds: Int64 = 10_000

  private var wanted: [PartitionID: Wanted] = [:]
  /// Being made durable.
  private var assigning: [PartitionID: ReplicaID] = [:]
  /// Assigned, and no voters yet.
  private var joining: [PartitionID: ReplicaID] = [:]
  private var lastAssigned: [PartitionID: Int64] = [:]
  private var pauses: [PartitionID: Int64] = [:]
  private var lastJoiningAsked: Int64?
  /// Replicas that this node is to lose, once their leaders say that they are no members any more.
  private var leaving: [PartitionID: ReplicaID] = [:]
  /// Replicas that run here, as they were asked about last: one that was removed while this node was away, or was to lose it, does
  /// not hear so from its log.
  private var verifying: [PartitionID: ReplicaID] = [:]
  private var lastVerified: Int64?
  /// Partitions that come to this node because they are to be here.
  private var moving: Set<PartitionID> = []
  /// All that were to be rebuilt since the start, and those that are.
  package private(set) var begun: Set<PartitionID> = []
  package private(set) var done: Set<PartitionID> = []

  package init() {}

  package var waiting: [PartitionID] { wanted.keys.sorted() }

  /// Partitions for which nothing runs on this node.
  package var unhosted: [PartitionID] {
    Set(wanted.filter(\.value.isUnhosted).keys).union(assigning.keys).sorted()
  }

  /// Partitions in which this node has lost its vote, and has not got it back.
  package var notVoting: Set<PartitionID> {
    Set(wanted.keys).union(assigning.keys).union(joining.keys)
  }

  /// Returns whether that is news.
  /// - Parameter isMove: nothing was lost.
  package mutating func want(
    _ partition: PartitionID, above: ReplicaID, reason: String, isUnhosted: Bool, isMove: Bool = false,
    now: Int64
  ) -> Bool {
    guard wanted[partition] == nil, assigning[partition] == nil else { return false }
    leaving[partition] = nil
    if isMove { moving.insert(partition) }
    let notBefore = now + pause(of: partition, now: now)
    wanted[partition] = Wanted(above: above, reason: reason, isUnhosted: isUnhosted, notBefore: notBefore)
    joining[partition] = nil
    if !isMove { begun.insert(partition) }
    done.remove(partition)
    return true
  }

  /// Whether the partition comes because it is to be here, and not because it was lost.
  package func isMove(_ partition: PartitionID) -> Bool { moving.contains(partition) }

  /// It is not to be here.
  package mutating func withdraw(_ partition: PartitionID) {
    wanted[partition] = nil
    joining[partition] = nil
    moving.remove(partition)
    begun.remove(partition)
    done.remove(partition)
  }

  /// This node is to lose its replica. Returns whether that is news.
  package mutating func leave(_ partition: PartitionID, as replica: ReplicaID) -> Bool {
    withdraw(partition)
    return leaving.updateValue(replica, forKey: partition) != replica
  }

  /// It is to keep it, as far as it has not lost its place meanwhile: its leader says.
  package mutating func stay(_ partition: PartitionID) {
    if leaving.removeValue(forKey: partition) != nil { lastVerified = nil }
  }

  /// A leader says that this replica is no member any more. Whether it is to go.
  package mutating func dismissed(_ partition: PartitionID, _ replica: ReplicaID) -> Bool {
    guard leaving[partition] == replica, assigning[partition] == nil else { return false }
    leaving[partition] = nil
    return true
  }

  private mutating func pause(of partition: PartitionID, now: Int64) -> Int64 {
    let range = Self.pauseMilliseconds
    guard let last = lastAssigned[partition], now - last < range.upperBound else {
      pauses[partition] = nil
      return 0
    }
    let pause = min(range.upperBound, pauses[partition].map { 2 * $0 } ?? range.lowerBound)
    pauses[partition] = pause
    return pause
  }

  /// A replica that was assigned before this start and has not become a voter.
  package mutating func isJoining(_ partition: PartitionID, as replica: ReplicaID) {
    joining[partition] = replica
    begun.insert(partition)
  }

  /// What to ask for now.
  /// - Parameter running: the replicas that run here; now and then their leaders are asked whether they are members.
  package mutating func due(_ now: Int64, running: [PartitionID: ReplicaID] = [:]) -> [ReplicaNeed] {
    var needs = wanted.filter { $0.value.notBefore <= now }.map {
      ReplicaNeed(partition: $0.key, above: $0.value.above, isJoining: false, reason: $0.value.reason)
    }
    if now - (lastJoiningAsked ?? now - Self.joiningMilliseconds) >= Self.joiningMilliseconds {
      lastJoiningAsked = now
      needs += joining.map {
        ReplicaNeed(partition: $0.key, above: $0.value, isJoining: true, reason: "it is no voter yet")
      }
    }
    if now - (lastVerified ?? now - Self.joiningMilliseconds) >= Self.joiningMilliseconds {
      lastVerified = now
      verifying = running.filter {
        wanted[$0.key] == nil && joining[$0.key] == nil && leaving[$0.key] == nil && assigning[$0.key] == nil
      }
      needs += verifying.map {
        ReplicaNeed(partition: $0.key, above: $0.value, isJoining: true, reason: "it lost its place")
      }
    }
    needs += leaving.map {
      ReplicaNeed(partition: $0.key, above: $0.value, isJoining: true, reason: "it is to be elsewhere")
    }
    return needs.sorted { $0.partition < $1.partition }
  }

  /// Whether an id that was assigned is to be used: then make it durable, and call `assigned`.
  package mutating func accept(_ replica: ReplicaID, for partition: PartitionID) -> Bool {
    guard assigning[partition] == nil,
      let above = wanted[partition]?.above ?? joining[partition] ?? verifying[partition],
      replica > above
    else { return false }
    assigning[partition] = replica
    return true
  }

  package mutating func assigned(_ partition: PartitionID, now: Int64) {
    guard let replica = assigning.removeValue(forKey: partition) else { return }
    if wanted.removeValue(forKey: partition) == nil, joining[partition] == nil { moving.insert(partition) }
    verifying[partition] = nil
    joining[partition] = replica
    lastAssigned[partition] = now
  }

  /// The replica is a voter and has what is committed. Returns whether that is news.
  package mutating func joined(_ partition: PartitionID) -> Bool {
    guard joining.removeValue(forKey: partition) != nil else { return false }
    if moving.remove(partition) == nil { done.insert(partition) }
    return true
  }
}
