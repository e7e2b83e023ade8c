// `/healthz` and `/readyz`, for load balancers and supervisors: no token, no data. `/metrics`, with a token.
internal import ActorCluster
internal import Alarms
internal import Hummingbird
internal import NodeStore

/// `GET /readyz`
package struct Readiness: Codable, Equatable, Sendable {
  package var ready: Bool
  package var reasons: [String]

  /// One partition as this node sees it.
  package struct Partition: Sendable {
    package var number: UInt32
    package var health: String
    /// Whether this node knows a leader, or a node that reaches it; if that is this node, whether it serves.
    package var hasLeader: Bool

    package init(_ number: UInt32, health: String = "running", hasLeader: Bool = true) {
      self.number = number
      self.health = health
      self.hasLeader = hasLeader
    }
  }

  /// What a witness says to load balancers.
  package static let witness =
    "this node is a witness: it votes and keeps the log, and serves no clients; ask with ?witness=ok whether it is well"
  package static let draining = "this node is being drained: ask another one"

  /// Ready when every partition works here and has a leader that this node knows, and clients are to come here.
  /// - Parameters:
  ///   - withoutLeader: what it may mean that a partition has no leader.
  ///   - turnsAway: why no client should come here however well the node is.
  package init(
    _ partitions: [Partition], withoutLeader: String = "is a majority of nodes up?", turnsAway: [String] = []
  ) {
    reasons = (partitions.isEmpty ? ["this node has no partitions"] : []) + turnsAway
    for partition in partitions {
      if partition.health != "running" {
        // What quarantined it may say more than whoever has no token should read.
        reasons.append("partition \(partition.number) is \(partition.health.prefix { $0 != ":" })")
      } else if !partition.hasLeader {
        reasons.append(
          "partition \(partition.number) has no leader that this node knows; \(withoutLeader)")
      }
    }
    ready = reasons.isEmpty
  }
}

struct HealthRoutes: Sendable {
  let system: ClusterSystem
  let statistics: GatewayStatistics
  let alarms: AlarmCenter?

  func register(on router: Router<GatewayContext>, _ routes: GuardedRoutes) {
    router.get("/healthz") { _, _ in JSONBody.response(["status": "alive"]) }
    router.get("/readyz") { request, _ in
      // Who watches the nodes asks otherwise than who sends clients to them.
      let isAskedForWitness = request.uri.queryParameters["witness"] == "ok"
      let readiness = Readiness(
        await system.partitions().map {
          Readiness.Partition(
            $0.partition.rawValue, health: $0.health,
            hasLeader: $0.leader == system.node
              ? $0.isServing : $0.leader != nil || system.isRelayed($0.partition))
        }, withoutLeader: system.withoutLeader,
        turnsAway: (system.isDraining ? [Readiness.draining] : [])
          + (system.isWitness && !isAskedForWitness ? [Readiness.witness] : []))
      return JSONBody.response(readiness, status: readiness.ready ? .ok : .serviceUnavailable)
    }
    routes.on(.get, "/metrics", needing: .read) { _, _, _ in
      var text = PrometheusText.of(
        partitions: await system.partitions(), links: system.links(), refused: system.linkCounters(),
        callsUnderWay: system.callsUnderWay, disk: system.disk(), store: system.storeStatistics(),
        gateway: statistics.snapshot)
      text.addCalls(system.callStatistics())
      text.addCertificates(system.certificates, now: system.secondsNow)
      if let alarms { text.addAlarms(alarms.overview) }
      if let clocks = system.clocks() { text.addClocks(clocks) }
      text.addCrashes(system.crashes())
      return Response(
        status: .ok,
        headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }
  }
}
