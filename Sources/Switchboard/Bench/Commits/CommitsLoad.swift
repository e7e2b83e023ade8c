// Callers of many durable actors, and what they measure.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import Posix

struct CommitsLoad: Sendable {
  let client: BenchClient
  /// By partition.
  let actors: [[String]]
  let bytes: Int

  /// With what the processes used meanwhile.
  func measure(inFlight: Int, seconds: Double, nodes: BenchNodes) async throws -> CommitsFigures {
    let before = (nodes: try await nodes.usage(), client: ProcessorTime.ofProcess())
    let start = ContinuousClock.now
    let samples = try await run(inFlight: inFlight, seconds: seconds)
    let elapsed = start.seconds
    let after = (nodes: try await nodes.usage(), client: ProcessorTime.ofProcess())
    let count = Double(max(1, samples.count))
    let times = Percentiles(samples)
    return CommitsFigures(
      inFlight: inFlight, commitsPerSecond: Double(samples.count) / elapsed,
      latencies: CommitLatency(p50: times(50) ?? 0, p99: times(99) ?? 0, p999: times(99.9) ?? 0),
      clientProcessor: (after.client - before.client) / count,
      nodesProcessor: (after.nodes.processorSeconds - before.nodes.processorSeconds) / count,
      diskBytes: Double(after.nodes.diskBytes - before.nodes.diskBytes) / count)
  }

  /// Keeps so many commands under way: each caller goes from partition to partition, and to the next actor of each.
  /// - Returns: seconds of each command.
  func run(inFlight: Int, seconds: Double) async throws -> [Double] {
    let references = try actors.map { try $0.map { try client.system.actor(BenchNote.self, $0) } }
    let text = BenchNote.text(bytes: bytes)
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: [Double].self) { group in
      for caller in 0..<inFlight {
        group.addTask(executorPreference: client.system.taskExecutor) {
          var samples: [Double] = []
          var turn = caller
          var last = ContinuousClock.now
          while start.seconds(until: last) < seconds {
            let partition = references[turn % references.count]
            _ = try await partition[turn / references.count % partition.count].write(text)
            turn += 1
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

extension BenchNodes {
  /// Starts all nodes and ends them afterwards, whatever happens.
  func whileRunning<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    do {
      try await startAll()
      let result = try await body()
      endAll()
      return result
    } catch {
      endAll()
      throw error
    }
  }
}
