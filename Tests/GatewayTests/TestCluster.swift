// A real cluster for tests: nodes with files, certificates and links on loopback, each with its API. All in this process.
import ActorCluster
import Alarms
import AsyncHTTPClient
import CertificateAuthority
import ContactCenter
import Foundation
import Gateway
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NodeStore
import PeerTransport
import ServiceLifecycle
import Testing

/// Queues and agents that a test says there are; the files are not read.
struct ListedInTests: ReadModelReading {
  var queues: [String] = []

  func queueIDs() async throws -> [String] { queues }

  func agents(limit: Int) async throws -> [AgentRow] {
    [AgentRow(id: "ann", state: "ready", reason: nil, slots: 0, capacity: "voice=1", misses: 0)]
  }
}

/// One node of a test's cluster.
struct TestNode: Sendable {
  let name: String
  let system: ClusterSystem
  let store: NodeStore
  let services: ServiceGroup
  let gateway: Task<Void, any Error>
  let port: Int

  /// Ends the API as an operator would.
  func stopGateway() async {
    await services.triggerGracefulShutdown()
    _ = try? await gateway.value
  }

  func stop() async {
    await stopGateway()
    await system.stop()
    store.close()
  }
}

/// A gateway as one of the services of a node.
struct GatewayService: Service {
  let gateway: Gateway
  let onReady: @Sendable (Int) -> Void

  func run() async throws { try await gateway.run(onReady: onReady) }
}

struct TestCluster: Sendable {
  static let tokens: [Role: String] = [
    .admin: "t-admin", .agent: "t-agent", .channel: "t-channel", .supervisor: "t-supervisor",
    .viewer: "t-viewer",
  ]

  let nodes: [TestNode]
  let client: HTTPClient

  /// Runs a cluster, waits until its partitions have leaders, and stops it at the end.
  /// - Parameters:
  ///   - started: those of `names` that run; all without.
  ///   - apart: nodes that have no link to each other.
  static func run(
    _ names: [String] = ["north"], started: [String]? = nil, limits: GatewayLimits = GatewayLimits(),
    queues: [String] = [], partitions: UInt32 = 4, witnesses: [String] = [], waitUntilReady: Bool = true,
    faults: FaultSwitch? = nil, storeFaults: StoreFaults = .none, alarms: AlarmCenter? = nil,
    apart: Set<String> = [],
    _ body: (TestCluster) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-tests-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    let authority = try CertificateAuthority.create(cluster: "test", now: Date())
    let addresses = Dictionary(
      uniqueKeysWithValues: try names.map {
        (NodeID(rawValue: $0), HostPort(host: "127.0.0.1", port: try freePort()))
      })
    var nodes: [TestNode] = []
    for name in started ?? names {
      nodes.append(
        try await start(
          name, addresses, apart: apart.contains(name) ? apart.subtracting([name]) : [], authority,
          directory.path, partitions: partitions, witnesses: witnesses, limits: limits,
          readModel: ListedInTests(queues: queues), faults: faults,
          storeFaults: faults?.storeFaults ?? storeFaults, alarms: alarms))
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton)
    let cluster = TestCluster(nodes: nodes, client: client)
    let result: Result<Void, any Error>
    do {
      if waitUntilReady { try await cluster.waitUntilReady() }
      try await body(cluster)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    for node in nodes { await node.stop() }
    try result.get()
  }

  private static func start(
    _ name: String, _ addresses: [NodeID: HostPort], apart: Set<String>, _ authority: CertificateAuthority,
    _ directory: String,
    partitions: UInt32, witnesses: [String], limits: GatewayLimits, readModel: ListedInTests,
    faults: FaultSwitch?, storeFaults: StoreFaults, alarms: AlarmCenter?
  ) async throws -> TestNode {
    let node = NodeID(rawValue: name)
    var logger = Logger(label: name)
    logger.logLevel = .critical
    let pki = "\(directory)/\(name)-pki"
    try authority.issue(name: name, role: .node, now: Date()).write(to: pki)
    let store = try NodeStore.open(
      directory: "\(directory)/\(name)", identity: StoreIdentity(cluster: "test", node: name),
      readModels: ReadModels.tables, faults: storeFaults)
    let configuration = SystemConfiguration(
      topology: ClusterTopology(
        name: "test", nodes: addresses.keys.sorted(), partitionCount: partitions,
        witnesses: witnesses.map { NodeID(rawValue: $0) }),
      transport: TransportConfiguration(
        identity: PeerIdentity(cluster: "test", node: node, incarnation: store.incarnation, role: .node),
        listen: addresses[node], peers: addresses.filter { !apart.contains($0.key.rawValue) },
        tls: TransportTLS(
          certificatePath: "\(pki)/\(name).pem", keyPath: "\(pki)/\(name).key", authorityPath: "\(pki)/ca.pem"
        )))
    let system = try ClusterSystem(
      configuration: configuration, types: DurableTypes([Interaction.self, WorkQueue.self, Agent.self]),
      store: store, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
      onStoreFailure: { Issue.record("\($0)") })
    try await system.start()
    let gateway = Gateway(
      configuration: GatewayConfiguration(
        listen: HostPort(host: "127.0.0.1", port: 0), node: node, cluster: "test",
        tokens: try tokens.map {
          try APIToken(name: "\($0.key)", role: $0.key, sha256: APIToken.sha256(of: $0.value))
        },
        peersAPI: [node: "http://127.0.0.1:1"], version: "test", limits: limits),
      system: system, readModel: readModel, backups: NodeBackups(store: store), faults: faults,
      alarms: alarms, logger: logger)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let services = ServiceGroup(
      services: [GatewayService(gateway: gateway, onReady: { port.yield($0) })], logger: logger)
    let task = Task {
      defer { port.finish() }
      try await services.run()
    }
    guard let listening = await ports.first(where: { _ in true }) else {
      try await task.value
      throw CancellationError()
    }
    return TestNode(
      name: name, system: system, store: store, services: services, gateway: task, port: listening)
  }

  /// Below the range from which systems take ports for connections, so that none takes it before the node does.
  private static func freePort() throws -> Int {
    while true {
      let port = Int.random(in: 10_000..<32_000)
      let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      guard let channel = try? bootstrap.bind(host: "127.0.0.1", port: port).wait() else { continue }
      try channel.close().wait()
      return port
    }
  }

  private func waitUntilReady() async throws {
    for node in 0..<nodes.count {
      while try await request(.GET, "/readyz?witness=ok", as: nil, at: node).status != 200 {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}
