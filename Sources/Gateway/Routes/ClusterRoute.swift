// `/v1/cluster`: how this node sees the cluster, and where an actor lives.
package import ActorCluster
package import Alarms
internal import Hummingbird
internal import NodeStore
package import PeerTransport

/// `GET /v1/cluster`
package struct ClusterJSON: Encodable, Sendable {
  package struct Node: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable {
      /// The node that answers.
      case `self`
      /// Linked in both directions.
      case connected
      case unreachable
    }

    package var name: String
    package var state: State
    /// The base URL of its API, if it is known.
    package var api: String?
    /// Why it is unreachable, if that is known.
    package var problem: String?
    /// Partitions that it leads, as far as this node knows.
    package var leads: Int
    /// What its disk is fit for, a `DiskLevel`; left out for a node that is not heard.
    package var disk: String?
    /// How close to its end its certificate is, a `CertificateLevel`, and the whole days left, below 0 when it is over. Only
    /// of the node that answers: what others have shown may be older than what they have.
    package var certificate: String?
    package var certificateDays: Int64?
    /// Whether it is out of service, a `DrainPhase`; left out for a node that is not heard.
    package var service: String?
    /// Of its program, as it says.
    package var version: String?
    /// How far its wall clock is ahead of the nodes' median.
    package var clockOffsetMilliseconds: Int64?
    /// Whether it keeps only the log.
    package var isWitness: Bool
  }

  package var cluster: String
  package var node: String
  package var incarnation: UInt64
  package var version: String
  package var nodes: [Node]
  package var partitions: [PartitionStatus]
  package var certificates: CertificatesJSON
  /// Of the node that answers; `/v1/alarms` says which.
  package var alarms: AlarmCounts?
}

/// The TLS files of the node that answers.
package struct CertificatesJSON: Encodable, Sendable {
  package struct File: Encodable, Equatable, Sendable {
    /// `own`, `authority` or `revocation_list`, a `CertificateFile`.
    package var file: String
    /// A `CertificateLevel`.
    package var level: String
    /// Whole days until it ends; below 0 when it is over.
    package var days: Int64
  }

  package var files: [File]
  /// The number of the revocation list, if there is one.
  package var revocationList: UInt64?
  /// Whether the node's own certificate is on it.
  package var isRevoked: Bool
  /// Why the files on the disk are not those in use, if they are not.
  package var problem: String?

  /// - Parameter now: seconds since 1970.
  package init(_ status: CertificateStatus, now: Int64) {
    files = status.dates.map {
      File(
        file: $0.file.rawValue, level: CertificateLevel(expires: $0.expires, now: now).rawValue,
        days: Self.days(until: $0.expires, now: now))
    }
    revocationList = status.listNumber
    isRevoked = status.isRevoked
    problem = status.failure?.description
  }

  /// Rounded down.
  static func days(until end: Int64, now: Int64) -> Int64 {
    let left = end - now
    return left >= 0 ? left / 86_400 : (left - 86_399) / 86_400
  }
}

/// `GET /v1/cluster/actors/{type}/{id}`: where an actor lives. Every name has a place, whether or not it is in use.
package struct ActorPlaceJSON: Encodable, Sendable {
  package var actor: String
  package var partition: UInt32
  /// The node that leads the partition, as far as the node that answers knows.
  package var leader: String?
}

extension ClusterJSON.Node {
  /// - Parameter links: of the node that answers.
  init(
    _ node: NodeID, own: NodeID, links: [LinkStatus], partitions: [PartitionStatus], api: String?,
    disk: DiskLevel?, certificate: (level: CertificateLevel, days: Int64)?, view: NodeView?, isWitness: Bool
  ) {
    self.isWitness = isWitness
    service = view?.phase?.rawValue
    version = view?.version
    clockOffsetMilliseconds = view?.clockOffset
    let links = links.filter { $0.peer == node && $0.role == .node }
    name = node.rawValue
    self.api = api
    self.disk = disk?.rawValue
    self.certificate = certificate?.level.rawValue
    certificateDays = certificate?.days
    leads = partitions.reduce(0) { $1.leader == node ? $0 + 1 : $0 }
    guard node != own else {
      state = .`self`
      return
    }
    let ready = Set(links.filter { $0.state == .ready }.map(\.direction))
    state = ready.count == 2 ? .connected : .unreachable
    guard state == .unreachable else { return }
    problem = links.lazy.compactMap { if case .waiting(let why) = $0.state { why } else { nil } }.first
  }
}

struct ClusterRoute: Sendable {
  let system: ClusterSystem
  let configuration: GatewayConfiguration
  let alarms: AlarmCenter?

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/cluster", needing: .read) { _, _, _ in JSONBody.response(await cluster()) }
    routes.on(.get, "/v1/cluster/actors/:type/:id", needing: .read) { _, context, _ in
      JSONBody.response(try actor(context))
    }
  }

  private func actor(_ context: GatewayContext) throws -> ActorPlaceJSON {
    let key = ActorKey(
      type: try PathSegment.decoded(context.parameters.get("type")),
      id: try PathSegment.decoded(context.parameters.get("id")))
    return ActorPlaceJSON(
      actor: key.description,
      partition: system.configuration.topology.placement.partition(of: key).rawValue,
      leader: system.leader(of: key)?.rawValue)
  }

  private func cluster() async -> ClusterJSON {
    let partitions = await system.partitions()
    let links = system.links()
    let disk = system.disk()
    let now = system.secondsNow
    let own = system.certificates
    let views = system.nodeViews()
    let end = own.dates.first { $0.file == .own }?.expires
    let apis = Dictionary(
      (system.clusterState?.present ?? []).compactMap { member in
        member.api.map { (member.name, "http://\($0)") }
      },
      uniquingKeysWith: { first, _ in first })
    let nodes = system.nodes.map { node in
      ClusterJSON.Node(
        node, own: system.node, links: links, partitions: partitions,
        api: configuration.peersAPI[node] ?? apis[node],
        disk: node == system.node ? disk?.level : disk?.peers[node],
        certificate: node != system.node
          ? nil
          : end.map {
            (CertificateLevel(expires: $0, now: now), CertificatesJSON.days(until: $0, now: now))
          }, view: views[node], isWitness: system.isWitness(node))
    }
    return ClusterJSON(
      cluster: configuration.cluster, node: configuration.node.rawValue, incarnation: system.incarnation,
      version: configuration.version, nodes: nodes, partitions: partitions,
      certificates: CertificatesJSON(own, now: now), alarms: alarms.map { AlarmCounts($0.active) })
  }
}
