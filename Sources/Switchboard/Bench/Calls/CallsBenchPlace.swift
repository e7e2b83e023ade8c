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

  static func make(in directory: String) throws -> CallsBenchPlace {
    guard let port = LocalPorts.free(1)?.first else {
      throw BenchFailure("no free port on 127.0.0.1: end programs that use many")
    }
    let now = Date()
    let authority = try CertificateAuthority.create(
      cluster: cluster, validFor: .seconds(86_400), now: now)
    try authority.write(to: directory + "/authority")
    for (name, role) in [(peer, CertificateRole.node), (client, .client)] {
      try authority.issue(name: name.rawValue, role: role, validFor: .seconds(86_400), now: now)
        .write(to: directory + "/pki")
    }
    let place = CallsBenchPlace(directory: directory, port: port)
    try JSONEncoder().encode(place).write(to: URL(fileURLWithPath: directory + file))
    return place
  }

  init(directory: String, port: Int) {
    (self.directory, self.port) = (directory, port)
  }

  init(readingFrom directory: String) throws {
    self = try JSONDecoder().decode(
      CallsBenchPlace.self, from: try Data(contentsOf: URL(fileURLWithPath: directory + Self.file)))
  }

  /// One event loop for each process: two processes share the benchmark's two cores.
  func system(_ name: NodeID, group: MultiThreadedEventLoopGroup) throws -> ClusterSystem {
    let isPeer = name == Self.peer
    let address = HostPort(host: "127.0.0.1", port: port)
    let pki = directory + "/pki/"
    var logger = Logger(label: name.rawValue)
    logger.logLevel = .warning
    return try ClusterSystem(
      configuration: SystemConfiguration(
        topology: ClusterTopology(name: Self.cluster, nodes: [Self.peer], partitionCount: 1),
        transport: TransportConfiguration(
          identity: PeerIdentity(
            cluster: Self.cluster, node: name, incarnation: 1, role: isPeer ? .node : .client),
          listen: isPeer ? address : nil, peers: isPeer ? [:] : [Self.peer: address],
          tls: TransportTLS(
            certificatePath: pki + name.rawValue + ".pem", keyPath: pki + name.rawValue + ".key",
            authorityPath: pki + "ca.pem"))),
      types: DurableTypes([]), nodeActors: [BenchEcho.self], store: nil, group: group, logger: logger,
      onStoreFailure: { _ in })
  }
}
