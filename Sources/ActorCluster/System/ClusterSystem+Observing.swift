// What gateways and operators see of a node: status and committed events.
internal import NIOConcurrencyHelpers
public import NodeStore
public import PeerTransport

extension ClusterSystem {
  /// The replicas on this node, in order of partition; none on a client.
  public func partitions() async -> [PartitionStatus] {
    await host?.status() ?? []
  }

  /// This node's disk, and what the others say of theirs; nil on a client.
  public func disk() -> DiskStatus? { host?.disk() }

  /// The store's counters; nil on a client.
  public func storeStatistics() -> StoreStatistics? { host?.storeStatistics() }

  /// The links of this system to others.
  public func links() -> [LinkStatus] { transport.links() }

  /// The port that this system accepts peers on.
  public var peerPort: Int? { transport.listeningPort }

  /// The node that leads the partition of an actor, as far as this system knows.
  public func leader(of actor: ActorKey) -> NodeID? {
    directory.leader(of: configuration.topology.placement.partition(of: actor))
  }

  /// Calls under way from this system.
  public var callsUnderWay: Int { caller.underWay }

  /// Where an event stream stands that begins now.
  public func currentPosition() async -> EventPosition {
    EventPosition(indices: await partitions().map(\.appliedIndex))
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
