// What a node has that is to go on without the others, and what it would go on with: a pure value.
internal import CBOR
package import NodeStore
package import PeerTransport
package import Raft

/// A person's decision, before it is made: for each partition what is here, what may be missing, and the membership that it
/// would go on with.
///
/// The argument why that is safe, and what it cannot promise, is in docs/recovery.md and docs/consensus.md.
package struct RecoveryPlan: Sendable {
  /// What was found in the files of the node.
  package struct Files: Sendable {
    package var epoch: UInt64
    package var isNew: Bool
    package var isAssignedOnly: Bool
    package var tailWasCut: Bool
    package var suspicion: String?
    package var logs: [PartitionID: RecoveredLog]
    package var replicas: [PartitionID: ReplicaID]
    package var unusable: [PartitionID: String]
    /// Partitions whose log was compacted and whose state is gone.
    package var withoutState: [PartitionID]
    /// What they say that the cluster was made with; empty when they do not.
    package var topology: String
    /// Who belongs to the cluster, as far as these files know; nil where they do not say.
    package var cluster: ClusterState?

    package init(
      epoch: UInt64 = StoreEpoch.first, isNew: Bool = false, isAssignedOnly: Bool = false,
      tailWasCut: Bool = false, suspicion: String? = nil, logs: [PartitionID: RecoveredLog] = [:],
      replicas: [PartitionID: ReplicaID] = [:], unusable: [PartitionID: String] = [:],
      withoutState: [PartitionID] = [], topology: String = "", cluster: ClusterState? = nil
    ) {
      self.epoch = epoch
      self.isNew = isNew
      self.isAssignedOnly = isAssignedOnly
      self.tailWasCut = tailWasCut
      self.suspicion = suspicion
      self.logs = logs
      self.replicas = replicas
      self.unusable = unusable
      self.withoutState = withoutState
      self.topology = topology
      self.cluster = cluster
    }
  }

  package struct Partition: Equatable, Sendable {
    package var partition: PartitionID
    package var replica: ReplicaID
    package var lastIndex: LogIndex
    package var lastTerm: Term
    /// Known to be committed; what follows may have been acknowledged or not, and counts from now on.
    package var commit: LogIndex
    /// The partition's time at the last record that is here, in milliseconds since 1970; nil where the log has none.
    package var lastTime: Int64?
    /// Whether this replica led in the last term that it knows.
    package var ledHere: Bool
    /// No command can have been acknowledged that is not here: every majority that this log knows of has this replica.
    package var isComplete: Bool
    /// Why it cannot go on with what is here; nil when it can.
    package var problem: String?
  }

  package var node: NodeID
  package var epoch: UInt64
  package var partitions: [Partition]
  /// What keeps the node as a whole from going on; empty when nothing does.
  package var problems: [String]
  /// The other nodes of the cluster, sorted: whoever may have a vote somewhere.
  package var others: [NodeID]
  /// Two nodes that hold the state and nobody else.
  package var isPair: Bool

  private let logs: [PartitionID: RecoveredLog]
  private let number: UInt64

  /// Beyond every term that the others can have come to meanwhile: entries of the new epoch are never taken for theirs.
  private static let termStep: Term = 1 << 20

  package init(topology: ClusterTopology, node: NodeID, files: Files) {
    self.node = node
    epoch = files.epoch
    logs = files.logs
    let members = files.cluster.flatMap { $0.isEmpty ? nil : $0.present }
    let founders = ClusterTopology.founders(in: files.topology).map { ReplicaNaming(nodes: $0) }
    let naming = founders ?? topology.naming
    // What was assigned to these files says whose they are, whatever the configuration lists.
    let assigned = files.replicas.min { $0.key < $1.key }.map { ReplicaNaming.original(of: $0.value) }
    let own = assigned ?? naming.original(of: node)
    let voting = members.map { $0.filter { $0.status != .joining } }
    others = (voting?.map(\.name) ?? topology.nodes).filter { $0 != node }.sorted()
    isPair = voting.map { $0.count == 2 && !$0.contains(where: \.isWitness) } ?? topology.isPair
    let isWitness = members?.first { $0.name == node }?.isWitness ?? topology.isWitness(node)
    number = own?.rawValue ?? 0
    var problems: [String] = []
    if own == nil || members?.contains(where: { $0.name == node }) == false {
      problems.append("\(node) is no node of the cluster \"\(topology.name)\"")
    }
    if others.isEmpty { problems.append("the cluster has one node only: it is alone already") }
    if isWitness {
      problems.append("\(node) is a witness: it keeps the log and has no state; choose a node that has")
    }
    if files.isNew || files.epoch == StoreEpoch.none {
      problems.append("the data directory is new: there is nothing to go on with")
    }
    if let suspicion = files.suspicion {
      problems.append("the files are marked as suspect and may lack what was acknowledged: \(suspicion)")
    }
    self.problems = problems
    let originals = files.isAssignedOnly ? [] : naming.originals.keys.sorted()
    partitions = (topology.placement.partitions + [.system]).map { partition in
      Self.partition(partition, own: own ?? ReplicaID(rawValue: 0), originals, files)
    }
  }

  private static func partition(
    _ id: PartitionID, own: ReplicaID, _ originals: [ReplicaID], _ files: Files
  ) -> Partition {
    let log = files.logs[id] ?? RecoveredLog(hardState: HardState(), entries: [])
    let replica = files.replicas[id] ?? own
    let base = log.base?.index ?? 0
    let last = log.entries.last?.index ?? base
    let term = log.entries.last?.term ?? log.base?.term ?? 0
    var partition = Partition(
      partition: id, replica: replica, lastIndex: last, lastTerm: term, commit: log.hardState.commit,
      lastTime: log.lastTime, ledHere: log.hardState.vote == replica && log.hardState.term == term,
      isComplete: false)
    if let words = files.unusable[id] {
      partition.problem = words
    } else if files.isAssignedOnly, files.replicas[id] == nil {
      partition.problem = "it is not here: it was lost and has not come back yet, or is on other nodes"
    } else if ReplicaNaming.isDropped(replica) {
      partition.problem = "it was given up here: it is on other nodes"
    } else if files.withoutState.contains(id) {
      partition.problem = "its state was lost here, and its log does not reach back to the beginning"
    } else if log.hardState.doubt != nil || files.tailWasCut {
      // It can go on; nobody knows what the end of the log was.
      return partition
    }
    // From the commit index on: what was in force there or came later.
    let memberships = log.memberships(
      from: log.hardState.commit, original: originals)
    partition.isComplete =
      partition.problem == nil
      && memberships.allSatisfy { membership in
        !membership.isJoint && membership.isVoter(replica) && membership.voters.count <= 2
      }
    return partition
  }

  /// Whether a person may decide for it.
  package var isPossible: Bool { problems.isEmpty && partitions.allSatisfy { $0.problem == nil } }

  /// Whether nothing acknowledged can be missing, as far as these files know.
  package var isComplete: Bool { partitions.allSatisfy(\.isComplete) }

  // MARK: the decision

  /// What the node goes on with, and the epoch that begins with it.
  /// - Parameter milliseconds: the wall clock, since 1970. Of two nodes that were both made to go on alone the later decision
  ///   counts when they meet; nothing else depends on it.
  package func decision(milliseconds: Int64) -> (epoch: StoreEpoch, partitions: [ForcedMembership]) {
    // Below the milliseconds stands whose decision it was: no two nodes begin the same epoch.
    let now = UInt64(clamping: max(0, milliseconds)) << 16 | (number & 0xFFFF)
    let epoch = StoreEpoch(
      number: max(epoch + 1, now), forks: partitions.map { LogFork($0.partition, logs[$0.partition]) })
    let forced = partitions.map { partition in
      let state = logs[partition.partition]?.hardState ?? HardState()
      let term = max(state.term, partition.lastTerm) + Self.termStep
      let index = partition.lastIndex + 1
      return ForcedMembership(
        partition: partition.partition,
        entry: LogEntry(
          index: index, term: term, payload: .membership(Membership(voters: [partition.replica]))),
        hardState: HardState(term: term, vote: partition.replica, commit: index))
    }
    return (epoch, forced)
  }
}

extension RecoveredLog {
  /// The time of the last record that can be read.
  var lastTime: Int64? {
    for entry in entries.reversed() {
      guard case .command(let bytes) = entry.payload else { continue }
      return (try? CBORDecoder().decode(LogRecord.self, from: bytes))?.time.milliseconds
    }
    return nil
  }

  /// The memberships in force at `index` and after it.
  /// - Parameter original: the voters of a log that names none yet.
  func memberships(from index: LogIndex, original: [ReplicaID]) -> [Membership] {
    var current = base?.membership ?? Membership(voters: original)
    var later: [Membership] = []
    for entry in entries {
      guard case .membership(let membership) = entry.payload else { continue }
      if entry.index <= index { current = membership } else { later.append(membership) }
    }
    return [current] + later
  }
}
