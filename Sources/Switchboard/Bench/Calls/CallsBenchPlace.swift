// Where the two processes of the benchmark of calls find each other: a directory with certificates and a port.
internal import ActorCluster
internal import CertificateAuthority
internal import Foundation
internal import Logging
internal import NIOPosix
internal import PeerTransport

/// The same in both processes: made by the first, read by the second.
struct CallsBenchPlace: Codable, Sendable {
  static let cluster = "bench"
  static let peer = NodeID(rawValue: "callee")
  static let client = NodeID(rawValue: "caller")
  private static let file = "/place.json"

  var directory: String
  var port: Int
  /// The caller's port where it is a node too, which others dial.
  var callerPort: Int?
  var tls: Bool

  static func make(in directory: String, tls: Bool, bothAreNodes: Bool) throws -> CallsBenchPlace {
    guard let ports = LocalPorts.free(2), ports.count == 2 else {
      throw BenchFailure("no free port on 127.0.0.1: end programs that use many")
    }
    if tls {
      let now = Date()
      let authority = try CertificateAuthority.create(
        cluster: cluster, validFor: .seconds(86_400), now: now)
      try authority.write(to: directory + "/authority")
      for (name, role) in [(peer, CertificateRole.node), (client, bothAreNodes ? .node : .client)] {
        try authority.issue(name: name.rawValue, role: role, validFor: .seconds(86_400), now: now)
          .write(to: directory + "/pki")
      }
    }
    let place = CallsBenchPlace(
      directory: directory, port: ports[0], callerPort: bothAreNodes ? ports[1] : nil, tls: tls)
    try JSONEncoder().encode(place).write(to: URL(fileURLWithPath: directory + file))
    return place
  }

  init(directory: String, port: Int, callerPort: Int?, tls: Bool) {
    (self.directory, self.port, self.callerPort, self.tls) = (directory, port, callerPort, tls)
  }

  init(readingFrom directory: String) throws {
    self = try JSONDecoder().decode(
      CallsBenchPlace.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + Self.file)))
  }

  /// One event loop for each process: two processes share the benchmark's two cores.
  /// - Parameter log: notes heartbeats where both are nodes; where none come, nothing looks at frames for them.
  func system(
    _ name: NodeID, group: MultiThreadedEventLoopGroup, log: HeartbeatLog? = nil
  ) throws -> ClusterSystem {
    var logger = Logger(label: name.rawValue)
    logger.logLevel = .warning
    var transport = transport(of: name)
    if let log, callerPort != nil { transport.observer = { log.observe($0) } }
    return try ClusterSystem(
      configuration: SystemConfiguration(
        topology: ClusterTopology(
          name: Self.cluster, nodes: callerPort == nil ? [Self.peer] : [Self.peer, Self.client],
          partitionCount: 1), transport: transport),
      types: DurableTypes([]), nodeActors: [BenchEcho.self], store: nil, group: group, logger: logger,
      onStoreFailure: { _ in })
  }

  private func transport(of name: NodeID) -> TransportConfiguration {
    var addresses = [Self.peer: HostPort(host: "127.0.0.1", port: port)]
    addresses[Self.client] = callerPort.map { HostPort(host: "127.0.0.1", port: $0) }
    let listen = addresses.removeValue(forKey: name)
    let identity = PeerIdentity(
      cluster: Self.cluster, node: name, incarnation: 1, role: listen == nil ? .client : .node)
    guard tls else {
      return TransportConfiguration(plaintextOnLoopback: identity, listen: listen, peers: addresses)
    }
    let pki = directory + "/pki/"
    return TransportConfiguration(
      identity: identity, listen: listen, peers: addresses,
      tls: TransportTLS(
        certificatePath: pki + name.rawValue + ".pem", keyPath: pki + name.rawValue + ".key",
        authorityPath: pki + "ca.pem"))
  }
}
