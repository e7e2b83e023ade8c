// What operators ask of a running node: to be drained, to hand a leadership over; and what it knows of the others.
internal import Logging
internal import NIOConcurrencyHelpers
public import NodeStore
public import PeerTransport

/// Why a node was not drained. Nothing was changed.
public struct DrainRefused: Error, Equatable, CustomStringConvertible {
  public let description: String
}

/// Why a leadership was not handed over.
public enum TransferRefused: Error, Equatable, CustomStringConvertible {
  case unknownPartition(PartitionID)
  case unknownNode(NodeID, known: [NodeID])
  /// Ask that node, if it is known.
  case notLeader(PartitionID, leader: NodeID?)
  /// The node does not hear this one, is drained or quarantined, or lacks too much of the log.
  case unfit(PartitionID, NodeID, because: String)
  /// Another transfer of it is under way.
  case busy(PartitionID, to: NodeID?)
  /// The node did not take it in time. It is where it was.
  case notTaken(PartitionID, NodeID)

  /// Whether the same request may succeed a moment later.
  public var isRetryable: Bool {
    switch self {
    case .unknownPartition, .unknownNode: false
    case .notLeader, .unfit, .busy, .notTaken: true
    }
  }

  public var description: String {
    switch self {
    case .unknownPartition(let partition): "there is no \(partition)"
    case .unknownNode(let node, let known):
      "there is no node '\(node)'; the nodes are \(known.map(\.rawValue).joined(separator: ", "))"
    case .notLeader(let partition, let leader?): "\(partition) is led by \(leader): ask that node"
    case .notLeader(let partition, nil): "\(partition) has no leader that this node knows; retry shortly"
    case .unfit(let partition, let node, let why): "\(node) cannot lead \(partition) now: \(why)"
    case .busy(let partition, let node):
      "the leadership of \(partition) is on its way to \(node.map(\.rawValue) ?? "another node") already"
    case .notTaken(let partition, let node):
      "\(node) did not take the leadership of \(partition) in time; it is where it was. Look at the log of \(node)"
    }
  }
}

/// What a node knows of another one, or of itself.
public struct NodeView: Equatable, Sendable {
  /// Nil for a node that is not heard.
  public var phase: DrainPhase?
  /// Of its program.
  public var version: String?
  /// How far its wall clock is ahead of the nodes' median, in milliseconds.
  public var clockOffset: Int64?
}

extension ClusterSystem {
  // MARK: draining

  public var isDraining: Bool { host?.services.operations.isDraining ?? false }

  /// How far this node is out of service; nil on a client.
  public var drainStatus: DrainStatus? { host.map { $0.services.operations.drain(at: clock.monotonic()) } }

  /// Takes this node out of service: it hands its leaderships to nodes that are fit and caught up, takes none, and ends its
  /// event streams, whose readers resume at another node. It goes on answering calls. Returns at once; `drainStatus` says
  /// when it may be stopped. Until `endDrain`, or its next start.
  /// - Parameter force: also where the others have no majority without it.
  /// - Throws: `DrainRefused` where they have none.
  public func beginDrain(force: Bool = false) async throws(DrainRefused) {
    guard let host else { throw DrainRefused(description: "a client has nothing to be drained of") }
    if !force, let problem = await drainCheck(host).problem(without: node) {
      throw DrainRefused(description: problem)
    }
    let services = host.services
    let now = clock.monotonic()
    guard services.operations.beginDrain(at: now) else { return }
    services.operations.observe(leads: services.ledNow.keys.sorted(), disk: services.disk, at: now)
    logger.notice("this node is being drained: it hands its leaderships over and takes none")
    // Before the first leadership goes, so that nobody hands one back.
    host.pingAll()
    host.feed.finish()
  }

  /// Puts this node back into service; it is given leaderships again.
  public func endDrain() {
    guard let host, host.services.operations.endDrain() else { return }
    logger.notice("this node is in service again")
    host.pingAll()
  }

