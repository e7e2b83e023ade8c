// The client of the cluster benchmarks: its system, and how it waits for the cluster. Touches the network.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NodeStore
internal import PeerTransport

struct BenchClient: Sendable {
  let cluster: BenchCluster
  let system: ClusterSystem
  private let group: MultiThreadedEventLoopGroup

  /// Starts it. The nodes are up.
  static func start(_ cluster: BenchCluster, attemptMilliseconds: Int64? = nil) async throws -> BenchClient {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let system = try cluster.client(group: group, attemptMilliseconds: attemptMilliseconds)
    try await system.start()
    return BenchClient(cluster: cluster, system: system, group: group)
  }

  func stop() async {
    await system.stop()
    try? await group.shutdownGracefully()
  }

  /// Nil while it does not answer.
  func status(of node: String) async -> BenchNodeStatus? {
    guard let data = FileManager.default.contents(atPath: cluster.watch(of: node)),
      let id = try? JSONDecoder().decode(ActorID.self, from: data),
      let watch = try? BenchWatch.resolve(id: id, using: system)
    else { return nil }
    return try? await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .milliseconds(500))) {
      try await watch.status(Done())
    }
  }

  /// Until every replica votes and is up to date, and all partitions are served.
  /// - Parameter isSpread: and each by the node that should lead it.
  func untilReady(isSpread: Bool, seconds: Double = 60) async throws {
    let start = ContinuousClock.now
    var last = "no node answered"
    while start.seconds < seconds {
      var statuses: [String: BenchNodeStatus] = [:]
      for node in BenchCluster.nodes { statuses[node] = await status(of: node) }
      guard let problem = problem(statuses, isSpread: isSpread) else { return }
      last = problem
      try await Task.sleep(for: .milliseconds(100))
    }
    throw BenchFailure("the cluster is not ready after \(Int(seconds)) s: \(last)")
  }

  private func problem(_ statuses: [String: BenchNodeStatus], isSpread: Bool) -> String? {
    var applied: [UInt32: [UInt64]] = [:]
    for node in BenchCluster.nodes {
      guard let status = statuses[node] else { return "\(node) does not answer" }
      guard status.partitions.count == Int(cluster.partitions), status.partitions.allSatisfy(\.isVoter) else {
        return "\(node) has no replica of some partition yet, or one that does not vote"
      }
      for partition in status.partitions { applied[partition.number, default: []].append(partition.applied) }
      let preferred = cluster.topology.placement.partitions.filter {
        cluster.topology.preferredLeader(of: $0)?.rawValue == node
      }
      if isSpread, status.served != preferred.map(\.rawValue) {
        return "\(node) serves \(status.served.count) partitions of \(preferred.count) that it should"
      }
    }
    let served = statuses.values.reduce(0) { $0 + $1.served.count }
    guard served == Int(cluster.partitions) else {
      return "\(served) of \(cluster.partitions) partitions are served"
    }
    let behind = applied.values.contains { ($0.max() ?? 0) - ($0.min() ?? 0) > 1_024 }
    return behind ? "some replica is behind" : nil
  }
}
