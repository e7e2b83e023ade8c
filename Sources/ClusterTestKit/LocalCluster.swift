// A cluster on loopback for tests: its certificates, ports and directories.
public import ActorCluster
import CertificateAuthority
import Foundation
public import PeerTransport

/// Where the nodes of a test cluster are and how they prove who they are. Made once, read by every process of it.
public struct LocalCluster: Codable, Sendable {
  public let name: String
  public let directory: String
  /// Where nodes are; those that are not named are on this host's loopback interface.
  public private(set) var hosts: [String: String]?
  public let ports: [String: Int]
  public let partitionCount: UInt32
  /// Of all nodes those that found the cluster; the others join when they are let in. Nil: all.
  public let founders: [String]?
  /// Nodes that keep only the log.
  public let witnesses: [String]

  private static let file = "cluster.json"

  /// Makes a new cluster below `directory`: free ports, an authority, a certificate per node and one for a client.
  public init(
    makingIn directory: String, nodes: [String], founders: [String]? = nil, partitionCount: UInt32 = 16,
    witnesses: [String] = []
  ) throws {
    name = "test"
    self.founders = founders
    self.directory = directory
    self.partitionCount = partitionCount
    self.witnesses = witnesses
    ports = Dictionary(uniqueKeysWithValues: try zip(nodes, FreePorts.find(nodes.count)))
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let authority = try CertificateAuthority.create(cluster: name, validFor: .seconds(86_400), now: Date())
    try authority.write(to: directory + "/pki")
    for node in nodes {
      try authority.issue(name: node, role: .node, validFor: .seconds(86_400), now: Date())
        .write(to: directory + "/pki")
    }
    try authority.issue(name: "client", role: .client, validFor: .seconds(86_400), now: Date())
      .write(to: directory + "/pki")
    try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: directory + "/" + Self.file))
  }

  /// Reads what was made before.
  public init(directory: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + Self.file))
    self = try JSONDecoder().decode(LocalCluster.self, from: data)
  }

  /// Says where nodes are, before any is started.
  public mutating func place(on hosts: [String: String]) throws {
    self.hosts = hosts
    try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: directory + "/" + Self.file))
  }

  private func placed(_ address: HostPort, of node: NodeID) -> HostPort {
    HostPort(host: hosts?[node.rawValue] ?? address.host, port: address.port)
  }

  public var nodes: [NodeID] { ports.keys.sorted().map { NodeID(rawValue: $0) } }

  public func dataDirectory(of node: NodeID) -> String { "\(directory)/data/\(node.rawValue)" }

  /// Whether the node joins a cluster that is there.
  public func joins(_ node: NodeID) -> Bool { founders.map { !$0.contains(node.rawValue) } ?? false }

  public var topology: ClusterTopology {
    ClusterTopology(
      name: name, nodes: founders.map { $0.map { NodeID(rawValue: $0) } } ?? nodes,
      partitionCount: partitionCount, witnesses: witnesses.map { NodeID(rawValue: $0) })
  }

  public func configuration(of node: NodeID, incarnation: UInt64) -> SystemConfiguration {
    configuration(
      PeerIdentity(cluster: name, node: node, incarnation: incarnation, role: .node),
      listen: ports[node.rawValue].map { HostPort(host: "127.0.0.1", port: $0) })
  }

  public func clientConfiguration(_ client: NodeID, incarnation: UInt64) -> SystemConfiguration {
    configuration(
      PeerIdentity(cluster: name, node: client, incarnation: incarnation, role: .client), listen: nil)
  }

  private func configuration(_ identity: PeerIdentity, listen: HostPort?) -> SystemConfiguration {
    var peers: [NodeID: HostPort] = [:]
    // A node that joins knows one of the others; a client is not told who comes, so it knows all.
    let seeds =
      identity.role == .client
      ? nodes : joins(identity.node) ? Array(topology.nodes.prefix(1)) : topology.nodes
    for node in seeds where node != identity.node {
      peers[node] = ports[node.rawValue].map { HostPort(host: "127.0.0.1", port: $0) }
    }
    let pki = directory + "/pki/"
    let isJoining = identity.role == .node && joins(identity.node)
    let known = identity.role == .client ? nodes : isJoining ? [] : topology.nodes
    var configuration = SystemConfiguration(
      topology: ClusterTopology(
        name: name, nodes: known, partitionCount: partitionCount,
        witnesses: witnesses.map { NodeID(rawValue: $0) }),
      transport: TransportConfiguration(
        identity: identity, listen: listen.map { placed($0, of: identity.node) },
        peers: Dictionary(uniqueKeysWithValues: peers.map { ($0, placed($1, of: $0)) }),
        tls: TransportTLS(
          certificatePath: "\(pki)\(identity.node.rawValue).pem",
          keyPath: "\(pki)\(identity.node.rawValue).key",
          authorityPath: "\(pki)ca.pem")))
    configuration.isWitness = witnesses.contains(identity.node.rawValue)
    // So that partitions that leave a node are seen to leave it.
    if founders != nil { configuration.founding.copies = .voters }
    return configuration
  }
}
