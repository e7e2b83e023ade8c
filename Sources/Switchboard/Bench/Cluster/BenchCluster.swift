// Where the processes of a cluster benchmark find each other: certificates, addresses, directories. Touches the disk.
internal import ActorCluster
internal import CertificateAuthority
internal import Foundation
internal import Logging
internal import NIOCore
internal import NodeStore
internal import PeerTransport

/// Three nodes and one client: made by the benchmark, read by its nodes.
struct BenchCluster: Codable, Sendable {
  struct Address: Codable, Equatable, Sendable {
    var host: String
    var port: Int
  }

  static let name = "bench"
  static let nodes = ["north", "south", "west"]
  static let client = "client"
  private static let file = "/cluster.json"

  var directory: String
  var partitions: UInt32
  /// Where each node listens.
  var listening: [String: Address]
  /// Nodes are far from each other: the WAN preset's timing.
  var isWide = false
  /// Where a node dials another, if not where that listens: by "FROM-TO".
  var detours: [String: Address] = [:]

  /// Writes everything that the nodes need. The directory is there, and has no cluster in it.
  /// - Parameter hosts: the addresses of the nodes, in order.
  static func make(
    in directory: String, partitions: UInt32 = 16, hosts: [String] = ["127.0.0.1", "127.0.0.1", "127.0.0.1"]
  ) throws -> BenchCluster {
    guard let ports = LocalPorts.free(nodes.count) else {
      throw BenchFailure("no free ports on 127.0.0.1: end programs that use many")
    }
    let now = Date()
    let authority = try CertificateAuthority.create(cluster: name, validFor: .seconds(86_400), now: now)
    try authority.write(to: directory + "/authority")
    for (name, role) in nodes.map({ ($0, CertificateRole.node) }) + [(client, .client)] {
      try authority.issue(name: name, role: role, validFor: .seconds(86_400), now: now)
        .write(to: directory + "/pki")
    }
    var listening: [String: Address] = [:]
    for (index, node) in nodes.enumerated() {
      listening[node] = Address(host: hosts[index], port: ports[index])
    }
    let cluster = BenchCluster(directory: directory, partitions: partitions, listening: listening)
    try cluster.save()
    return cluster
  }

  init(directory: String, partitions: UInt32, listening: [String: Address]) {
    (self.directory, self.partitions, self.listening) = (directory, partitions, listening)
  }

  init(readingFrom directory: String) throws {
    self = try JSONDecoder().decode(
      BenchCluster.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + Self.file)))
  }

  /// Before any node is started.
  func save() throws {
    try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: directory + Self.file))
  }

  func data(of node: String) -> String { "\(directory)/data/\(node)" }
  func log(of node: String) -> String { "\(directory)/\(node).log" }
  func watch(of node: String) -> String { "\(directory)/\(node).watch.json" }

  var topology: ClusterTopology {
    ClusterTopology(
      name: Self.name, nodes: Self.nodes.map { NodeID(rawValue: $0) }, partitionCount: partitions)
  }

  /// A node's system.
  func system(
    of node: String, store: NodeStore, group: any EventLoopGroup,
    onStoreFailure: @escaping @Sendable (StoreError) -> Void
  ) throws -> ClusterSystem {
    try ClusterSystem(
      configuration: configuration(node, incarnation: store.incarnation, role: .node),
      types: DurableTypes([BenchNote.self]), nodeActors: [BenchWatch.self], store: store, group: group,
      logger: logger(node), onStoreFailure: onStoreFailure)
  }

  /// The client's system.
  /// - Parameter attemptMilliseconds: how long one node is waited for before another is asked; nil as in the LAN preset.
  func client(group: any EventLoopGroup, attemptMilliseconds: Int64? = nil) throws -> ClusterSystem {
    var configuration = configuration(Self.client, incarnation: 1, role: .client)
    if let attemptMilliseconds { configuration.timing.attemptMilliseconds = attemptMilliseconds }
    var logger = logger(Self.client)
    // Nodes come and go by design here.
    logger.logLevel = .critical
    return try ClusterSystem(
      configuration: configuration, types: DurableTypes([BenchNote.self]), nodeActors: [BenchWatch.self],
      store: nil, group: group, logger: logger, onStoreFailure: { _ in })
  }

  private func configuration(
    _ name: String, incarnation: UInt64, role: PeerRole
  ) -> SystemConfiguration {
    var peers: [NodeID: HostPort] = [:]
    for node in Self.nodes where node != name {
      guard let address = detours["\(name)-\(node)"] ?? listening[node] else { continue }
      peers[NodeID(rawValue: node)] = HostPort(host: address.host, port: address.port)
    }
    let pki = directory + "/pki/"
    var transport = TransportConfiguration(
      identity: PeerIdentity(
        cluster: Self.name, node: NodeID(rawValue: name), incarnation: incarnation, role: role),
      listen: listening[name].map { HostPort(host: $0.host, port: $0.port) }, peers: peers,
      tls: TransportTLS(
        certificatePath: pki + name + ".pem", keyPath: pki + name + ".key", authorityPath: pki + "ca.pem"))
    let preset = isWide ? TimingPreset.wan : .lan
    transport.timing = preset.transport
    return SystemConfiguration(topology: topology, transport: transport, timing: preset.cluster)
  }

  private func logger(_ name: String) -> Logger {
    var logger = Logger(label: name)
    logger.logLevel = .warning
    return logger
  }
}
