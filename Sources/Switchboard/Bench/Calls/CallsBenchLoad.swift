// Callers of one actor in another process, and what they measure.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import Posix

/// What one measurement came to.
struct CallsFigures: Sendable {
  var callsPerSecond: Double
  /// Seconds; none where only the rate was measured.
  var roundTrips: Percentiles
  /// Processor seconds for each call, of the caller's process and of the other.
  var processor: (own: Double, peer: Double)?
  /// Blocks allocated for each call, where they are counted.
  var allocations: (own: Double, peer: Double)?
}

struct CallsBenchLoad {
  let system: ClusterSystem
  let echo: BenchEcho

  /// `callers` tasks that each call again when the answer has come.
  func calls(bytes: Int, callers: Int, seconds: Double) async throws -> CallsFigures {
    let message = try BenchMessage(bytes: bytes)
    guard try await echo.echo(message) == message else { throw BenchFailure("the echo is another message") }
    return try await measuring { start in
      try await withThrowingTaskGroup(of: [Double].self) { group in
        for _ in 0..<callers {
          group.addTask(executorPreference: system.taskExecutor) {
            var samples: [Double] = []
            var last = ContinuousClock.now
            while start.seconds(until: last) < seconds {
              _ = try await echo.echo(message)
              let now = ContinuousClock.now
              samples.append(last.seconds(until: now))
              last = now
            }
            return samples
          }
        }
        var all: [Double] = []
        for try await samples in group { all += samples }
        return all
      }
    }
  }

  /// One-way calls that the other process has taken, by so many tasks; who is refused for want of credit waits a little.
  func tells(bytes: Int, callers: Int, seconds: Double) async throws -> Double {
    let message = try BenchMessage(bytes: bytes)
    let before = try await echo.usage(Done()).told
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<callers {
        group.addTask(executorPreference: system.taskExecutor) {
          try await ClusterSystem.$callOptions.withValue(CallOptions(isOneWay: true)) {
            while start.seconds < seconds {
              for _ in 0..<64 {
                do {
                  try await echo.tell(message)
                } catch ClusterError.overloaded {
                  try await Task.sleep(for: .microseconds(200))
                }
              }
              // Others of this loop, the links among them, get their turn.
              await Task.yield()
            }
          }
        }
      }
      try await group.waitForAll()
    }
    // Behind them in the same lane.
    let told = try await echo.usage(Done()).told
    return Double(told - before) / start.seconds
  }

  private func measuring(
    _ body: (ContinuousClock.Instant) async throws -> [Double]
  ) async throws -> CallsFigures {
    let before = (
      processor: ProcessorTime.ofProcess(), allocations: ProcessUsage.allocations(),
      peer: try await echo.usage(Done())
    )
    let start = ContinuousClock.now
    let samples = try await body(start)
    let elapsed = start.seconds
    let count = Double(max(1, samples.count))
    let own = ProcessorTime.ofProcess() - before.processor
    let peer = try await echo.usage(Done())
    var figures = CallsFigures(
      callsPerSecond: Double(samples.count) / elapsed, roundTrips: Percentiles(samples),
      processor: (own / count, (peer.processorSeconds - before.peer.processorSeconds) / count))
    if let ownBefore = before.allocations, let ownAfter = ProcessUsage.allocations(),
      let peerBefore = before.peer.allocations, let peerAfter = peer.allocations
    {
      figures.allocations = (
        Double(ownAfter - ownBefore) / count, Double(peerAfter - peerBefore) / count
      )
    }
    return figures
  }
}
