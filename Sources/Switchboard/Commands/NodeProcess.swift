// One node as a process: opens the store, starts cluster and API, ends them in order upon a signal. The shell of `switchboard
// node`: files, sockets, signals.
internal import ActorCluster
internal import ContactCenter
internal import Foundation
internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NodeStore
internal import PeerTransport
internal import ServiceLifecycle
internal import UnixSignals

struct NodeProcess {
  let settings: NodeSettings
  let logger: Logger

  /// Longest time that the rest of an orderly end may take after the drain; what is committed is safe without it.
  private static let shutdownLimit: Duration = .seconds(8)

  /// So often a node begins anew on empty files before a person has to look.
  private static let startsOver = 3

  /// Runs until SIGTERM or SIGINT: then the node is drained and ends. A second signal ends it at once.
  func run() async throws(NodeFailure) {
    logNotes()
    let impatience = Task { await SecondSignal.endsTheProcess(logger) }
    defer { impatience.cancel() }
    let faults = settings.allowsChaos ? FaultSwitch() : nil
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? System.coreCount)
    var last = ""
    for _ in 0...Self.startsOver {
      guard let reason = try await runOnce(group, faults) else { return logger.notice("stopped") }
      logger.notice("starts over on empty files", metadata: ["because": "\(reason)"])
      last = reason
    }
    throw .lostDisk(path: settings.dataDirectory, reason: last)
  }

  /// Until a signal, or until the disk turns out to be lost: then why.
  private func runOnce(
    _ group: MultiThreadedEventLoopGroup, _ faults: FaultSwitch?
  ) async throws(NodeFailure) -> String? {
    let store = try openStore(faults)
    let lostDisk = LostDisk()
    if let taken = await PortProbe.firstTaken(of: settings.own, group: group) {
      store.close()
      throw .portTaken(taken)
    }
    let system: ClusterSystem
    do throws(TransportError) {
      system = try makeSystem(store, group, lostDisk, faults)
    } catch {
      store.close()
      throw .transport(error)
    }
    do throws(TransportError) {
      try await system.start()
    } catch {
      // Its partitions may run already.
      await system.stop()
      store.close()
      throw .transport(error)
    }
    let services = serviceGroup(system, store, faults)
    let watcher = Task {
      await lostDisk.wait()
      await services.triggerGracefulShutdown()
    }
    defer { watcher.cancel() }
    do {
      try await services.run()
    } catch {
      // The services have ended by now, in order or not; what is acknowledged is on the disk.
      await system.stop()
      store.close()
      if let reason = lostDisk.reason { return reason }
      throw NodeFailure(error)
    }
    return lostDisk.reason
  }

  private var topology: ClusterTopology { settings.topology }

  private func openStore(_ faults: FaultSwitch?) throws(NodeFailure) -> NodeStore {
    let store: NodeStore
    do {
      if let words = try NodeStore.removal(directory: settings.dataDirectory) {
        throw NodeFailure.expelled(.removed("\(settings.dataDirectory): \(words)"))
      }
      if settings.joins { try NodeStore.prepareToJoin(directory: settings.dataDirectory) }
      store = try NodeStore.start(
        directory: settings.dataDirectory,
        identity: StoreIdentity(
          cluster: settings.cluster, node: settings.own.name.rawValue, topology: topology.fingerprint),
        readModels: ReadModels.tables, isAlone: settings.nodes.count == 1,
        faults: faults?.storeFaults ?? .none,
        beforeSettingAside: { store in Divergence.write(store) { report(.found($0)) } },
        report: report)
    } catch let error as StoreError {
      throw .store(error)
    } catch {
      throw NodeFailure(error)
    }
    if let reason = store.suspectedBecause {
      store.close()
      throw .suspectDirectory(path: settings.dataDirectory, reason: reason)
    }
    return store
  }

  private func report(_ note: StartNote) {
    let metadata: Logger.Metadata = ["note": "\(note)"]
    switch note {
    case .found: logger.warning("data directory", metadata: metadata)
    case .setAside: logger.error("data directory", metadata: metadata)
    }
  }

  private func makeSystem(
    _ store: NodeStore, _ group: MultiThreadedEventLoopGroup, _ lostDisk: LostDisk, _ faults: FaultSwitch?
  ) throws(TransportError) -> ClusterSystem {
    var transport = TransportConfiguration(
      identity: PeerIdentity(
        cluster: settings.cluster, node: settings.own.name, incarnation: store.incarnation, role: .node),
      listen: settings.own.peer,
      peers: Dictionary(settings.nodes.map { ($0.name, $0.peer) }, uniquingKeysWith: { first, _ in first }),
      tls: settings.tls)
    transport.timing = settings.timing.transport
    var configuration = SystemConfiguration(
      topology: topology, transport: transport, timing: settings.timing.cluster)
    configuration.version = ProgramVersion.text
    configuration.disk = settings.disk
    configuration.clocks = settings.clocks
    configuration.retention = settings.retention
    configuration.founding = settings.founding
    configuration.isWitness = settings.own.isWitness
    configuration.raisesLevel = settings.raisesLevel
    return try ClusterSystem(
      configuration: configuration, types: DurableTypes([Agent.self, WorkQueue.self, Interaction.self]),
      store: store, group: group, clock: faults.map { ClusterClock.system.shifted(by: $0) } ?? .system,
      logger: logger, onLostDisk: { lostDisk.tell($0) },
      onExpelled: { [logger] why in
        // One that was removed stays up until somebody stops it: what is not ready is seen, what is gone may be started again.
        if case .removed = why { return }
        logger.critical(
          "this node cannot take part in the cluster and ends now", metadata: ["cause": "\(why)"])
        _exit(ExitStatus.configuration.rawValue)
      },
      onStoreFailure: { [logger] error in
        logger.critical(
          "the disk failed: this node acknowledges nothing more and ends now", metadata: ["error": "\(error)"]
        )
        // Not exit(3): handlers could wait for what the disk no longer does.
        _exit(ExitStatus.diskFailure.rawValue)
      })
  }

  private func serviceGroup(
    _ system: ClusterSystem, _ store: NodeStore, _ faults: FaultSwitch?
  ) -> ServiceGroup {
    let alarms = NodeAlarms(
      settings: settings, system: system, incarnation: store.incarnation, faults: faults, logger: logger)
    let gateway = Gateway(
      configuration: GatewayConfiguration(
        listen: settings.own.api, node: settings.own.name, cluster: settings.cluster, tokens: settings.tokens,
        peersAPI: Dictionary(
          settings.nodes.map { ($0.name, $0.apiURL) }, uniquingKeysWith: { first, _ in first }),
        version: ProgramVersion.text),
      system: system, readModel: StoreReadModel(directory: settings.dataDirectory),
      backups: NodeBackups(store: store), faults: faults, alarms: alarms.center,
      logger: logger)
    let ready: @Sendable (Int) -> Void = { [logger, settings] _ in
      logger.notice(
        "ready",
        metadata: [
          "cluster": "\(settings.cluster)", "peers": "\(settings.own.peer)", "api": "\(settings.own.apiURL)",
          "data": "\(settings.dataDirectory)", "incarnation": "\(store.incarnation)",
        ])
    }
    // Ended in reverse order: leaderships go first, while the API still answers; it stops accepting before the partitions stop.
    var configuration = ServiceGroupConfiguration(
      services: [
        ClusterService(system: system, store: store), CertificateWatch(system: system, logger: logger),
      ] + alarms.services + [
        GatewayService(gateway: gateway, onReady: ready),
        DrainService(system: system, grace: settings.stopGrace, logger: logger),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger)
    configuration.maximumGracefulShutdownDuration = settings.stopGrace + Self.shutdownLimit
    return ServiceGroup(configuration: configuration)
  }

  /// The service group's own log is only of interest when something is wrong.
  private var quietLogger: Logger {
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    return quiet
  }

  private func logNotes() {
    for note in settings.notes { logger.warning("configuration", metadata: ["note": "\(note)"]) }
    if settings.allowsChaos { logger.warning("chaos is allowed: faults may be injected into this node") }
    logger.warning(
      "the API is plaintext on loopback, for demos only: put a proxy that terminates TLS in front of it before others use it",
      metadata: ["api": "\(settings.own.apiURL)"])
  }
}

/// Ends the cluster system and closes the files when the group ends.
private struct ClusterService: Service {
  let system: ClusterSystem
  let store: NodeStore

  func run() async throws {
    try? await gracefulShutdown()
    await system.stop()
    store.close()
  }
}

private struct GatewayService: Service {
  let gateway: Gateway
  let onReady: @Sendable (Int) -> Void

  func run() async throws { try await gateway.run(onReady: onReady) }
}
