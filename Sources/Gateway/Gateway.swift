// The HTTP API of a node: puts the routes together and runs the server. A shell.
public import ActorCluster
public import Alarms
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore
public import NodeStore
internal import PeerTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The API is the same on every node, for any actor: a node calls whoever leads. See the README for the routes.
public struct Gateway: Sendable {
  private let configuration: GatewayConfiguration
  private let system: ClusterSystem
  private let readModel: any ReadModelReading
  private let backups: NodeBackups?
  private let faults: FaultSwitch?
  private let alarms: AlarmCenter?
  private let eventLoopGroup: (any EventLoopGroup)?
  private let logger: Logger

  /// - Parameters:
  ///   - system: this node's, started.
  ///   - backups: without, the node makes none.
  ///   - faults: what `/v1/node/faults` sets; nil where chaos is forbidden.
  ///   - alarms: what `/v1/alarms`, metrics and event streams show; without, the node has none.
  ///   - eventLoopGroup: what connections run on; NIO's global one without.
  public init(
    configuration: GatewayConfiguration, system: ClusterSystem, readModel: any ReadModelReading,
    backups: NodeBackups? = nil, faults: FaultSwitch? = nil, alarms: AlarmCenter? = nil,
    eventLoopGroup: (any EventLoopGroup)? = nil, logger: Logger
  ) {
    self.configuration = configuration
    self.system = system
    self.readModel = readModel
    self.backups = backups
    self.faults = faults
    self.alarms = alarms
    self.eventLoopGroup = eventLoopGroup
    self.logger = logger
  }

  /// Serves until the task is cancelled or its `ServiceGroup` shuts down gracefully: then it accepts no more connections,
  /// ends event streams, and answers the requests that are under way.
  /// - Parameter onReady: called with the port once it listens.
  /// - Throws: `GatewayError` if it cannot listen.
  public func run(onReady: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    let address = configuration.listen
    let isListening = NIOLockedValueBox(false)
    let application = Application(
      router: router(),
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          idleTimeout: TimeAmount(configuration.limits.idleTimeout))),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          configuration.limits.connections, logger: logger)),
      onServerRunning: { channel in
        isListening.withLockedValue { $0 = true }
        await onReady(channel.localAddress?.port ?? address.port)
      },
      eventLoopGroupProvider: eventLoopGroup.map { .shared($0) } ?? .singleton,
      logger: logger)
    do {
      try await application.run()
    } catch {
      guard !isListening.withLockedValue({ $0 }), !(error is CancellationError) else { throw error }
      if let error = error as? IOError, error.errnoCode == EADDRINUSE {
        throw GatewayError.addressInUse(address)
      }
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw GatewayError.cannotListen(address, reason: reason)
    }
  }

  private func router() -> Router<GatewayContext> {
    let statistics = GatewayStatistics()
    let limits = configuration.limits
    let origins = Set(configuration.peersAPI.values.compactMap(origin(ofBaseURL:)))
    let router = Router(context: GatewayContext.self)
    router.add(middleware: CrossOriginMiddleware(origins: origins))
    router.add(middleware: RequestMiddleware(statistics: statistics, limit: limits.requests, alarms: alarms))
    let routes = GuardedRoutes(
      router: router, authentication: Authentication(TokenTable(configuration.tokens)))
    let calls = ClusterCalls(system: system, bodyLimit: limits.bodyBytes)
    let isWitness = system.isWitness
    let readModel: any ReadModelReading = isWitness ? WitnessReadModel() : readModel
    PageRoute(origins: origins).register(on: router)
    HealthRoutes(system: system, statistics: statistics, alarms: alarms).register(on: router, routes)
    ClusterRoute(system: system, configuration: configuration, alarms: alarms).register(on: routes)
    MemberRoutes(system: system, calls: calls).register(on: routes)
    LinksRoute(system: system, configuration: configuration).register(on: routes)
    DrainRoutes(system: system, calls: calls, logger: logger).register(on: routes)
    FaultRoutes(faults: faults, node: configuration.node.rawValue, calls: calls, logger: logger).register(
      on: routes)
    InteractionRoutes(calls: calls).register(on: routes)
    AgentRoutes(calls: calls, readModel: readModel, listLimit: limits.listed).register(on: routes)
    QueueRoutes(calls: calls, readModel: readModel, listLimit: limits.listed).register(on: routes)
    if let backups, !isWitness { BackupRoute(backups: backups, calls: calls).register(on: routes) }
    if let alarms { AlarmRoutes(alarms: alarms, calls: calls).register(on: routes) }
    EventStreamRoute(
      system: system, configuration: configuration, statistics: statistics, alarms: alarms
    ).register(on: routes)
    return router
  }
}
