// A node of the benchmarks as its client sees it: what it leads, and how far it is.
internal import ActorCluster
internal import Distributed
internal import NodeStore

/// What a node says of itself.
struct BenchNodeStatus: Codable, Equatable, Sendable {
  struct Partition: Codable, Equatable, Sendable {
    var number: UInt32
    var isServing: Bool
    var applied: UInt64
    var isVoter: Bool
    /// Actors in memory.
    var actors: Int
  }

  var partitions: [Partition]

  var served: [UInt32] { partitions.filter(\.isServing).map(\.number) }
}

/// Answers for its node.
distributed actor BenchWatch: NodeActor {
  typealias ActorSystem = ClusterSystem

  static let actorType = "bench-watch"
  static let methods: [NodeMethod<BenchWatch>] = [
    .method("status") { actor, nothing in await actor.status(nothing) }
  ]

  nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }

  init(actorSystem: ClusterSystem) {
    self.actorSystem = actorSystem
  }

  distributed func status(_ nothing: Done) async -> BenchNodeStatus {
    BenchNodeStatus(
      partitions: await actorSystem.partitions().map { partition in
        BenchNodeStatus.Partition(
          number: partition.partition.rawValue, isServing: partition.isServing,
          applied: partition.appliedIndex,
          isVoter: partition.replica.map { partition.voters?.contains($0) == true } ?? false,
          actors: partition.actors)
      })
  }
}