  /// Drains this node as far as it gets within a time, whatever becomes of the others: for a process that will end anyway.
  /// Returns as soon as it is drained, or when nobody is there to take over.
  public func drain(within limit: Duration) async -> DrainStatus? {
    // One whose files are lost takes part in nothing any more.
    guard let host, !host.isLost.withLockedValue({ $0 }) else { return nil }
    try? await beginDrain(force: true)
    let deadline = ContinuousClock.now + limit
    while let status = drainStatus, status.phase != .drained, status.obstacle == nil,
      ContinuousClock.now < deadline, !Task.isCancelled
    {
      // Nobody will come of whom nothing is heard.
      if host.view.isAlone { break }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return drainStatus
  }

  /// What is against stopping this node, in words; nil when the others have a majority of every partition without it.
  public func stopProblem() async -> String? {
    guard let host else { return nil }
    return await drainCheck(host).problem(without: node)
  }

  private func drainCheck(_ host: NodeHost) async -> DrainCheck {
    let now = clock.monotonic()
    let news = host.services.operations.peers(at: now, within: DrainCheck.silence)
    return DrainCheck(
      partitions: await host.partitionVotes(), heard: Set(news.keys),
      draining: Set(news.filter { $0.value.phase != .active }.keys))
  }

  // MARK: transfers

  /// Hands the leadership of a partition, which this node must have, to another one. Commands that come meanwhile wait, and
  /// are sent on. Returns when the other node leads; placement leaves it there for ten minutes.
  public func transfer(_ partition: PartitionID, to target: NodeID) async throws(TransferRefused) {
    guard let host else { throw .notLeader(partition, leader: leader(of: partition)) }
    guard host.topology.placement.partitions.contains(partition) else { throw .unknownPartition(partition) }
    guard host.view.nodes.contains(target) else {
      throw .unknownNode(target, known: host.view.nodes)
    }
    let operations = host.services.operations
    let now = clock.monotonic()
    guard target == node || operations.mayLead(target, partition, at: now) else {
      throw .unfit(
        partition, target, because: "it is being drained, its clock is off, or its replica is quarantined")
    }
    guard target == node || host.services.disk.mayLead(target, at: now) else {
      throw .unfit(partition, target, because: "it is not heard, or its disk is not fit")
    }
    let before = operations.place(partition, at: now)
    // The one that takes over must know that it may keep it.
    host.pingAll()
    do throws(TransferRefused) {
      try await handOver(partition, to: target, host)
    } catch {
      operations.unplace(partition, to: before)
      host.pingAll()
      throw error
    }
  }

  private func handOver(_ partition: PartitionID, to target: NodeID, _ host: NodeHost)
    async throws(TransferRefused)
  {
    switch await host.loop(of: partition).handOver(partition, to: target) {
    case .begun: break
    case .isThere: return
    case .notLeader(let leader): throw .notLeader(partition, leader: leader)
    case .notCaughtUp:
      throw .unfit(partition, target, because: "its replica does not vote, or lacks too much of the log")
    case .busy(let other): throw .busy(partition, to: other)
    }
    let deadline = clock.monotonic() + 3_000
    while leader(of: partition) != target {
      guard clock.monotonic() < deadline else { throw .notTaken(partition, target) }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  /// The node that leads a partition, as far as this system knows.
  public func leader(of partition: PartitionID) -> NodeID? { directory.leader(of: partition) }

  // MARK: the others

  /// What this node knows of all that are heard, itself among them; nothing on a client.
  public func nodeViews() -> [NodeID: NodeView] {
    guard let host else { return [:] }
    let now = clock.monotonic()
    let services = host.services
    var news = services.operations.peers(at: now)
    news[node] = services.operations.news(version: configuration.version, at: now)
    let offsets = services.clockOffsets()
    return Dictionary(
      news.map { node, news in
        (node, NodeView(phase: news.phase, version: news.version, clockOffset: offsets[node]))
      }, uniquingKeysWith: { first, _ in first })
  }
}
