// Gathers what a node's alarms are judged by, once a second. A shell.
public import Alarms
internal import NIOConcurrencyHelpers
internal import NodeStore
public import PeerTransport
internal import Raft

extension ClusterSystem {
  /// Feeds the alarms of this node until the task is cancelled.
  /// - Parameters:
  ///   - interval: between two looks.
  ///   - facts: what only the process knows; called at every look.
  public func watchAlarms(
    _ center: AlarmCenter, every interval: Duration = .seconds(1),
    facts: @escaping @Sendable () -> AlarmFacts
  ) async {
    var conditions = AlarmConditions()
    repeat {
      center.observe(conditions.judge(await alarmSnapshot(facts())))
    } while (try? await Task.sleep(for: interval)) != nil
  }

  /// The clock that alarms are dated by.
  public var alarmTime: AlarmTime { AlarmTime(monotonic: clock.monotonic(), wall: clock.wall()) }

  private func alarmSnapshot(_ facts: AlarmFacts) async -> AlarmSnapshot {
    var snapshot = AlarmSnapshot(node: node, nodes: host?.view.expected ?? nodes, certificates: certificates)
    snapshot.now = clock.monotonic()
    snapshot.wallSeconds = secondsNow
    snapshot.links = links()
    snapshot.partitions = await host?.partitionVotes() ?? []
    let disk = disk()
    snapshot.disk = disk?.level
    snapshot.diskSpace = disk?.space
    snapshot.store = storeStatistics()
    snapshot.clockOffsets = clockOffsets()
    snapshot.refusedCommands = host?.services.refusals ?? 0
    snapshot.facts = facts
    return snapshot
  }

  /// Milliseconds by which the clocks of this node and of those that it hears are ahead of the cluster's median; empty while
  /// fewer than a majority is heard, and on a client.
  public func clockOffsets() -> [NodeID: Int64] { host?.services.clockOffsets() ?? [:] }
}

extension NodeHost {
  /// The partitions with the votes that are there, also by what other nodes say of their own.
  func partitionVotes() async -> [AlarmPartition] {
    var partitions = await alarmPartitions()
    var lacking = services.operations.peers(at: clock.monotonic()).mapValues(\.notVoting)
    lacking[services.node] = partitionsWithoutVote
    for index in partitions.indices {
      for (node, without) in lacking where without.contains(partitions[index].partition) {
        partitions[index].lacksVote(node)
      }
    }
    return partitions
  }

  /// Where the vote that this node has by the membership is lost.
  var partitionsWithoutVote: Set<PartitionID> {
    services.operations.notVoting.union(needs.withLockedValue { $0.notVoting })
  }

  func alarmPartitions() async -> [AlarmPartition] {
    var all: [AlarmPartition] = []
    for loop in loops { all += await loop.alarmPartitions() }
    let hosted = Set(all.map(\.partition))
    let view = view
    // Those that are to be elsewhere are nobody's loss.
    let missing = topology.placement.partitions.filter { partition in
      guard !hosted.contains(partition) else { return false }
      guard let number = view.ownNumber, let target = view.target(of: partition) else { return true }
      return target.contains(number)
    }
    all += missing.map {
      AlarmPartition(
        $0, health: .rebuilding("waiting for a new replica id"),
        hasLeader: directory.leader(of: $0) != nil)
    }
    return all.sorted { $0.partition < $1.partition }
  }
}

extension PartitionLoop {
  func alarmPartitions() -> [AlarmPartition] { hosts.values.map(\.alarmPartition) }
}

extension PartitionHost {
  /// What alarms are judged by.
  package var alarmPartition: AlarmPartition {
    let membership = raft.membership
    let health: AlarmPartition.Health =
      switch health {
      case .loading: .rebuilding("loading")
      case .running:
        membership.learners.contains(raft.id) && !isCopy ? .rebuilding("no voter yet") : .running
      case .quarantined(let detail): .quarantined(detail)
      }
    var behind: [NodeID: UInt64] = [:]
    if isLeader {
      for peer in raft.progress {
        guard let node = node(of: peer.id), raft.lastIndex > peer.match else { continue }
        behind[node] = max(behind[node] ?? 0, raft.lastIndex - peer.match)
      }
    }
    let halves = [membership.voters, membership.outgoing].filter { !$0.isEmpty }
    return AlarmPartition(
      id, health: health, hasLeader: leaderNode != nil,
      voters: halves.map { $0.compactMap(node(of:)) },
      gone: halves.map { Set($0.filter(isSuperseded).compactMap(node(of:))) },
      // A witness applies nothing.
      unapplied: raft.commitIndex > appliedIndex && !isWitness ? raft.commitIndex - appliedIndex : 0,
      behind: behind)
  }
}
