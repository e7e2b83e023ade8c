// The actor of the benchmark's other process.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import Posix

/// What the other process has used so far.
struct PeerUsage: Codable, Sendable {
  /// User and system time of all its threads, seconds.
  var processorSeconds: Double
  /// Messages that came one way.
  var told: Int
  /// Blocks allocated so far; nil where nobody counts them.
  var allocations: UInt64?
}

/// Answers with what it is sent.
distributed actor BenchEcho: NodeActor {
  typealias ActorSystem = ClusterSystem

  static let actorType = "bench-echo"
  static let methods: [NodeMethod<BenchEcho>] = [
    .method("echo") { actor, message in actor.echo(message) },
    .method("tell") { actor, message in actor.tell(message) },
    .method("usage") { actor, nothing in actor.usage(nothing) },
    .method("heartbeats") { actor, nothing in actor.heartbeats(nothing) },
  ]

  nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }

  private var told = 0
  private let heartbeatLog: HeartbeatLog

  init(actorSystem: ClusterSystem, heartbeatLog: HeartbeatLog) {
    self.actorSystem = actorSystem
    self.heartbeatLog = heartbeatLog
  }

  distributed func echo(_ message: BenchMessage) -> BenchMessage { message }

  distributed func tell(_ message: BenchMessage) { told += 1 }

  /// Those that came since this was asked last.
  distributed func heartbeats(_ nothing: Done) -> HeartbeatReport { heartbeatLog.take() }

  distributed func usage(_ nothing: Done) -> PeerUsage {
    PeerUsage(
      processorSeconds: ProcessorTime.ofProcess(), told: told, allocations: ProcessUsage.allocations())
  }
}
