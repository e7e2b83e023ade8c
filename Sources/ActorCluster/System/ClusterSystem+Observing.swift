// What gateways and operators see of a node: status and committed events.
internal import NIOConcurrencyHelpers
public import NodeStore
public import PeerTransport

extension ClusterSystem {
  /// The replicas on this node, in order of partition; none on a client.
  public func partitions() async -> [PartitionStatus] {
    await host?.status() ?? []
  }

  /// What nodes of the cluster died of, as far as this node knows; none on a client.
  public func crashes() -> [CrashReport] { host?.crashes() ?? [] }

  /// Milliseconds since 1970: the median of a majority of the nodes' clocks, or this system's own where there is none.
  public var wallMilliseconds: Int64 { host?.services.moment().medianWall ?? clock.wall() }

  /// The nodes' wall clocks, as far as this node knows; nil on a client.
  public func clocks() -> ClockStatus? { host?.clocks() }

  /// Whether calls to a partition whose leader this node does not reach are relayed by one that does.
  public func isRelayed(_ partition: PartitionID) -> Bool { host?.isRelayed(partition) ?? false }

  /// This node's disk, and what the others say of theirs; nil on a client.
  public func disk() -> DiskStatus? { host?.disk() }

  /// The store's counters; nil on a client.
  public func storeStatistics() -> StoreStatistics? { host?.storeStatistics() }

  /// The links of this system to others.
  public func links() -> [LinkStatus] { transport.links() }

  /// What this system's links refused since its start.
  public func linkCounters() -> TransportCounters { transport.counters }

  /// The port that this system accepts peers on.
  public var peerPort: Int? { transport.listeningPort }

  /// The node that leads the partition of an actor, as far as this system knows.
  public func leader(of actor: ActorKey) -> NodeID? {
    directory.leader(of: configuration.topology.placement.partition(of: actor))
  }

  /// Calls under way from this system.
  public var callsUnderWay: Int { caller.underWay.calls }

  /// Returns when a node-bound actor has ended, wherever it is; at once if it has already.
  public func end(of id: ActorID) async throws -> ActorEnd {
    guard case .nodeBound(let id) = id else {
      throw ClusterError.invalidCall("\(id) is a durable actor, which does not end")
    }
    let isLocal = id.node == node && id.incarnation == incarnation
    if id.node == node, !isLocal { return .nodeRestarted }
    return await watches.end(
      of: id, isLocal: isLocal, isAlive: { [incoming] in incoming.entry(id.number) != nil })
  }

  /// Cuts the link to a peer, which connects again: for tests of what is lost with it.
  package func cut(_ node: NodeID) {
    if let link = callLinks.link(to: node) { transport.cut(link.peer, because: "a test cuts it") }
  }

  /// What calls and watches hold at this moment.
  public func callStatistics() -> CallStatistics {
    let (calls, kept, timers) = caller.underWay
    let (tasks, taskTimers) = incoming.running
    let (own, others) = watches.count
    return CallStatistics(
      calls: calls, kept: kept, running: tasks, timers: timers + taskTimers, watches: own,
      watchedByOthers: others, deadLetters: incoming.deadLetters,
      credit: callLinks.all.map {
        let credit = $0.credit
        return CallStatistics.Credit(
          peer: $0.peer, link: $0.number, bytesUnderWay: credit.out, window: credit.window,
          bytesFromPeer: credit.in)
      })
  }

  /// Where an event stream stands that begins now.
  public func currentPosition() async -> EventPosition {
    EventPosition(indices: await partitions().map(\.appliedIndex))
  }

  /// Partitions of which this node has no copy: their events and lists are elsewhere.
  private func missing() async -> PartitionID? {
    await partitions().first { $0.replica == nil }?.partition
  }

  /// All committed changes of durable actors after `position`, each once, in order for each partition; without a
  /// position, from now on. The stream ends with a `ClusterError` when its reader falls too far behind, the node stops, or
  /// this node's replica caught up by a snapshot and never had what the reader lacks: resume then from the position of the
  /// last element, on any node. A node that is behind the position waits for itself to catch up. Throws `EventsGone` where
  /// the log no longer has what follows the position.
  public func events(after position: EventPosition?) -> AsyncThrowingStream<ActorEvents, any Error> {
    guard let host else {
      return AsyncThrowingStream { $0.finish(throwing: ClusterError.invalidCall("a client has no events")) }
    }
    let partitions = configuration.topology.placement.partitions
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: ActorEvents.self, bufferingPolicy: .bufferingOldest(EventFeed.buffer))
    let task = Task {
      let live = host.feed.subscribe()
      var reader = EventReader(position: position ?? EventPosition(indices: []), types: host.types)
      if position == nil { reader.position = await currentPosition() }
      do {
        // Never a gap that nobody notices.
        if let partition = await missing() {
          throw ClusterError.unavailable(
            reason: "this node has no copy of \(partition), so its events would be missing: ask another node",
            retryAfterMilliseconds: 1_000)
        }
        for partition in partitions {
          while true {
            let seen = reader.position.indices[Int(partition.rawValue)]
            let page = await host.records(of: partition, after: seen, limit: 512)
            if page.beginsAfter != nil { throw EventsGone(partition: partition) }
            guard let last = page.lastIndex else { break }
            for record in page.records { try reader.read(.record(record), into: continuation) }
            reader.skip(partition, to: last)
          }
        }
        for await item in live { try reader.read(item, into: continuation) }
        // Thrown, so that whoever merges this with another sequence notices the end.
        throw ClusterError.unavailable(
          reason: "this node ended its event streams: it stops, or the reader fell behind",
          retryAfterMilliseconds: 0)
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }
}

/// An event stream cannot be resumed: what follows its position is so old that it is no longer in the log. Read the
/// state as it is, and begin a new stream.
public struct EventsGone: Error, Equatable, CustomStringConvertible {
  public let partition: PartitionID

  public var description: String {
    "the events after this position of \(partition) are no longer kept: read the state, and begin a new stream"
  }
}

extension EventReader {
  fileprivate mutating func read(
    _ item: FeedItem, into continuation: AsyncThrowingStream<ActorEvents, any Error>.Continuation
  ) throws {
    guard let element = try read(item) else { return }
    if case .dropped = continuation.yield(element) {
      throw ClusterError.overloaded(
        what: "the reader of an event stream fell \(EventFeed.buffer) events behind",
        retryAfterMilliseconds: 0)
    }
  }
}

/// What calls and watches of a system hold.
public struct CallStatistics: Sendable {
  /// The calls of one link against their windows.
  public struct Credit: Sendable {
    public let peer: PeerIdentity
    /// Another one for each connection.
    public let link: UInt32
    /// Bytes of calls to the peer that it has not answered, and how many it allows.
    public let bytesUnderWay: Int
    public let window: Int
    /// Bytes of the peer's calls that are not answered here.
    public let bytesFromPeer: Int
  }

  /// Calls to durable actors that are waited for.
  public let calls: Int
  /// Attempts that went out and are not answered; also those that nobody waits for any more.
  public let kept: Int
  /// Calls of peers that run in tasks here.
  public let running: Int
  /// Deadlines of all of these.
  public let timers: Int
  public let watches: Int
  public let watchedByOthers: Int
  public let deadLetters: [DeadLetterKind: UInt64]
  public let credit: [Credit]
}
