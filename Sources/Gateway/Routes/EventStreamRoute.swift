// `/v1/events`: committed changes as server-sent events, to readers of any speed. A shell around `EventStreamEncoder`.
internal import ActorCluster
internal import Alarms
internal import AsyncAlgorithms
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle

/// A stream ends when its reader goes, falls too far behind (`EventFeed` bounds how far) or stalls, and when the node
/// stops or is drained. Its reader then resumes by `Last-Event-ID` at any node, misses nothing, and sees nothing twice.
struct EventStreamRoute: Sendable {
  let system: ClusterSystem
  let configuration: GatewayConfiguration
  let statistics: GatewayStatistics
  let alarms: AlarmCenter?

  /// When a reader whose node is drained comes back, rather to another one.
  private static let retryMilliseconds = 100

  private enum Step: Sendable {
    case change(ActorEvents)
    case alarm(AlarmChange)
    case keepAlive
  }

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/events", needing: .read) { request, context, caller in
      try await open(request, context, caller)
    }
  }

  private func open(_ request: Request, _ context: GatewayContext, _ caller: Caller) async throws -> Response
  {
    guard !system.isDraining else { throw APIError.draining }
    let query = request.uri.queryParameters
    let filter = EventFilter(
      interaction: query["interaction"].map(String.init), agent: query["agent"].map(String.init),
      queue: query["queue"].map(String.init))
    let resumed = try resumption(
      request.headers[.lastEventID] ?? query["lastEventID"].map(String.init))
    guard !system.isWitness else { throw WitnessReadModel.refusal }
    let start: StreamPosition
    if let resumed { start = resumed } else { start = StreamPosition(try await currentPosition()) }
    guard let lease = statistics.openEventStream(limit: configuration.limits.eventStreams) else {
      throw APIError.overloaded(
        "this node has \(configuration.limits.eventStreams) event streams open", retryAfterMs: 2_000)
    }
    let showsAlarms = filter.takesAll && caller.role.permissions.contains(.watch)
    var preamble = ServerSentEvent.comment("node \(configuration.node)")
    if resumed == nil { preamble += EventStreamEncoder.positionMessage(start) }
    let body = ResponseBody { [preamble] writer in
      defer { withExtendedLifetime(lease) {} }
      let watch = StalledReaderWatch(channel: context.channel, limit: configuration.limits.stalledReader)
      defer { watch.stop() }
      try await request.body.consumeWithCancellationOnInboundClose { _ in
        try await send(
          preamble, from: start, filter, showsAlarms ? alarms : nil, to: &writer, watch, context.logger)
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
  }

  private func send(
    _ preamble: String, from start: StreamPosition, _ filter: EventFilter, _ alarms: AlarmCenter?,
    to writer: inout any ResponseBodyWriter, _ watch: StalledReaderWatch, _ logger: Logger
  ) async throws {
    var encoder = EventStreamEncoder(
      filter: filter, placement: system.configuration.topology.placement, start: start)
    let changes = system.events(after: start.resumption).map { Step.change($0) }
    let ticks = AsyncTimerSequence(interval: configuration.limits.keepAlive, clock: .continuous)
      .map { _ in Step.keepAlive }
    let (active, alarmChanges) = alarms?.changes() ?? ([], AsyncThrowingStream { $0.finish() })
    let alarmSteps = alarmChanges.map { Step.alarm($0) }
    let standing = alarms == nil ? "" : AlarmMessages.active(active, node: configuration.node)
    try await write(preamble + standing, to: &writer, watch)
    do {
      for try await step in merge(changes, ticks, alarmSteps).cancelOnGracefulShutdown() {
        switch step {
        case .change(let change):
          let text = encoder.encode(
            actor: change.actor, time: change.time, events: change.events, position: change.position)
          if !text.isEmpty { try await write(text, to: &writer, watch) }
        case .alarm(let change):
          try await write(
            AlarmMessages.change(change, cluster: configuration.cluster), to: &writer, watch)
        case .keepAlive:
          try await write(encoder.keepAlive(), to: &writer, watch)
        }
      }
    } catch let error as EventsGone {
      logger.info("event stream is too old to be resumed", metadata: ["cause": "\(error)"])
      try await write(EventStreamEncoder.goneMessage("\(error)"), to: &writer, watch)
    } catch let error as AlarmsMissed {
      logger.info("event stream ended; its reader may resume", metadata: ["cause": "\(error)"])
      try await write(ServerSentEvent.comment("ended: \(error); resume"), to: &writer, watch)
    } catch let error as ClusterError {
      logger.info("event stream ended; its reader may resume", metadata: ["cause": "\(error)"])
      if system.isDraining {
        let hint = ServerSentEvent.retry(milliseconds: Self.retryMilliseconds)
        try await write(
          hint + ServerSentEvent.comment("this node is being drained: resume at another"), to: &writer, watch)
      }
      try await write(ServerSentEvent.comment("ended: \(error); resume"), to: &writer, watch)
    }
  }

  /// Waits while the connection has more to send than it should.
  private func write(
    _ text: String, to writer: inout any ResponseBodyWriter, _ watch: StalledReaderWatch
  ) async throws {
    watch.beginWrite()
    defer { watch.endWrite() }
    try await writer.write(ByteBuffer(string: text))
  }

  private func resumption(_ text: String?) throws(APIError) -> StreamPosition? {
    guard let text, !text.isEmpty else { return nil }
    guard let position = StreamPosition(text, placement: system.configuration.topology.placement) else {
      throw APIError(
        .badRequest, "invalidEventID",
        "'\(text.prefix(64))' is no event id of this cluster; leave Last-Event-ID out to begin from now")
    }
    return position
  }

  /// Before a node knows its partitions it does not know what "now" is.
  private func currentPosition() async throws -> EventPosition {
    guard
      await system.partitions().allSatisfy({ $0.health != "loading" && !$0.health.hasPrefix("rebuilding") })
    else {
      throw APIError(
        .serviceUnavailable, "unavailable", "this node is starting; retry in 500 ms, or at another node",
        isRetryable: true, retryAfterMs: 500)
    }
    return await system.currentPosition()
  }
}
